"""What every call on the API goes through first when tests can steer: faults, then the journal."""

import logging
from collections.abc import Callable, Iterable, Iterator
from sys import exc_info
from time import perf_counter_ns
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.contract import Answer, Contract
from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.exchanges import Exchanges
from depot_flux_simulator.store.journal import Journal, Known
from depot_flux_simulator.store.steering import State, Steering
from depot_flux_simulator.web import faults, har
from depot_flux_simulator.web.answers import to_response
from depot_flux_simulator.web.connection import DROPPED, DroppedError
from depot_flux_simulator.web.control_plane.steering import iso
from depot_flux_simulator.web.targets import STATE, TARGET, Targets

UNFORESEEN = "Une erreur imprévue s'est produite ; elle est au journal."
"""What is said where nobody knows what went wrong."""

KNOWN = "depot_flux.known"
"""Key of the environment: what is known of the call, for whoever knows more."""
FAILED = "depot_flux.failed"
"""Key of the environment: the `StoreError` that a call ended in before the application, if any."""

_log = logging.getLogger(__name__)


class Middleware:
    """A WSGI application around another.

    Args:
        app: what answers.
        contract: tells the operations.
        steering: tells the faults.
        journal: takes the calls.
        exchanges: takes them whole, None where nobody asked for it.
        clock: dates them.
        base_path: what stands before every path of the contract.
        token_path: path of PISTE's token.
        own: beginnings of the paths that are not the API's.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        contract: Contract,
        steering: Steering,
        journal: Journal,
        exchanges: Exchanges | None,
        clock: Clock,
        base_path: str,
        token_path: str,
        own: tuple[str, ...],
    ) -> None:
        self._app = app
        self._contract = contract
        self._steering = steering
        self._journal = journal
        self._exchanges = exchanges
        self._clock = clock
        self._own = own
        self._targets = Targets(contract, base_path, token_path)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        path = environ["PATH_INFO"]
        try:
            if path.startswith(self._own):
                return self._app(environ, start_response)
            if self._exchanges is not None:
                return self._kept(self._exchanges, environ, start_response)
            return self._noted(environ, start_response)
        except DroppedError:
            raise
        except Exception:  # noqa: BLE001 (the last who can answer)
            # Flask answers for what is within it.
            _log.exception("unforeseen error on %a", path)
            said = self._contract.problem(None, 500, UNFORESEEN, path, {}, self._clock.now())
            chunks, status, headers = to_response(said).get_wsgi_response(environ)
            start_response(status, headers, exc_info())
            return chunks

    def _kept(
        self, exchanges: Exchanges, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a call, and keep it whole."""
        started, began = iso(self._clock.now()), perf_counter_ns()
        heard = har.Heard(environ["wsgi.input"])
        environ["wsgi.input"] = heard
        pieces: list[bytes] = []
        dropped: DroppedError | None = None
        try:
            for piece in self._noted(environ, start_response):
                pieces.append(piece)  # noqa: PERF402 (those before the end of a connection count)
        except DroppedError as error:
            dropped = error
        answered = b"".join(pieces)
        milliseconds = (perf_counter_ns() - began) / 1_000_000
        target = self._targets.of(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        known = environ[KNOWN]
        entry = har.of_call(environ, known, heard, answered, started, milliseconds, target)
        exchanges.write(entry, environ[STATE].settings.epoch)
        return [answered] if dropped is None else _broken_off(answered, dropped)

    def _noted(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call, and note it in the journal."""
        path = environ["PATH_INFO"]
        started = perf_counter_ns()
        method = environ["REQUEST_METHOD"]
        known: Known = {}
        environ[KNOWN] = known

        def respond(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            known["statut"] = int(status[:3])
            known["entetes"] = headers
            return start_response(status, headers, exc_info)

        target = environ[TARGET] if TARGET in environ else self._targets.of(method, path)
        state: State = environ[STATE] if STATE in environ else self._state(environ)
        try:
            if state.faults and target and FAILED not in environ:
                try:
                    faulty = self._faulty(state, path, target, known)
                except StoreError as error:
                    environ[FAILED] = error
                else:
                    return faulty(environ, respond)
            return _in_one_piece(self._app(environ, respond))
        finally:
            if DROPPED in environ:
                # Granian is told of an answer that never goes out.
                known.pop("statut", None)
                known.pop("entetes", None)
            self._journal.write(
                environ,
                known,
                epoch=state.settings.epoch,
                date=self._clock.now(),
                operation=target,
                duree_us=(perf_counter_ns() - started) // 1_000,
            )

    def _state(self, environ: WSGIEnvironment) -> State:
        """The steering that a call goes by: one, whatever changes meanwhile."""
        try:
            state = self._steering.state
        except StoreError as error:
            state, environ[FAILED] = self._steering.known, error
        environ[STATE] = state
        return state

    def _faulty(self, state: State, path: str, target: str, known: Known) -> WSGIApplication:
        app = self._app

        def problem(status: int, detail: str, headers: dict[str, str]) -> Answer:
            known["probleme"] = detail
            operation = self._targets.operations.get(target)
            return self._contract.problem(
                operation, status, detail, path, headers, self._clock.now()
            )

        for rule in state.faults:
            if not rule.definition.strikes(target) or rule.definition.is_over(self._clock.now()):
                continue
            number = self._steering.count(rule)
            if number is not None and rule.definition.happens(number):
                known.setdefault("pannes", []).append(str(rule.definition.kind))
                app = faults.apply(rule.definition, number, app, problem)
        return app


def _in_one_piece(chunks: Iterable[bytes]) -> list[bytes]:
    # Granian sends a list at once, anything else piece by piece: it makes up for the journal.
    try:
        return [b"".join(chunks)]
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _broken_off(answered: bytes, end: DroppedError) -> Iterator[bytes]:
    """What a client gets before its connection ends."""
    if answered:
        yield answered
    raise end


def note(environ: WSGIEnvironment, known: Known) -> None:
    """Add what is known of the call at hand to its entry in the journal, if one is kept."""
    entry = environ.get(KNOWN)
    if entry is not None:
        entry.update(known)
