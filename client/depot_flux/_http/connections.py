"""The connections of a client: one pool for all its sessions, and for their tokens."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from depot_flux._events import library_version
from depot_flux._forks import OfOneProcess, ProcessLock
from depot_flux._http.access import AsyncLent, Lent, of_caller, uses_proxies
from depot_flux._http.reading import ameet, meet
from depot_flux.configuration import Configuration
from depot_flux.exceptions import ConfigurationError


class Transport:
    """How requests travel, as the settings say or a caller brings it.

    Args:
        configuration: the settings.
        context: for TLS, instead of what the settings say of it.
    """

    def __init__(self, configuration: Configuration, context: ssl.SSLContext | None) -> None:
        self._own = configuration
        self._context = context

    def options(self, url: str) -> dict[str, Any]:
        """The arguments of an httpx client for what goes to an address.

        Raises:
            ConfigurationError: the settings name what cannot be used.
        """
        own = self._own
        secured = uses_proxies(url)
        number = own.max_connections
        return {
            "timeout": httpx.Timeout(own.timeout, connect=own.connect_timeout),
            "limits": httpx.Limits(max_connections=number, max_keepalive_connections=number),
            "verify": self._tls() if secured else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            "trust_env": secured,
            "proxy": own.proxy or None if secured else None,
        }

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = _context(self._own)
        return self._context


class Pool(OfOneProcess):
    """The connections of a client, for any number of sessions and threads.

    Args:
        configuration: the settings.
        transport: how requests travel; it stays open.
        http_client: a client that a caller brings, with all its settings; it stays open.
        context: for TLS.
    """

    def __init__(
        self,
        configuration: Configuration,
        transport: httpx.BaseTransport | None,
        http_client: httpx.Client | None,
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__()
        self._transport = transport and Lent(transport)
        self._given = http_client
        self._givens = of_caller(http_client)
        self._how = Transport(configuration, context)
        self._clients: dict[bool, httpx.Client] = {}
        self._left: list[httpx.Client] = []
        self._lock = ProcessLock()

    def to(self, url: str) -> httpx.Client:
        """The client for an address: what goes in clear takes no proxy."""
        if self._given is not None:
            self._givens.use()
            return self._given
        secured = uses_proxies(url)
        if secured not in self._clients:
            with self._lock:
                if secured not in self._clients:
                    self._clients[secured] = httpx.Client(
                        transport=self._transport,
                        event_hooks={"response": [meet]},
                        **self._how.options(url),
                    )
        return self._clients[secured]

    def in_child(self) -> None:
        """Open others at the next request; these are the parent's, and are left alone."""
        self._left += self._clients.values()
        self._clients = {}

    def close(self) -> None:
        """Close what the caller did not bring."""
        for client in self._clients.values():
            client.close()


class AsyncPool(OfOneProcess):
    """The same for asynchronous programs."""

    def __init__(
        self,
        configuration: Configuration,
        transport: httpx.AsyncBaseTransport | None,
        http_client: httpx.AsyncClient | None,
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__()
        self._transport = transport and AsyncLent(transport)
        self._given = http_client
        self._givens = of_caller(http_client)
        self._how = Transport(configuration, context)
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._left: list[httpx.AsyncClient] = []

    def to(self, url: str) -> httpx.AsyncClient:
        """The client for an address; see `Pool.to`."""
        if self._given is not None:
            self._givens.use()
            return self._given
        secured = uses_proxies(url)
        if secured not in self._clients:
            self._clients[secured] = httpx.AsyncClient(
                transport=self._transport,
                event_hooks={"response": [ameet]},
                **self._how.options(url),
            )
        return self._clients[secured]

    def in_child(self) -> None:
        """The same; see `Pool.in_child`."""
        self._left += self._clients.values()
        self._clients = {}

    async def close(self) -> None:
        """Close what the caller did not bring."""
        for client in self._clients.values():
            await client.aclose()


def headers_of(configuration: Configuration, *, named: bool) -> Mapping[str, str]:
    """What every request of a session says beside its access.

    Args:
        configuration: the settings.
        named: whether it names the program; a client that a caller brings may do that itself.
    """
    own = configuration
    library = f"depot-flux-g2b/{library_version()} httpx/{httpx.__version__}"
    agent = {"User-Agent": f"{own.user_agent} {library}".strip()}
    return {**(agent if named or own.user_agent else {}), **own.headers}


def _context(own: Configuration) -> ssl.SSLContext:
    """What is verified, and what is shown to a server that asks."""
    context = _authorities(own.ca_bundle) if own.ca_bundle else httpx.create_ssl_context()
    if own.client_certificate:
        try:
            # A key that is encrypted would be asked for on the terminal, where nobody is.
            context.load_cert_chain(own.client_certificate, own.client_key or None, lambda: "")
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"client_certificate {own.client_certificate} cannot be used "
                f"({_why(error)}): give PEM files, the key in it or in client_key, not encrypted; "
                "an ssl_context of your own can hold any other"
            ) from None
    return context


def _authorities(path: str) -> ssl.SSLContext:
    where = "capath" if Path(path).is_dir() else "cafile"
    try:
        return ssl.create_default_context(**{where: path})  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"ca_bundle {path} cannot be used ({_why(error)}): give a file of certificates in PEM, "
            "or a folder of them that `openssl rehash` prepared"
        ) from None


def _why(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
