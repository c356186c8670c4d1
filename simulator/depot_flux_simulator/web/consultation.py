"""A consultation, with or without Flask around it.

Who deposits asks for the status of the flux again and again, and Flask's routing, contexts and
responses take longer than the answer. One that goes well is answered beside it; whatever is
refused, or needs more than the path, goes through Flask like every other call.
"""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.contract import Answer, Contract, motif_values
from depot_flux_simulator.contract.answers import HISTORY
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux import lifecycle
from depot_flux_simulator.flux.lifecycle import Instant, Statut, Step
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.caller import caller
from depot_flux_simulator.web.middleware import note

FAILED = "depot_flux.failed"
"""Key of the environment: what looking for the flux ended in, if not in an answer."""

_STATUS_LINES = {int(status): f"{int(status)} {status.phrase.upper()}" for status in HTTPStatus}


class Shortcut:
    """A WSGI application around Flask's that answers consultations that go well by itself.

    Args:
        app: what answers every other call.
        parts: those of the simulator.
    """

    def __init__(self, app: WSGIApplication, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        contract = parts.contract
        operation = contract.consulter
        self._address: re.Pattern[str] | None = None
        alone = len(operation.path_parameters) == 1 and contract.id_parameter.place == "path"
        if operation.method == "GET" and alone and not contract.asks_beside_id:
            before, after = re.split(r"\{[^}]*\}", parts.base_path + operation.path)
            self._address = re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        answer = None
        if self._address is not None and environ["REQUEST_METHOD"] == "GET":
            found = self._address.fullmatch(environ["PATH_INFO"])
            answer = self._consulted(environ, found[1]) if found else None
        if answer is None or not answer.content_type:
            return self._app(environ, start_response)
        headers = [
            *answer.headers.items(),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
        ]
        start_response(_STATUS_LINES[answer.status], headers)
        return [answer.body]

    def _consulted(self, environ: WSGIEnvironment, id_flux: str) -> Answer | None:
        """What is answered, None where Flask is to see to it."""
        try:
            return consulted(self._parts, environ, id_flux)
        except ApiError:
            return None
        except Exception as error:  # noqa: BLE001 (raised again where errors are answered)
            environ[FAILED] = error  # a database that is away is waited for once
            return None


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
