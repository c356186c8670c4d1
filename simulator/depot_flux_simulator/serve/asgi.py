"""The simulator, which is a WSGI application, under a server that reads bodies by itself.

Every body is read here, all of them beside each other and without a thread, in memory as long as
it is small and in a file otherwise; the application sees it whole or not at all. Whoever stops in
the middle, or is slower than anybody honest, is answered and let go of.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.serve.threads import Threads
from depot_flux_simulator.store.turns import take
from depot_flux_simulator.web.reception import (
    CUT,
    FAULT,
    FULL,
    LATE,
    LONG,
    NO_ROOM,
    UNABLE,
    Reception,
)
from depot_flux_simulator.web.targets import path_info

GRACE_SECONDS = 10.0
"""How long a body may take, and as much longer as its bytes take at the least rate."""
BYTES_PER_SECOND = 10_000

_LOOK_SECONDS = 0.25
_IN_MEMORY = 65_536
_HEADERS = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_NOTHING = b""
_DIGITS = 20  # of a length; no more is allowed by far

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(slots=True)
class _Upload:
    """A body that is being read.

    Attributes:
        since: when its reading began, on the loop's clock.
        size: bytes read so far.
        late: whether it was given up.
    """

    since: float
    size: int = 0
    late: bool = False

    def is_overdue(self, now: float) -> bool:
        """Whether it has taken longer than it may."""
        return now - self.since > GRACE_SECONDS + self.size / BYTES_PER_SECOND


@dataclass(slots=True)
class _Answer:
    """What a WSGI application said at first."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """Take the first word, as WSGI's `start_response`."""
        self.status = int(status[:3])
        self.headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]
        return self.written.append

    def is_whole(self, body: bytes) -> bool:
        """Whether nothing follows these bytes."""
        return (b"Content-Length", str(len(body)).encode()) in self.headers

    @property
    def message(self) -> Message:
        """The same for ASGI."""
        return {
            "type": "http.response.start",
            "status": self.status,
            "headers": self.headers,
        }


