"""What stands before the simulator: it sees every call, and goes wrong where it is told to."""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.web.faults import drain
from depot_flux_simulator.web.targets import Targets

_LOOK_SECONDS = 0.2

Headers = dict[str, str]


@dataclass(slots=True)
class Call:
    """A call of the client.

    Attributes:
        target: role of the operation, "" for an address that is none of the API's.
        what: method and path.
        number: the how-manieth it is of its target, from 1.
        token: the token that it brings, "" for none.
        at: when it came, in seconds since the command was started.
        status: the code that was answered, 0 while there is none, or for ever.
        ended: when it was answered or left, likewise.
        gone: whether the client left while it was held.
    """

    target: str
    what: str
    number: int
    token: str
    at: float
    status: int = 0
    ended: float = 0.0
    gone: bool = False

    def __str__(self) -> str:
        what = self.target or self.what
        return f"{what} {self.status or 'no answer'} at {self.at:.2f} s"


@dataclass(frozen=True, slots=True)
class Strike:
    """Something that goes wrong.

    Attributes:
        target: the operation that it strikes.
        effect: what answers in the place of what would.
        first: the first call of that operation that it strikes, from 1.
        last: the last one, None for all that follow.
        token: whether it strikes every call with the token of the first one, whichever it is.
    """

    target: Target
    effect: Callable[[Call, WSGIApplication], WSGIApplication]
    first: int = 1
    last: int | None = 1
    token: bool = False


class Gate:
    """A WSGI application around the simulator's.

    Args:
        app: what answers.
        targets: tells the operations.
    """

    def __init__(self, app: WSGIApplication, targets: Targets) -> None:
        self._app, self._targets = app, targets
        self._lock = threading.Lock()
        self.begin(())

    def begin(self, strikes: Sequence[Strike]) -> None:
        """Begin anew, with other things that go wrong."""
        self._strikes = tuple(strikes)
        self._refused: dict[Strike, str] = {}
        self._began = time.monotonic()
        self.calls: list[Call] = []

    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        call = self._seen(environ)

        def respond(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            call.status, call.ended = int(status[:3]), self.now()
            return start_response(status, headers, exc_info)

        app = self._app
        for strike in self._strikes:
            if self._strikes_at(strike, call):
                app = strike.effect(call, app)
        return app(environ, respond)

    def _seen(self, environ: WSGIEnvironment) -> Call:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        target = self._targets.of(method, path) or ""
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        with self._lock:
            number = 1 + sum(call.target == target for call in self.calls)
            call = Call(target, f"{method} {path}", number, token, self.now())
            self.calls.append(call)
        return call

    def _strikes_at(self, strike: Strike, call: Call) -> bool:
        if strike.target != call.target:
            return False
        if strike.token:
            with self._lock:
                return self._refused.setdefault(strike, call.token) == call.token
        return strike.first <= call.number and (strike.last is None or call.number <= strike.last)


def instead(
    status: int, body: str, headers: Headers | None = None, *, stored: bool = False
) -> Callable[[Call, WSGIApplication], WSGIApplication]:
    """An effect: an answer that is none of the API's.

    Args:
        status: its code.
        body: its body.
        headers: its headers.
        stored: whether the API does what was asked all the same.
    """

    def effect(_call: Call, app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            _run(app, environ) if stored else drain(environ)
            content = body.encode()
            length = ("Content-Length", str(len(content)))
            start_response(f"{status} Gateway", [length, *(headers or {}).items()])
            return [content]

        return answer

    return effect


def held(seconds: float) -> Callable[[Call, WSGIApplication], WSGIApplication]:
    """An effect: what was asked is done, and the answer held back until the client has left.

    Args:
        seconds: it comes after so many at last.
    """

    def effect(call: Call, app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            status, headers, body = _run(app, environ)
            call.gone = _left(environ.get("werkzeug.socket"), seconds)
            if call.gone:
                raise ConnectionAbortedError
            start_response(status, headers)
            return [body]

        return answer

    return effect


def _run(
    app: WSGIApplication, environ: WSGIEnvironment
) -> tuple[str, list[tuple[str, str]], bytes]:
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], object]:
        told.append((status, headers))
        return lambda _data: None

    chunks: Any = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return *told[-1], body


def _left(connection: socket.socket | None, seconds: float) -> bool:
    """Wait until the other end of a connection is closed; whether it was, in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if connection is None:
            time.sleep(_LOOK_SECONDS)
        elif select.select([connection], [], [], _LOOK_SECONDS)[0]:
            try:
                if not connection.recv(1, socket.MSG_PEEK):
                    return True
            except OSError:
                return True
            time.sleep(_LOOK_SECONDS)
    return False
