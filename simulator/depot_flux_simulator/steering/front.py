"""What every call on the API goes through first when tests can steer: faults, then the journal."""

import re
from collections.abc import Callable, Iterable
from time import perf_counter_ns
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.clock import Clock
from depot_flux_simulator.contract import Answer, Contract, Operation
from depot_flux_simulator.steering import faults
from depot_flux_simulator.steering.connection import DroppedError
from depot_flux_simulator.steering.journal import Call, Journal
from depot_flux_simulator.steering.rules import Target
from depot_flux_simulator.steering.state import Steering

CALL = "depot_flux.call"
"""Key of the environment: the call, for whoever knows more of it."""


class Front:
    """A WSGI application around another.

    Args:
        app: what answers.
        contract: tells the operations.
        steering: tells the faults.
        journal: takes the calls.
        clock: dates them.
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
        clock: Clock,
        token_path: str,
        own: tuple[str, ...],
    ) -> None:
        self._app = app
        self._contract = contract
        self._steering = steering
        self._journal = journal
        self._clock = clock
        self._own = own
        self._fixed = {("POST", token_path): str(Target.JETON)}
        self._patterns: list[tuple[str, re.Pattern[str], str]] = []
        self._operations: dict[str, Operation] = {}
        for operation in contract.operations:
            role = str(operation.role)
            self._operations[role] = operation
            if operation.path_parameters:
                pattern = "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", operation.path)))
                self._patterns.append((operation.method, re.compile(pattern), role))
            else:
                self._fixed[operation.method, operation.path] = role

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        path = environ["PATH_INFO"]
        if path.startswith(self._own):
            return self._app(environ, start_response)
        started = perf_counter_ns()
        length = environ.get("CONTENT_LENGTH")
        call = environ[CALL] = Call(
            environ["REQUEST_METHOD"],
            path,
            environ.get("QUERY_STRING", ""),
            int(length) if length and length.isdigit() else None,
        )

        def respond(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: Any = None,
        ) -> Callable[[bytes], object]:
            call.statut = int(status[:3])
            for name, value in headers:
                if name == "Content-Length":
                    call.taille_reponse = int(value)
            return start_response(status, headers, exc_info)

        target = self._target(call.methode, path)
        app = self._app
        if self._steering.state.faults:
            app = self._faulty(call, target)
        try:
            return app(environ, respond)
        except DroppedError:
            call.statut = 0
            raise
        finally:
            spent = (perf_counter_ns() - started) // 1_000
            self._journal.write(call, target, self._clock.now(), spent)

    def _target(self, method: str, path: str) -> str | None:
        found = self._fixed.get((method, path))
        if found is None:
            for of_method, pattern, role in self._patterns:
                if of_method == method and pattern.fullmatch(path):
                    return role
        return found

    def _faulty(self, call: Call, target: str | None) -> WSGIApplication:
        app = self._app
        if target is None:
            return app

        def problem(status: int, detail: str, headers: dict[str, str]) -> Answer:
            call.probleme = detail
            operation = self._operations.get(target)
            return self._contract.problem(operation, status, detail, call.chemin, headers)

        for rule in self._steering.state.faults:
            if not rule.definition.strikes(target):
                continue
            number = self._steering.count(rule)
            if number is not None and rule.definition.happens(number):
                call.pannes = (*call.pannes, str(rule.definition.kind))
                app = faults.apply(rule.definition, number, app, problem)
        return app


def note(environ: WSGIEnvironment, **known: str | None) -> None:
    """Add what is known of the call at hand to its entry in the journal, if one is kept."""
    call = environ.get(CALL)
    if call is not None:
        for name, value in known.items():
            setattr(call, name, value)
