"""A simulator for tests, and all that a test says to it.

    from depot_flux_simulator.testing import Simulator

pytest loads the plugin that lies here in every run, so what is named is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depot_flux_simulator.flux.rules import FaultKind
    from depot_flux_simulator.testing.simulator import Simulator

__all__ = ["FaultKind", "Simulator"]

_HOMES = {
    "FaultKind": "depot_flux_simulator.flux.rules",
    "Simulator": "depot_flux_simulator.testing.simulator",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
