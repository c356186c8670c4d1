"""A consultation, over HTTP or beside it."""

from collections.abc import Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

from depot_flux_simulator.contract import Answer, Contract, motif_values
from depot_flux_simulator.contract.answers import HISTORY
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux import lifecycle
from depot_flux_simulator.flux.lifecycle import Instant, Statut, Step
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.caller import caller
from depot_flux_simulator.web.middleware import note


def consulted(parts: Parts, environ: WSGIEnvironment, id_flux: str) -> Answer | None:
    """The answer about a flux, None when the caller deposited none of that identifier.

    Raises:
        ApiError: nobody knows who calls.
        StoreError: the database fails.
    """
    application = caller(parts, environ)
    note(environ, {"code_application": application.code_application, "id_flux": id_flux})
    facts = parts.store.flux.facts(id_flux, application.code_application)
    if facts is None:
        return None
    contract = parts.contract
    history = lifecycle.history(facts, parts.clock.now())
    step = history[-1]
    values: dict[Any, Any] = {
        Role.ID_FLUX: id_flux,
        Role.STATUT: step.statut,
        Role.DATE_STATUT: _since(contract, history),
        Role.DATE_DEPOT: facts.depose_le,
        HISTORY: history,
    }
    if contract.tells_flux or contract.tells_motifs:
        values |= _detail(parts, id_flux, step)
    return contract.consulter.answer(values)


def _since(contract: Contract, history: Sequence[Step]) -> Instant:
    """Since when the status is what the contract's words say."""
    step = history[-1]
    return history[0].depuis if contract.one_temporary and not step.statut.final else step.depuis


def _detail(parts: Parts, id_flux: str, step: Step) -> dict[Any, Any]:
    """What only some contracts have a field for."""
    flux = parts.store.flux.get(id_flux)
    if flux is None:
        return {}
    values: dict[Any, Any] = {
        Role.NOM_FICHIER: flux.depot.nom,
        Role.CODE_INTERFACE: flux.depot.code_interface,
        Role.SHA256: flux.sha256,
        Role.TAILLE: flux.taille,
        Role.REPRIS: flux.depot.repris,
    }
    if parts.contract.tells_motifs and step.statut is Statut.IRRECEVABLE:
        motifs = parts.store.verdicts.of(flux).motifs
        values |= motif_values(
            # What concerns the whole flux is told of what was deposited.
            [(m.code.value, m.message, m.fichier or flux.depot.nom) for m in motifs]
        )
    return values
