"""The client for an event loop: the same methods, awaited."""

from collections.abc import AsyncIterator, Iterable, Sequence
from os import PathLike
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from depot_flux._book import BookFile
from depot_flux._events import Events, span
from depot_flux._http.connections import AsyncPool
from depot_flux._http.sessions import AsyncHttpSession, AsyncTokenLine
from depot_flux._programs.steps import AsyncRunner
from depot_flux._session import (
    DEFAULT_CONCURRENCY,
    DEFAULT_TIMEOUT,
    Common,
    Shared,
    by_path,
    connecting,
    session_of,
)
from depot_flux.configuration import Configuration, Settings
from depot_flux.models import (
    Etape,
    Fichier,
    Flux,
    Hook,
    Observer,
    Progression,
    ResultatFichier,
    StatutFlux,
)


class AsyncDepotFlux(Common[AsyncPool]):
    """`DepotFlux` for asynchronous programs; the same methods, awaited. Use it with `async with`.

    Args:
        configuration: where and as whom; else give its fields as keyword arguments.
        transport: how requests travel, tokens among them; httpx's own by default. It may be shared,
            and stays open.
        http_client: an httpx client to send with, whose timeouts, limits, proxy, TLS and headers
            count instead of the settings; it may be shared, and stays open.
        ssl_context: for TLS, instead of what the settings say of it.
        hooks: told of everything that happens.

    Raises:
        ConfigurationError: a setting is missing or wrong.
        LivreError: the receipt book cannot be opened.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
        ssl_context: SSLContext | None = None,
        hooks: Sequence[Hook] = (),
        **settings: Unpack[Settings],
    ) -> None:
        own = configuration or Configuration(**settings)
        pool = AsyncPool(own, transport, http_client, ssl_context)
        file = BookFile(own.chemin_livre)
        self._own = True
        shared = Shared(pool, http_client is None, Events(hooks), file)
        shared.tell_migration()
        self._open(own, shared)

    def _open(self, own: Configuration, shared: Shared[AsyncPool]) -> None:
        super().__init__(own, shared)
        with connecting():
            self._http = shared.pool.to(own.base_url)
        line = AsyncTokenLine(shared.pool, self._said_headers, shared.events)
        tokens = shared.tokens(own, async_transport=line)
        session = AsyncHttpSession(shared.pool, own.base_url, tokens, self._access_headers())
        client: Any = session
        self._generated.set_async_httpx_client(client)
        self._runner = AsyncRunner(self._clock, shared.events, own.attempts)

    @classmethod
    def from_env(cls, profil: str | None = None) -> Self:
        """A client from environment variables and profiles; see `Configuration.from_env`."""
        return cls(Configuration.from_env(profil))

    def pour(
        self, configuration: Configuration | None = None, **settings: Unpack[Settings]
    ) -> Self:
        """A session of another account; see `DepotFlux.pour`.

        Raises:
            ConfigurationError: a setting is wrong, or cannot be other than the client's.
        """
        own = session_of(self.configuration, configuration, dict(settings))
        session = type(self).__new__(type(self))
        session._own = False
        session._open(own, self._shared)
        return session

    async def deposer(
        self,
        code_interface: str,
        fichier: Fichier,
        *,
        nom: str | None = None,
        forcer: bool = False,
        progression: Progression | None = None,
    ) -> Flux:
        """Deposit one file; see `DepotFlux.deposer`."""
        return await self._runner.run(
            self._depositing.deposer(code_interface, fichier, nom, progression, force=forcer),
            "deposer",
        )

    async def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        return await self._runner.run(self._following.consulter(flux), "consulter")

    async def attendre(
        self,
        flux: Flux | str,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        observateur: Observer | None = None,
    ) -> StatutFlux:
        """Follow a flux until its status is final; see `DepotFlux.attendre`."""
        return await self._runner.run(
            self._following.attendre(flux, timeout, observateur), "attendre"
        )

    async def sante(self) -> bool:
        """Whether the platform says that it works; see `DepotFlux.sante`."""
        return await self._runner.run(self._following.sante(), "sante")

    async def diagnostic(self) -> list[Etape]:
        """Look at each thing that a deposit needs; see `DepotFlux.diagnostic`."""
        return await self._runner.run(self._diagnostic(), "diagnostic")

    async def deposer_lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        par_heure: int | None = None,
        redeposer_irrecevables: bool = False,
        progression: Progression | None = None,
    ) -> list[ResultatFichier]:
        """Deposit many files in as few flux as possible; see `DepotFlux.deposer_lot`."""
        lot = self._lot(code_interface, list(fichiers), progression, whole=True)
        program = self._all_at_once(
            lot, timeout, simultanes, par_heure, redeposit=redeposer_irrecevables
        )
        with span("deposer_lot"):
            found = [result async for result in self._runner.iterate(program)]
        return sorted(found, key=by_path)

    def deposer_au_fil(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        par_heure: int | None = None,
        redeposer_irrecevables: bool = False,
    ) -> AsyncIterator[ResultatFichier]:
        """Deposit files and give each result as it comes; see `DepotFlux.deposer_au_fil`."""
        return self._runner.iterate(
            self._all_at_once(
                self._lot(code_interface, fichiers),
                timeout,
                simultanes,
                par_heure,
                redeposit=redeposer_irrecevables,
            )
        )

    def deposer_lots(
        self,
        lots: Iterable[tuple[Self, str, Iterable[str | PathLike[str]]]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        par_heure: int | None = None,
        redeposer_irrecevables: bool = False,
    ) -> AsyncIterator[ResultatFichier]:
        """Deposit lots of many accounts; see `DepotFlux.deposer_lots`."""
        made = (session._lot(code, fichiers) for session, code, fichiers in lots)
        return self._runner.iterate(
            self._lots(made, timeout, simultanes, par_heure, redeposit=redeposer_irrecevables)
        )

    async def close(self) -> None:
        """Close connections and receipt book, unless they are those of another client."""
        if self._own:
            await self._shared.pool.close()
            self._shared.file.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
