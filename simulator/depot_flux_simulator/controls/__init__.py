"""The controls of a flux: plain values in, a verdict out.

Source: Dossier général v3.2, 3.4.2 to 3.4.4 (documented).
"""

from depot_flux_simulator.controls.antivirus import Antivirus, AntivirusUnreachableError
from depot_flux_simulator.controls.context import Context, Limits
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.controls.schemas import Schemas, SchemasUnreadableError

__all__ = [
    "Antivirus",
    "AntivirusUnreachableError",
    "Context",
    "Limits",
    "Schemas",
    "SchemasUnreadableError",
    "controler",
]
