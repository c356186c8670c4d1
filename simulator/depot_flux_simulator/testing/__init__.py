"""A simulator for tests, and every type that a test says to it or gets from it.

    from depot_flux_simulator.testing import Simulator

pytest loads the plugin that lies here in every run, so what is named is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depot_flux_simulator.access.applications import Application, Compte
    from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract
    from depot_flux_simulator.contract.roles import Role
    from depot_flux_simulator.errors import ConfigurationError
    from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
    from depot_flux_simulator.flux.clock import BackwardsError
    from depot_flux_simulator.flux.depot import Depot
    from depot_flux_simulator.flux.durations import Duration
    from depot_flux_simulator.flux.facture import (
        Constat,
        Facture,
        Gravite,
        Raison,
        StatutFacture,
    )
    from depot_flux_simulator.flux.forced import Forced
    from depot_flux_simulator.flux.lifecycle import Facts, Instant, Statut, Step
    from depot_flux_simulator.flux.motifs import Code, Niveau
    from depot_flux_simulator.flux.rules import (
        Fault,
        FaultKind,
        GatewayAnswer,
        Rule,
        Scenario,
        Target,
    )
    from depot_flux_simulator.flux.verdict import Fichier, Motif, Verdict
    from depot_flux_simulator.store.factures import StoredFacture
    from depot_flux_simulator.store.flux import StoredFlux
    from depot_flux_simulator.store.journal import Entry
    from depot_flux_simulator.store.view import FluxView
    from depot_flux_simulator.testing.calls import Calls, RefusedError, Reply
    from depot_flux_simulator.testing.settings import START, SimulatorSettings
    from depot_flux_simulator.testing.simulator import Simulator
    from depot_flux_simulator.testing.transport import Transport

__all__ = [
    "DEFAULT_CONTRACT",
    "START",
    "Application",
    "BackwardsError",
    "Calls",
    "Code",
    "Compte",
    "ConfigurationError",
    "Constat",
    "Contract",
    "Depot",
    "Destinataire",
    "Duration",
    "Entry",
    "Facts",
    "Facture",
    "Fault",
    "FaultKind",
    "Fichier",
    "FluxView",
    "Forced",
    "Fournisseur",
    "GatewayAnswer",
    "Gravite",
    "Instant",
    "Motif",
    "Niveau",
    "Raison",
    "RefusedError",
    "Reply",
    "Role",
    "Rule",
    "Scenario",
    "Simulator",
    "SimulatorSettings",
    "Statut",
    "StatutFacture",
    "Step",
    "StoredFacture",
    "StoredFlux",
    "Target",
    "Transport",
    "Verdict",
]

_ROOMS = {
    "access.applications": ("Application", "Compte"),
    "contract": ("DEFAULT_CONTRACT", "Contract"),
    "contract.roles": ("Role",),
    "errors": ("ConfigurationError",),
    "flux.annuaire": ("Destinataire", "Fournisseur"),
    "flux.clock": ("BackwardsError",),
    "flux.depot": ("Depot",),
    "flux.durations": ("Duration",),
    "flux.facture": ("Constat", "Facture", "Gravite", "Raison", "StatutFacture"),
    "flux.forced": ("Forced",),
    "flux.lifecycle": ("Facts", "Instant", "Statut", "Step"),
    "flux.motifs": ("Code", "Niveau"),
    "flux.rules": ("Fault", "FaultKind", "GatewayAnswer", "Rule", "Scenario", "Target"),
    "flux.verdict": ("Fichier", "Motif", "Verdict"),
    "store.factures": ("StoredFacture",),
    "store.flux": ("StoredFlux",),
    "store.journal": ("Entry",),
    "store.view": ("FluxView",),
    "testing.calls": ("Calls", "RefusedError", "Reply"),
    "testing.settings": ("START", "SimulatorSettings"),
    "testing.simulator": ("Simulator",),
    "testing.transport": ("Transport",),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"depot_flux_simulator.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
