"""What is called again and again, answered beside Flask.

A run of invoices deposits hundreds of flux, and asks for the status of each again and again;
Flask's routing, contexts and responses take longer than a consultation, and a fifth of a deposit.
Calls that go well are answered beside it; whatever is refused goes through Flask like every other
call.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.contract import Answer
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.bodies import FluxRequest
from depot_flux_simulator.web.consultation import consulted
from depot_flux_simulator.web.depot import deposited
from depot_flux_simulator.web.middleware import FAILED

OUTCOME = "depot_flux.outcome"
"""Key of the environment: the answer, or what is raised instead, where it is known before Flask."""

_STATUS_LINES = {int(status): f"{int(status)} {status.phrase.upper()}" for status in HTTPStatus}


class Shortcut:
    """A WSGI application around Flask's that answers by itself what goes well.

    Args:
        app: what answers every other call.
        parts: those of the simulator.
        request_class: of the application's requests.
    """

    def __init__(
        self, app: WSGIApplication, parts: Parts, request_class: type[FluxRequest]
    ) -> None:
        self._app = app
        self._parts = parts
        self._request_class = request_class
        contract = parts.contract
        deposer, consulter = contract.deposer, contract.consulter
        self._deposit: tuple[str, str] | None = None
        if not deposer.path_parameters:
            self._deposit = deposer.method, parts.base_path + deposer.path
        self._address: re.Pattern[str] | None = None
        alone = len(consulter.path_parameters) == 1 and contract.id_parameter.place == "path"
        if consulter.method == "GET" and alone and not contract.asks_beside_id:
            before, after = re.split(r"\{[^}]*\}", parts.base_path + consulter.path)
            self._address = re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        outcome = environ.get(FAILED) or self._outcome(environ)
        if not isinstance(outcome, Answer) or not _is_plain(outcome):
            environ[OUTCOME] = outcome
            return self._app(environ, start_response)
        headers = [
            *outcome.headers.items(),
            ("Content-Type", outcome.content_type),
            ("Content-Length", str(len(outcome.body))),
        ]
        start_response(_STATUS_LINES[outcome.status], headers)
        return [outcome.body]

    def _outcome(self, environ: WSGIEnvironment) -> Answer | Exception | None:
        """What comes of a call, None where Flask is to see to it."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        try:
            if (method, path) == self._deposit:
                return deposited(self._parts, self._request_class(environ), {})
            if self._address is not None and method == "GET":
                found = self._address.fullmatch(path)
                return self._consulted(environ, found[1]) if found else None
        except Exception as error:  # noqa: BLE001 (raised again where errors are answered)
            return error  # nothing is stored, and no database waited for, twice
        return None

    def _consulted(self, environ: WSGIEnvironment, id_flux: str) -> Answer | None:
        try:
            return consulted(self._parts, environ, id_flux)
        except ApiError:
            return None  # the identifier may break the contract, too


def _is_plain(answer: Answer) -> bool:
    """Whether an answer needs nothing that Flask knows of bodies and headers."""
    headers = answer.headers.values()
    return bool(answer.content_type) and all(v.isascii() and v.isprintable() for v in headers)
