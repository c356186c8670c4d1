"""Contains all the data models used in inputs/outputs"""

from .depot_flux import DepotFlux
from .flux_depose import FluxDepose
from .probleme import Probleme
from .statut import Statut
from .statut_flux import StatutFlux

__all__ = (
    "DepotFlux",
    "FluxDepose",
    "Probleme",
    "Statut",
    "StatutFlux",
)
