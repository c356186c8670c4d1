"""Requests whose answer is read whatever it is: what says status and headers is never lost.

httpx raises where a body is cut short or compressed as nobody can undo, and where a redirect leads
to no address; status and `Location` say what became of a deposit all the same.
"""

from contextvars import ContextVar

import httpx

from depot_flux._http.pieces import Pieces

MAX_ANSWER = 10_000_000  # bytes; what comes after them is not read
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
        response = client.send(request, auth=auth, follow_redirects=False, stream=True)
    except httpx.RemoteProtocolError:
        if redirect := _redirect(request):
            return redirect
        raise
    if response.is_stream_consumed:
        return response
    body = bytearray()
    try:
        for block in response.iter_raw():
            body += block
            if len(body) > MAX_ANSWER:
                break
    except httpx.TransportError:
        pass  # cut short: what is there says something
    finally:
        response.close()
    return _read(response, bytes(body))


async def asent(client: httpx.AsyncClient, request: httpx.Request, auth: _Auth) -> httpx.Response:
    """The same for asynchronous clients; see `sent`."""
    try:
        request.stream = Pieces(request.stream)
        response = await client.send(request, auth=auth, follow_redirects=False, stream=True)
    except httpx.RemoteProtocolError:
        if redirect := _redirect(request):
            return redirect
        raise
    if response.is_stream_consumed:
        return response
    body = bytearray()
    try:
        async for block in response.aiter_raw():
            body += block
            if len(body) > MAX_ANSWER:
                break
    except httpx.TransportError:
        pass  # cut short: what is there says something
    finally:
        await response.aclose()
    return _read(response, bytes(body))


def _redirect(request: httpx.Request) -> httpx.Response | None:
    """The answer whose `Location` is no address, which httpx raises for; None if it is another."""
    response = _met.get()
    if response is None or response.request is not request or not response.has_redirect_location:
        return None
    return _read(response, b"")


def _read(response: httpx.Response, body: bytes) -> httpx.Response:
    """An answer with its body, decompressed if that can be done."""
    try:
        return _whole(response, response.headers, body)
    except httpx.DecodingError:
        plain = httpx.Headers(response.headers)
        del plain["content-encoding"]
        return _whole(response, plain, body)


def _whole(response: httpx.Response, headers: httpx.Headers, body: bytes) -> httpx.Response:
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=body,
        request=response.request,
        extensions=response.extensions,
    )