class Asgi:
    """An ASGI application around the simulator's.

    Args:
        app: the simulator.
        reception: tells how much of a body is read, and what is answered at once.
        folder: where bodies lie that are not small.
    """

    def __init__(self, app: WSGIApplication, reception: Reception, folder: Path) -> None:
        self._app = app
        self._reception = reception
        self._folder = folder
        self._threads = Threads()
        self._uploads: dict[asyncio.Task[Any], _Upload] = {}
        self._watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a call."""
        environ = _environ(scope)
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = await self._read(environ, receive)
        if self._reception.may_wait:
            told = await take(partial(self._quickly, environ))
        else:
            told = self._quickly(environ)
        if told is not None:
            await _send(send, *told)
            return
        small = isinstance(environ["wsgi.input"], io.BytesIO)
        if small and self._reception.is_light(environ):
            await _send(send, *await take(partial(self._whole, environ)))
            return

        def run() -> tuple[_Answer, bytes, Iterator[bytes] | None]:
            with environ["wsgi.input"]:
                return self._begun(environ)

        brief = small and self._reception.is_brief(environ)
        answer, first, rest = await self._threads.run(run, brief=brief)
        if rest is None:
            await _send(send, answer, first)
        else:
            await self._send_pieces(send, answer, first, rest)

    def _quickly(self, environ: WSGIEnvironment) -> tuple[_Answer, bytes] | None:
        """The answer to a call that is answered at once."""
        return self._whole(environ) if self._reception.is_quick(environ) else None

    def _whole(self, environ: WSGIEnvironment) -> tuple[_Answer, bytes]:
        """Run the application, and take all it says at once."""
        answer = _Answer()
        chunks = self._app(environ, answer.start)
        try:
            return answer, b"".join([*answer.written, *chunks])
        finally:
            _close(chunks)

    def _begun(self, environ: WSGIEnvironment) -> tuple[_Answer, bytes, Iterator[bytes] | None]:
        """Run the application: all that it answers, or the first piece and those that follow."""
        answer = _Answer()
        chunks = self._app(environ, answer.start)
        if isinstance(chunks, list):
            return answer, b"".join([*answer.written, *chunks]), None
        pieces = iter(chunks)
        goes_on = False
        try:
            first = next(pieces, _NOTHING)
            goes_on = not answer.is_whole(first)
        finally:
            if not goes_on:
                _close(pieces)
        return answer, first, pieces if goes_on else None

    async def _send_pieces(
        self, send: Send, answer: _Answer, first: bytes, rest: Iterator[bytes]
    ) -> None:
        """Send an answer piece by piece; whoever does not read them is let go of.

        No thread waits for a client: as many as do not read would leave none for others.
        """
        following = partial(next, rest, None)
        piece: bytes | None = first
        try:
            await send(answer.message)
            while piece is not None:
                await asyncio.wait_for(send(_body(piece, more=True)), GRACE_SECONDS)
                piece = await self._threads.run(following, brief=False)
            await send(_body(_NOTHING, more=False))
        except TimeoutError:
            return  # less was sent than was said, or than an end: the server closes the connection
        finally:
            await self._threads.run(partial(_close, rest), brief=False)

    async def _read(self, environ: WSGIEnvironment, receive: Receive) -> IO[bytes]:
        """The body of a call; where there is none, the environment says why."""
        if self._reception.may_wait:
            limit = await take(partial(self._reception.body_bytes, environ))
        else:
            limit = self._reception.body_bytes(environ)
        length = environ.get("CONTENT_LENGTH", "")
        known = int(length.lstrip("0")[:_DIGITS] or "0") if length.isdecimal() else None
        if known is not None:
            environ["CONTENT_LENGTH"] = str(known)  # nobody else need read it with as much care
            if known > limit:
                environ[FAULT] = LONG
                return io.BytesIO()
        if "HTTP_TRANSFER_ENCODING" in environ:
            known = None  # it says where the body ends, whatever else is said
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (this is a coroutine's)
        upload = self._uploads[task] = _Upload(asyncio.get_running_loop().time())
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._look())
        body: IO[bytes] = io.BytesIO()
        try:
            body = await self._collected(upload, limit, known, receive)
        except ApiError as error:
            environ[FAULT] = error
        except asyncio.CancelledError:
            if not upload.late:
                raise
            task.uncancel()
            environ[FAULT] = LATE
        finally:
            del self._uploads[task]
        return body

    async def _collected(
        self, upload: _Upload, limit: int, length: int | None, receive: Receive
    ) -> IO[bytes]:
        """The body; where its length is known, nobody is asked for more once it is there."""
        body: IO[bytes] = io.BytesIO()
        try:
            more = True
            while more:
                chunk, more = _content(await receive())
                upload.size += len(chunk)
                _bounded(upload.size, limit)
                if upload.size > _IN_MEMORY and isinstance(body, io.BytesIO):
                    head = body.getvalue()
                    body = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 (closed later)
                    body.write(head)
                body.write(chunk)
                more = more and upload.size != length
            body.seek(0)
        except OSError as error:
            body.close()
            raise (FULL if error.errno in NO_ROOM else UNABLE) from error
        except BaseException:
            with suppress(OSError):
                body.close()
            raise
        return body

    async def _look(self) -> None:
        """Give up bodies that are late, and see to calls that wait for a thread."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._threads.look()
            now = loop.time()
            for task, upload in self._uploads.items():
                if not upload.late and upload.is_overdue(now):
                    upload.late = True
                    task.cancel()


def _environ(scope: Message) -> WSGIEnvironment:
    host, port = scope["server"]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path_info(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_SOFTWARE": "Granian",
        "REMOTE_ADDR": scope["client"][0],
        "REMOTE_PORT": scope["client"][1],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = _HEADERS.get(name) or _key(name)
        text = value.decode("latin-1")
        if key in environ:
            # Cookies cannot be joined by commas.
            text = f"{environ[key]}{';' if name == b'cookie' else ','}{text}"
        environ[key] = text
    return environ


@lru_cache(maxsize=500)
def _key(header: bytes) -> str:
    return "HTTP_" + header.decode("ascii").replace("-", "_").upper()


def _content(message: Message) -> tuple[bytes, bool]:
    if message["type"] != "http.request":
        raise CUT
    return message["body"], message["more_body"]


def _bounded(size: int, limit: int) -> None:
    if size > limit:
        raise LONG


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


async def _send(send: Send, answer: _Answer, body: bytes) -> None:
    await send(answer.message)
    await send(_body(body, more=False))


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}
