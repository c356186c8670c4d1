"""One account's way over the connections of a client, as the generated client takes it."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import httpx

from depot_flux._events import Events
from depot_flux._http.access import TokenAuth
from depot_flux._http.connections import AsyncPool, Pool
from depot_flux._http.reading import asent, sent
from depot_flux._http.retries import success


class HttpSession:
    """Sends the requests of one account; every answer is a success, all else is raised.

    The generated client reads any error body as the contract's; a gateway's page would hide the
    code that matters.

    Args:
        pool: the connections.
        base_url: address of the API.
        auth: puts the token on.
        headers: what else every request says, the technical account among it.
    """

    def __init__(
        self, pool: Pool, base_url: str, auth: TokenAuth, headers: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._headers = dict(headers)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **said: Any
    ) -> httpx.Response:
        """Send a request.

        Raises:
            HttpError: the answer is no success.
        """
        client = self._pool.to(self._base_url)
        named = {**self._headers, **(headers or {})}
        request = client.build_request(method, self._base_url + url, headers=named, **said)
        return success(sent(client, request, self._auth))

    def probe(self, url: str) -> httpx.Response:
        """Ask an address for anything, without saying who asks."""
        client = self._pool.to(url)
        return sent(client, client.build_request("GET", url), None)

    def renew(self) -> None:
        """Ask for a new token."""
        self._auth.renew()


class AsyncHttpSession:
    """The same for asynchronous programs."""

    def __init__(
        self, pool: AsyncPool, base_url: str, auth: TokenAuth, headers: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._headers = dict(headers)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **said: Any
    ) -> httpx.Response:
        """Send a request; see `HttpSession.request`."""
        client = self._pool.to(self._base_url)
        named = {**self._headers, **(headers or {})}
        request = client.build_request(method, self._base_url + url, headers=named, **said)
        return success(await asent(client, request, self._auth))

    async def probe(self, url: str) -> httpx.Response:
        """Ask an address for anything, without saying who asks."""
        client = self._pool.to(url)
        return await asent(client, client.build_request("GET", url), None)

    async def renew(self) -> None:
        """Ask for a new token."""
        await self._auth.arenew()


class TokenLine(httpx.BaseTransport):
    """Carries the requests for tokens over the connections of a client, and tells of renewals."""

    def __init__(self, pool: Pool, headers: Mapping[str, str], events: Events) -> None:
        self._pool = pool
        self._headers = dict(headers)
        self._events = events

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        start = time.perf_counter()
        try:
            client = self._pool.to(str(request.url))
            _as_of(client, request, self._headers)
            response = sent(client, request, None)
        except httpx.TransportError as error:
            _tell(self._events, start, error=type(error).__name__)
            raise
        _tell(self._events, start, status=response.status_code)
        return response


class AsyncTokenLine(httpx.AsyncBaseTransport):
    """The same for asynchronous programs."""

    def __init__(self, pool: AsyncPool, headers: Mapping[str, str], events: Events) -> None:
        self._pool = pool
        self._headers = dict(headers)
        self._events = events

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        start = time.perf_counter()
        try:
            client = self._pool.to(str(request.url))
            _as_of(client, request, self._headers)
            response = await asent(client, request, None)
        except httpx.TransportError as error:
            _tell(self._events, start, error=type(error).__name__)
            raise
        _tell(self._events, start, status=response.status_code)
        return response


def _as_of(
    client: httpx.Client | httpx.AsyncClient, request: httpx.Request, headers: Mapping[str, str]
) -> None:
    """Let a request say and bear what others of a client do."""
    request.extensions["timeout"] = client.timeout.as_dict()
    request.headers.update({"User-Agent": client.headers.get("User-Agent", ""), **headers})
    for name, value in client.headers.items():
        request.headers.setdefault(name, value)


def _tell(
    events: Events, start: float, *, status: int | None = None, error: str | None = None
) -> None:
    good = status is not None and status < 300
    events.tell(
        "renewal",
        logging.INFO if good else logging.WARNING,
        status=status,
        error=error,
        seconds=round(time.perf_counter() - start, 3),
    )
