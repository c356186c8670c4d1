"""A reverse proxy as an ASGI application: carries each call on and hands the exchange over."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from depot_flux._http.reading import MAX_ANSWER, Body
from depot_flux.configuration import OAUTH_PATH
from depot_flux_contract.exchanges import Exchange
from depot_flux_contract.exchanges.exchange import received_of, sent_of

LARGEST = 100_000_000
"""Bytes of a request that is carried on."""

# Of a connection, not of the message that it carries (RFC 9110, 7.6.1); the rest is made anew.
_OWN = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
     "te", "trailer", "transfer-encoding", "upgrade", "host", "content-length",
     "accept-encoding", "content-encoding"}
)  # fmt: skip
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class TooLargeError(Exception):
    """A request is larger than what is carried on."""


class Proxy:
    """The proxy.

    Args:
        to: address of the API, its path included.
        take: takes every exchange.
        client: calls the platform; it follows no redirect.
    """

    def __init__(
        self, to: str, take: Callable[[Exchange], None], client: httpx.AsyncClient
    ) -> None:
        self._to = to.rstrip("/")
        parts = urlsplit(to)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._take = take
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a call on."""
        if scope["type"] != "http":
            return
        try:
            status, headers, body = await self._carried(scope, await _body(receive))
        except TooLargeError:
            status, headers, body = 413, _TEXT, b"observe: the request is too large"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"observe: {self._to} cannot be reached ({type(error).__name__})"
            status, headers, body = 502, _TEXT, said.encode()
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _carried(
        self, scope: Scope, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        url = self._url(scope)
        # Identity, so that what is looked at is what is handed on.
        headers = [*_kept(scope["headers"]), (b"accept-encoding", b"identity")]
        request = self._client.build_request(scope["method"], url, headers=headers, content=body)
        moment, started = datetime.now(UTC), monotonic()
        response = await self._answer(request)
        seconds = monotonic() - started
        sent = sent_of(scope["method"], url, _texts(scope["headers"]), body)
        received = received_of(
            response.status_code, response.headers.multi_items(), response.content
        )
        self._take(Exchange(sent, received, moment, seconds))
        return response.status_code, _kept(response.headers.raw), response.content

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._client.send(request, stream=True)
        body = Body(request)
        await body.aread(response)
        answer = body.of(response)
        if body.is_cut or len(answer.content) >= MAX_ANSWER:
            raise httpx.RemoteProtocolError("the answer is too large or too slow", request=request)
        return answer

    def _url(self, scope: Scope) -> str:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string", b"")
        text = path.decode("latin-1").partition("?")[0]
        # The token is asked for beside the API, as the facade does where nobody says otherwise.
        base = self._origin if text == OAUTH_PATH else self._to
        return base + text + (f"?{query.decode('latin-1')}" if query else "")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST:
            raise TooLargeError
        if not message.get("more_body"):
            return b"".join(parts)


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.decode("latin-1").lower() not in _OWN]


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
