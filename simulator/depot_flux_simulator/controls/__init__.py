"""The controls of a flux: plain values in, a verdict out.

Source: Dossier général v3.2, 3.4.2 to 3.4.4 (documented).
"""

from depot_flux_simulator.controls.antivirus import Antivirus, AntivirusInjoignableError
from depot_flux_simulator.controls.contexte import Contexte, Depot, Limites
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.controls.schemas import Schemas, SchemasIllisiblesError

__all__ = [
    "Antivirus",
    "AntivirusInjoignableError",
    "Contexte",
    "Depot",
    "Limites",
    "Schemas",
    "SchemasIllisiblesError",
    "controler",
]
