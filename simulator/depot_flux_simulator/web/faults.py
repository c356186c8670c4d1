"""What each fault does to a call, around the application and whatever serves it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from depot_flux_simulator.access.piste import EXPIRED
from depot_flux_simulator.contract import Answer
from depot_flux_simulator.flux.rules import Fault, FaultKind, GatewayAnswer
from depot_flux_simulator.web import connection, gateway

Problem = Callable[[int, str, dict[str, str]], Answer]
"""Makes an error in the contract's own body from its code, its detail and its headers."""

_PIECES = 10
_DRAIN_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class _Response:
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def send(self, start_response: StartResponse) -> list[bytes]:
        start_response(self.status, self.headers)
        return [self.body]

    def with_header(self, name: str, value: str) -> "_Response":
        kept = [(key, v) for key, v in self.headers if key.lower() != name.lower()]
        return _Response(self.status, [*kept, (name, value)], self.body)

    def with_body(self, body: bytes) -> "_Response":
        return _Response(self.status, self.headers, body).with_header(
            "Content-Length", str(len(body))
        )


def apply(fault: Fault, number: int, app: WSGIApplication, problem: Problem) -> WSGIApplication:
    """An application that goes wrong as a fault says.

    Args:
        fault: what goes wrong.
        number: number of the call among those the fault matches.
        app: what would answer without it.
        problem: makes errors.
    """

    def refuse(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        drain(environ)
        return _answer(fault, problem).send(start_response)

    def instead(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        drain(environ)
        if fault.answer is GatewayAnswer.CUT:
            return connection.end(environ, start_response)
        status, headers, body = gateway.answer(fault)
        sent = [*headers.items(), ("Content-Length", str(len(body)))]
        return _Response(_status_line(status), sent, body).send(start_response)

    def reset_before(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return connection.reset(environ, start_response)

    def altered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = _run(app, environ)
        return _ALTERATIONS[fault.kind](response, environ, start_response, fault.delay(number))

    if fault.kind in (FaultKind.STATUS, FaultKind.EXPIRED_TOKEN, FaultKind.HEALTHCHECK_DOWN):
        return refuse
    if fault.kind is FaultKind.GATEWAY:
        return instead
    return reset_before if fault.kind is FaultKind.RESET_BEFORE_STORE else altered


def _answer(fault: Fault, problem: Problem) -> _Response:
    headers: dict[str, str] = {}
    if fault.kind is FaultKind.EXPIRED_TOKEN:
        status, detail, headers = 401, EXPIRED, {"WWW-Authenticate": "Bearer"}
    elif fault.kind is FaultKind.HEALTHCHECK_DOWN:
        status, detail = 503, "Le service n'est pas opérationnel (panne simulée)."
    else:
        status, detail = fault.status or 503, "Panne simulée."
        if fault.retry_after is not None:
            headers = {"Retry-After": str(fault.retry_after)}
    answer = problem(status, detail, headers)
    sent = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
    if answer.content_type:
        sent.append(("Content-Type", answer.content_type))
    return _Response(_status_line(answer.status), sent, answer.body)


def _reset(
    _response: _Response, environ: WSGIEnvironment, start_response: StartResponse, _delay: float
) -> Iterable[bytes]:
    return connection.reset(environ, start_response)


def _late(
    response: _Response, environ: WSGIEnvironment, start_response: StartResponse, delay: float
) -> Iterable[bytes]:
    connection.wait(environ, delay)
    return response.send(start_response)


def _slow(
    response: _Response, environ: WSGIEnvironment, start_response: StartResponse, delay: float
) -> Iterable[bytes]:
    start_response(response.status, response.headers)
    return _drip(response.body, environ, delay)


def _truncated(
    response: _Response, environ: WSGIEnvironment, start_response: StartResponse, _delay: float
) -> Iterable[bytes]:
    response = response if len(response.body) > 1 else response.with_body(b"{}")
    start_response(response.status, response.headers)
    return connection.cut(environ, response.body)


def _malformed(
    response: _Response, _environ: WSGIEnvironment, start_response: StartResponse, _delay: float
) -> Iterable[bytes]:
    if not response.body:
        response = response.with_header("Content-Type", "application/json")
    return response.with_body(response.body[:-1] or b'{"').send(start_response)


def _mislabelled(
    response: _Response, _environ: WSGIEnvironment, start_response: StartResponse, _delay: float
) -> Iterable[bytes]:
    return response.with_header("Content-Type", "text/html; charset=utf-8").send(start_response)


_ALTERATIONS: dict[
    FaultKind, Callable[[_Response, WSGIEnvironment, StartResponse, float], Iterable[bytes]]
] = {
    FaultKind.RESET_AFTER_STORE: _reset,
    FaultKind.LATENCY: _late,
    FaultKind.SLOW_BODY: _slow,
    FaultKind.TRUNCATED_BODY: _truncated,
    FaultKind.MALFORMED_JSON: _malformed,
    FaultKind.WRONG_CONTENT_TYPE: _mislabelled,
}


def _drip(body: bytes, environ: WSGIEnvironment, delay: float) -> Iterator[bytes]:
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    for piece in pieces or [b""]:
        connection.wait(environ, delay / max(1, len(pieces)))
        yield piece


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> _Response:
    seen: tuple[str, list[tuple[str, str]]] = ("500 Internal Server Error", [])
    written: list[bytes] = []

    def start_response(
        status: str,
        headers: list[tuple[str, str]],
        _exc_info: tuple[type[BaseException], BaseException, TracebackType]
        | tuple[None, None, None]
        | None = None,
    ) -> Callable[[bytes], object]:
        nonlocal seen
        seen = (status, headers)
        return written.append

    chunks: Any = app(environ, start_response)
    try:
        body = b"".join([*written, *chunks])
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return _Response(seen[0], seen[1], body)


def drain(environ: WSGIEnvironment) -> None:
    """Read what is left of a request.

    A server that answers before it has read all may reset the connection of a client that writes.
    """
    stream = environ["wsgi.input"]
    left = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in environ:
        left = 1 << 62
    while left > 0:
        chunk = stream.read(min(left, _DRAIN_BYTES))
        if not chunk:
            return
        left -= len(chunk)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"
