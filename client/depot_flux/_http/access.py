"""Access: PISTE's token on every call, and the technical account beside it.

Form of the token request and of `cpro-account`: inferred from the other Chorus Pro APIs.
"""

import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import anyio
import httpx

from depot_flux._forks import OfOneProcess, ProcessLock
from depot_flux._http.reading import asent, sent
from depot_flux._http.refusals import remedy
from depot_flux._reponses import error_as_text
from depot_flux.exceptions import ConfigurationError, IndisponibleError

ACCOUNT_HEADER = "cpro-account"
_MARGIN = 60  # seconds before its end that a token is no longer used
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def technical_account(login: str, mot_de_passe: str) -> str:
    """The value of the header `cpro-account`."""
    return b64encode(f"{login}:{mot_de_passe}".encode(errors="surrogateescape")).decode("ascii")


class OfCaller(OfOneProcess):
    """What a caller brings and opens, and a child must not use once its parent did."""

    _OPENS_NONE = (httpx.WSGITransport, httpx.ASGITransport, httpx.MockTransport)

    def __init__(self, brought: object) -> None:
        super().__init__()
        self._brought = brought
        self._used = self._inherited = False

    def use(self) -> None:
        """See that its connections are those of this process.

        Raises:
            ConfigurationError: they are the parent's.
        """
        if self._inherited:
            raise ConfigurationError(
                "this process was forked from one that uses the same transport or http_client, "
                "and two processes on one connection read each other's answers: bring another one "
                "here, or let the client open its own"
            )
        self._used = True

    def in_child(self) -> None:
        """What the parent used is the parent's."""
        self._inherited = self._used and not isinstance(self._brought, self._OPENS_NONE)


_BROUGHT: WeakValueDictionary[int, OfCaller] = WeakValueDictionary()


def of_caller(brought: object) -> OfCaller:
    """Who watches over what a caller brings: the same for all clients that he brings it to."""
    return _BROUGHT.setdefault(id(brought), OfCaller(brought))


class Lent(httpx.BaseTransport):
    """A transport that is the caller's: used, and never closed."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport
        self._own = of_caller(transport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through it."""
        self._own.use()
        return self._transport.handle_request(request)


class AsyncLent(httpx.AsyncBaseTransport):
    """The same for asynchronous programs."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._own = of_caller(transport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through it."""
        self._own.use()
        return await self._transport.handle_async_request(request)


class TokenAuth(httpx.Auth, OfOneProcess):
    """Puts PISTE's token on requests, from one cache for all threads and tasks.

    After an answer 401 the token is forgotten, so that the next request asks for another.

    Args:
        url: the token endpoint.
        client_id: the application's client identifier.
        client_secret: its secret.
        account: value of the header `cpro-account` where a request does not say its own.
        transport: sends the token requests, and stays open; httpx's own by default.
        now: the time in seconds.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        account: str,
        *,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._account = account
        self._trust_env = uses_proxies(url)
        # A client closes its transport when it is done, and with it all that a caller has open.
        self._transport = transport and Lent(transport)
        self._async_transport = async_transport and AsyncLent(async_transport)
        self._now = now
        self._lock = ProcessLock()
        self._async_lock = anyio.Lock()
        self._token = ""
        self._end = float("-inf")

    def renew(self) -> None:
        """Ask for a new token."""
        self._end = float("-inf")
        self._current()

    async def arenew(self) -> None:
        """Ask for a new token."""
        self._end = float("-inf")
        await self._acurrent()

    def in_child(self) -> None:
        """Keep the token, which is good for both."""
        self._async_lock = anyio.Lock()

    def __repr__(self) -> str:
        return f"TokenAuth({self._url!r}, {self._client_id!r})"

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request."""
        token = self._current()
        response = yield self._signed(request, token)
        self._judge(token, response)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign a request."""
        token = await self._acurrent()
        response = yield self._signed(request, token)
        self._judge(token, response)

    def _current(self) -> str:
        with self._lock:
            if self._now() >= self._end:
                with (
                    self._connecting(),
                    httpx.Client(transport=self._transport, trust_env=self._trust_env) as client,
                ):
                    response = sent(client, self._request(client), None)
                self._keep(response)
            return self._token

    async def _acurrent(self) -> str:
        async with self._async_lock:
            if self._now() >= self._end:
                with self._connecting():
                    async with httpx.AsyncClient(
                        transport=self._async_transport, trust_env=self._trust_env
                    ) as client:
                        response = await asent(client, self._request(client), None)
                self._keep(response)
            return self._token

    @contextmanager
    def _connecting(self) -> Iterator[None]:
        """Whatever hinders a connection is told as ours."""
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise IndisponibleError(
                f"the token endpoint {self._url} cannot be reached "
                f"({error_as_text(error)}); {remedy(error)}",
                code="INJOIGNABLE",
            ) from None

    def _judge(self, token: str, response: httpx.Response) -> None:
        # Another thread may have renewed it meanwhile; its token is not the one refused.
        if response.status_code == httpx.codes.UNAUTHORIZED and self._token == token:
            self._end = float("-inf")

    def _request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        from oauthlib.oauth2 import BackendApplicationClient  # noqa: PLC0415 (for calls alone)

        body: str = BackendApplicationClient(self._client_id).prepare_request_body(
            scope="openid", include_client_id=True, client_secret=self._client_secret
        )
        return client.build_request("POST", self._url, content=body, headers=_FORM)

    def _keep(self, response: httpx.Response) -> None:
        from depot_flux._http.tokens import token_of  # noqa: PLC0415 (likewise)

        self._token, lifetime = token_of(response, self._url, self._client_id)
        self._end = self._now() + lifetime - min(_MARGIN, lifetime / 2)

    def _signed(self, request: httpx.Request, token: str) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        # A session of another account says its own.
        request.headers.setdefault(ACCOUNT_HEADER, self._account)
        return request


def uses_proxies(url: str) -> bool:
    """Whether the environment's proxies may carry requests to an address.

    What travels in clear is for this machine only, and must not pass a proxy on its way.
    """
    return urlsplit(url).scheme != "http"
