"""Requests whose answer is read whatever it is: what says status and headers is never lost.

httpx raises where a body is cut short or compressed as nobody can undo, and where a redirect leads
to no address; status and `Location` say what became of a deposit all the same.
"""

import zlib
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic

import httpx

from depot_flux._http.pieces import Pieces

MAX_ANSWER = 10_000_000  # bytes, compressed or not; what comes after them is not read
_LEAST_RATE = 10_000  # bytes a second that are waited for once the timeout of a read is over
_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_Auth = httpx.Auth | None

_met: ContextVar[httpx.Response | None] = ContextVar("met", default=None)


def meet(response: httpx.Response) -> None:
    """A hook of httpx for answers: remember what came before it is looked into."""
    _met.set(response)


async def ameet(response: httpx.Response) -> None:
    """The same for asynchronous clients."""
    _met.set(response)


def sent(client: httpx.Client, request: httpx.Request, auth: _Auth) -> httpx.Response:
    """Send a request and read its answer, as far as it goes; redirects are not followed.

    Args:
        client: sends it; `meet` is among its hooks.
        request: what to send.
        auth: signs it.

    Raises:
        httpx.TransportError: there is no answer.
    """
    try:
        request.stream = Pieces(request.stream)
        request.headers["Accept-Encoding"] = "identity"
        response = client.send(request, auth=auth, follow_redirects=False, stream=True)
    except httpx.RemoteProtocolError:
        if redirect := _redirect(request):
            return redirect
        raise
    if response.is_stream_consumed:
        return response
    body = Body(request)
    with suppress(httpx.TransportError):  # cut short: what is there says something
        body.read(response)
    return body.of(response)


async def asent(client: httpx.AsyncClient, request: httpx.Request, auth: _Auth) -> httpx.Response:
    """The same for asynchronous clients; see `sent`."""
    try:
        request.stream = Pieces(request.stream)
        request.headers["Accept-Encoding"] = "identity"
        response = await client.send(request, auth=auth, follow_redirects=False, stream=True)
    except httpx.RemoteProtocolError:
        if redirect := _redirect(request):
            return redirect
        raise
    if response.is_stream_consumed:
        return response
    body = Body(request)
    with suppress(httpx.TransportError):  # the same
        await body.aread(response)
    return body.of(response)


class Body:
    """The body of an answer, as far as it is read: not for ever where it comes drop by drop.

    Args:
        request: what is answered.

    Attributes:
        is_cut: whether its reading was given up.
    """

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._read = bytearray()
        self.is_cut = False
        self._patience: float | None = request.extensions.get("timeout", {}).get("read")
        self._began = monotonic()

    @property
    def _late(self) -> bool:
        if self._patience is None:
            return False
        return monotonic() - self._began > self._patience + len(self._read) / _LEAST_RATE

    def read(self, response: httpx.Response) -> None:
        """Read it from an answer that streams, and close that.

        Raises:
            httpx.TransportError: it is cut short; what came is kept.
        """
        try:
            for block in response.iter_raw():
                if self._ends_with(block):
                    break
        finally:
            response.close()

    async def aread(self, response: httpx.Response) -> None:
        """The same for asynchronous clients; see `read`."""
        try:
            async for block in response.aiter_raw():
                if self._ends_with(block):
                    break
        finally:
            await response.aclose()

    def _ends_with(self, block: bytes) -> bool:
        self._read += block
        self.is_cut = len(self._read) > MAX_ANSWER or self._late
        return self.is_cut

    def of(self, response: httpx.Response) -> httpx.Response:
        """The answer with this body, decompressed as far as that can be done."""
        return _read(self._request, response, bytes(self._read))


def _redirect(request: httpx.Request) -> httpx.Response | None:
    """The answer whose `Location` is no address, which httpx raises for; None if it is another."""
    response = _met.get()
    if response is None or response.request is not request or not response.has_redirect_location:
        return None
    return _read(request, response, b"")


def _read(request: httpx.Request, response: httpx.Response, body: bytes) -> httpx.Response:
    headers = httpx.Headers(response.headers)
    # httpx would decompress whatever comes of it, and once for each time that this is named.
    body = _decompressed(headers.pop("content-encoding", ""), body)
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=body,
        request=request,
        extensions=response.extensions,
    )


def _decompressed(coding: str, body: bytes) -> bytes:
    """A body without its compression, up to `MAX_ANSWER`; as it is where nobody can undo that."""
    if coding.strip().lower() not in _COMPRESSED:
        return body
    # gzip and zlib by their heads; some servers mean by deflate what has none.
    for bits in (32 + zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return zlib.decompressobj(bits).decompress(body, MAX_ANSWER)
        except zlib.error:
            continue
    return body
