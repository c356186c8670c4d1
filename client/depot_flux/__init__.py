"""The comfortable way into the API Dépôt Flux G2B."""

from depot_flux.client import AsyncDepotFlux, DepotFlux
from depot_flux.configuration import Configuration
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    DepotIncertain,
    FichierError,
    IndisponibleError,
    ReponseError,
    RequeteRefuseeError,
)
from depot_flux.livre import Etat, Livre, LivreError, Recu
from depot_flux.models import Flux, ResultatFichier, Statut, StatutFlux

__all__ = [
    "AsyncDepotFlux",
    "AuthentificationError",
    "Configuration",
    "ConfigurationError",
    "DelaiDepasse",
    "DepotFlux",
    "DepotFluxError",
    "DepotIncertain",
    "Etat",
    "FichierError",
    "Flux",
    "IndisponibleError",
    "Livre",
    "LivreError",
    "Recu",
    "ReponseError",
    "RequeteRefuseeError",
    "ResultatFichier",
    "Statut",
    "StatutFlux",
]
