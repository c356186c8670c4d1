"""The comfortable way into the API Dépôt Flux G2B.

What sends requests is imported when it is first named: a program that only catches errors does not
wait for an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    DepotIncertain,
    DoublonError,
    FichierError,
    IndisponibleError,
    LivreError,
    ReponseError,
    RequeteRefuseeError,
    StatutInconnuError,
)
from depot_flux.models import (
    Etape,
    Etat,
    Event,
    Fichier,
    Flux,
    Hook,
    Observer,
    Progression,
    Recu,
    Reponse,
    ResultatFichier,
    Semblable,
    Statut,
    StatutFlux,
)

if TYPE_CHECKING:
    from depot_flux.async_client import AsyncDepotFlux
    from depot_flux.client import DepotFlux
    from depot_flux.configuration import Configuration, Settings
    from depot_flux.livre import Livre

__all__ = [
    "AsyncDepotFlux",
    "AuthentificationError",
    "Configuration",
    "ConfigurationError",
    "DelaiDepasse",
    "DepotFlux",
    "DepotFluxError",
    "DepotIncertain",
    "DoublonError",
    "Etape",
    "Etat",
    "Event",
    "Fichier",
    "FichierError",
    "Flux",
    "Hook",
    "IndisponibleError",
    "Livre",
    "LivreError",
    "Observer",
    "Progression",
    "Recu",
    "Reponse",
    "ReponseError",
    "RequeteRefuseeError",
    "ResultatFichier",
    "Semblable",
    "Settings",
    "Statut",
    "StatutFlux",
    "StatutInconnuError",
]

_LATER = {
    "AsyncDepotFlux": "async_client",
    "Configuration": "configuration",
    "DepotFlux": "client",
    "Livre": "livre",
    "Settings": "configuration",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *_LATER]
