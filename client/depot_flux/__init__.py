"""The comfortable way into the API Dépôt Flux G2B."""

from depot_flux.client import AsyncDepotFlux, DepotFlux, Settings
from depot_flux.configuration import Configuration
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
    Fichier,
    Flux,
    Observer,
    Progression,
    Recu,
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
    "Fichier",
    "FichierError",
    "Flux",
    "IndisponibleError",
    "Livre",
    "LivreError",
    "Observer",
    "Progression",
    "Recu",
    "ReponseError",
    "RequeteRefuseeError",
    "ResultatFichier",
    "Semblable",
    "Settings",
    "Statut",
    "StatutFlux",
    "StatutInconnuError",
]
