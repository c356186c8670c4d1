"""Breaking the connection a request came by.

WSGI has no word for it, so each server is broken in its own way: werkzeug's hands its socket over;
Granian's is found among the open files by the client's address, and otherwise closed by an answer
shorter than it says; in process, an exception tells the transport.
"""

import os
import socket
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from time import sleep
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

SLEEP = "depot_flux.sleep"
"""Key of the environment: what waits instead of the machine's sleep."""
DROPPED = "depot_flux.dropped"
"""Key of the environment: whether the client gets no answer, whatever a server is told."""

_NO_LINGER = struct.pack("ii", 1, 0)
_FLUSH_SECONDS = 0.05


class DroppedError(ConnectionAbortedError):
    """The connection is gone; werkzeug and the in-process transport know what to do."""


class EndedError(DroppedError):
    """The same, without a reset."""


def reset(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer nothing: the client's connection is reset.

    Raises:
        DroppedError: on servers that end a connection so.
    """
    environ[DROPPED] = True
    if not _is_granian(environ):
        connection = environ.get("werkzeug.socket")
        if connection is not None:
            _reset_and_replace(connection)
        raise DroppedError
    connection = _connection(environ)
    if connection is not None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            # The server reads the end of the connection and closes it, which resets it.
            connection.shutdown(socket.SHUT_RD)
    return _shorter_than_said(start_response)


def end(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer nothing: the client's connection ends in order, as one that was kept too long.

    Raises:
        EndedError: on servers that end a connection so.
    """
    environ[DROPPED] = True
    if _is_granian(environ):
        connection = _connection(environ)
        if connection is not None:
            with connection, suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return _shorter_than_said(start_response)
    _shut(environ)
    raise EndedError


def cut(environ: WSGIEnvironment, body: bytes) -> Iterator[bytes]:
    """A body of which only the first half arrives before the connection ends.

    Raises:
        DroppedError: on servers that end a connection so.
    """
    yield body[: len(body) // 2] or b" "
    if _is_granian(environ):
        sleep(_FLUSH_SECONDS)  # else it closes before it has sent what it was given
        return
    _shut(environ)
    raise DroppedError


def wait(environ: WSGIEnvironment, seconds: float) -> None:
    """Let time pass for the client."""
    environ.get(SLEEP, sleep)(seconds)


def _shut(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _shorter_than_said(start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "1")])
    return iter(())


def _is_granian(environ: WSGIEnvironment) -> bool:
    return environ.get("SERVER_SOFTWARE") == "Granian"


def _reset_and_replace(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        # Closing the last descriptor resets the connection; the handler that still holds the
        # number finds a socket whose other end is gone, and stops.
        ours, theirs = socket.socketpair()
        with ours, theirs:
            os.dup2(ours.fileno(), connection.fileno())


def _connection(environ: WSGIEnvironment) -> socket.socket | None:
    """The request's connection."""
    found = [s for s in _connections() if _is_from(s, environ)]
    if len(found) == 1:
        return found[0]
    for connection in found:
        connection.close()
    return None


def _connections() -> Iterator[socket.socket]:
    try:
        names = os.listdir("/dev/fd")  # noqa: PTH208 (descriptors, not paths)
    except OSError:
        return  # a system that does not show them
    # All are looked at before the first is copied: a copy may get a number that was listed.
    for number in [number for number in map(int, names) if _is_socket(number)]:
        with suppress(OSError):  # one that was closed meanwhile
            yield socket.socket(fileno=os.dup(number))


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


def _is_from(connection: socket.socket, environ: dict[str, Any]) -> bool:
    try:
        here, there = connection.getsockname(), connection.getpeername()
    except OSError:
        here = there = None
    same = (
        isinstance(there, tuple)
        and str(there[0]).removeprefix("::ffff:") == environ.get("REMOTE_ADDR")
        and str(there[1]) == environ.get("REMOTE_PORT")
        and str(here[1]) == environ.get("SERVER_PORT")
    )
    if not same:
        connection.close()
    return same
