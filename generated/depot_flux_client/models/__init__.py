"""Contains all the data models used in inputs/outputs"""

from .depot import Depot
from .flux_depose import FluxDepose
from .probleme import Probleme
from .statut import Statut
from .statut_flux import StatutFlux

__all__ = (
    "Depot",
    "FluxDepose",
    "Probleme",
    "Statut",
    "StatutFlux",
)
