"""The comfortable way into the API Dépôt Flux G2B."""

from depot_flux.async_client import AsyncDepotFlux
from depot_flux.client import DepotFlux
from depot_flux.configuration import Configuration, Settings
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
from depot_flux.livre import Livre
from depot_flux.models import (
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
