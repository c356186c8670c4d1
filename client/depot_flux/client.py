"""The two clients: the same methods, in the calling thread or in an event loop."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import httpx

from depot_flux import _contract
from depot_flux._contract import Said
from depot_flux._http.access import (
    ACCOUNT_HEADER,
    AsyncLent,
    Lent,
    TokenAuth,
    technical_account,
    uses_proxies,
)
from depot_flux._http.retries import AsyncHttpClient, HttpClient
from depot_flux._programs.batch import Batch
from depot_flux._programs.clock import Clock
from depot_flux._programs.deposit import Depositing
from depot_flux._programs.follow import Following
from depot_flux._programs.steps import AsyncRunner, Runner, Steps
from depot_flux.configuration import Configuration
from depot_flux.exceptions import ConfigurationError
from depot_flux.livre import Livre, book_of
from depot_flux.models import (
    Fichier,
    Flux,
    Observer,
    Progression,
    ResultatFichier,
    StatutFlux,
)

DEFAULT_TIMEOUT = 600.0
DEFAULT_CONCURRENCY = 4
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Settings(TypedDict, total=False):
    """Keyword arguments of the clients; see `Configuration` for what each means."""

    base_url: str
    client_id: str
    client_secret: str
    login: str
    mot_de_passe: str
    token_url: str
    code_application: str
    plateforme: str
    fichier_recus: str
    complements: Mapping[str, Any]


class _Common:
    """What both clients are made of."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        own = configuration
        self._book = book_of(own)
        self.livre = Livre(self._book)
        credentials = technical_account(own.login, own.mot_de_passe)
        # A contract may make parameters of the access headers; the token is put in on the way.
        access = {ACCOUNT_HEADER: credentials, "authorization": "Bearer"}
        said = Said(access, configuration.complements)
        self._clock = Clock()
        self._depositing = Depositing(self._book, said)
        self._following = Following(self._book, said, self._clock)
        self._generated = _contract.client(configuration.base_url)

    def __repr__(self) -> str:
        configuration = getattr(self, "configuration", None)  # none when it could not be made
        shown = configuration and f"{configuration.base_url} {configuration.client_id}"
        return f"{type(self).__name__}({shown!r})"

    def _access(
        self,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
    ) -> TokenAuth:
        own = self.configuration
        return TokenAuth(
            own.token_address,
            own.client_id,
            own.client_secret,
            technical_account(own.login, own.mot_de_passe),
            transport=transport,
            async_transport=async_transport,
        )

    def _batch(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        simultanes: int,
        timeout: float,
        progression: Progression | None,
        *,
        redeposer_irrecevables: bool,
    ) -> Steps[list[ResultatFichier]]:
        batch = Batch(
            self._depositing,
            self._following,
            code_interface,
            self.configuration.code_application,
            simultanes,
            progression,
        )
        return batch.run(fichiers, timeout, redeposer_irrecevables=redeposer_irrecevables)


@contextmanager
def _connecting() -> Iterator[None]:
    """What the environment says of proxies and certificates may be wrong."""
    try:
        yield
    except (ImportError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"no connection can be set up: {error}; check the environment variables for proxies "
            "and certificates"
        ) from None


class DepotFlux(_Common):
    """Deposit flux and follow them. May be shared by threads; use it with `with`.

    Args:
        configuration: where and as whom; else give its fields as keyword arguments.
        transport: how requests travel, tokens among them; httpx's own by default. It may be shared,
            and stays open.

    Raises:
        ConfigurationError: a setting is missing or wrong.
        LivreError: the receipt book cannot be opened.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(configuration or Configuration(**settings))
        with _connecting():
            self._http = HttpClient(
                base_url=self.configuration.base_url,
                auth=self._access(transport),
                timeout=_TIMEOUT,
                transport=transport and Lent(transport),
                trust_env=uses_proxies(self.configuration.base_url),
            )
        self._runner = Runner(self._generated.set_httpx_client(self._http), self._clock)

    @classmethod
    def from_env(cls, profil: str | None = None) -> Self:
        """A client from environment variables and profiles; see `Configuration.from_env`."""
        return cls(Configuration.from_env(profil))

    def deposer(
        self,
        code_interface: str,
        fichier: Fichier,
        *,
        nom: str | None = None,
        forcer: bool = False,
        progression: Progression | None = None,
    ) -> Flux:
        """Deposit one file, or nothing if the receipt book says that it was deposited.

        Args:
            code_interface: e.g. FSO3110A.
            fichier: its path, its bytes, or a file open in binary mode.
            nom: the name to deposit it under; by default the file's own.
            forcer: deposit it even if the receipt book knows it, or one like it.
            progression: told how many bytes were read of how many.

        Raises:
            FichierError: the file cannot be read.
            DoublonError: it is like one that was deposited, or may have been: the same name, the
                same invoice, the same bytes.
            AuthentificationError: token or technical account were refused.
            RequeteRefuseeError: the platform refused the deposit.
            IndisponibleError: the platform cannot be reached; the file was not deposited.
            DepotIncertain: nobody knows whether the platform has it; do not send it again blindly.
        """
        return self._runner.run(
            self._depositing.deposer(code_interface, fichier, nom, progression, force=forcer)
        )

    def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux, given as such or by its identifier.

        Raises:
            ConfigurationError: that is no identifier.
            RequeteRefuseeError: the platform does not know it, among other reasons.
            AuthentificationError, IndisponibleError, ReponseError: as their names say.
        """
        return self._runner.run(self._following.consulter(flux))

    def attendre(
        self,
        flux: Flux | str,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        observateur: Observer | None = None,
    ) -> StatutFlux:
        """Follow a flux until its status is final, looking less and less often.

        Args:
            flux: the flux, or its identifier.
            timeout: how long to wait, in seconds; 0 looks once.
            observateur: told every status that is read.

        Raises:
            DelaiDepasse: it is not final in time.
            DepotFluxError: as `consulter`.
        """
        return self._runner.run(self._following.attendre(flux, timeout, observateur))

    def sante(self) -> bool:
        """Whether the platform says that it works.

        Raises:
            IndisponibleError: it cannot be reached.
            AuthentificationError: it does not let this account ask.
        """
        return self._runner.run(self._following.sante())

    def deposer_lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        redeposer_irrecevables: bool = False,
        progression: Progression | None = None,
    ) -> list[ResultatFichier]:
        """Deposit many files in as few flux as the limits allow, and follow them.

        Run again after an interruption, it deposits what was not yet and follows the rest.

        Args:
            code_interface: of all the files.
            fichiers: their paths.
            timeout: how long to follow them, in seconds; 0 looks once.
            simultanes: deposits at the same time.
            redeposer_irrecevables: whether files of a flux that was found irrecevable go again.
            progression: told how many files are settled, of how many.

        Returns:
            One result for each file, in the order of their paths.

        Raises:
            ConfigurationError: the interface code or the application code is missing or malformed.
            LivreError: the receipt book cannot be written.
        """
        return self._runner.run(
            self._batch(
                code_interface,
                fichiers,
                simultanes,
                timeout,
                progression,
                redeposer_irrecevables=redeposer_irrecevables,
            )
        )

    def close(self) -> None:
        """Close connections and receipt book."""
        self._http.close()
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncDepotFlux(_Common):
    """`DepotFlux` for asynchronous programs; the same methods, awaited. Use it with `async with`.

    Args:
        configuration: where and as whom; else give its fields as keyword arguments.
        transport: how requests travel, tokens among them; httpx's own by default. It may be shared,
            and stays open.

    Raises:
        ConfigurationError: a setting is missing or wrong.
        LivreError: the receipt book cannot be opened.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(configuration or Configuration(**settings))
        with _connecting():
            self._http = AsyncHttpClient(
                base_url=self.configuration.base_url,
                auth=self._access(async_transport=transport),
                timeout=_TIMEOUT,
                transport=transport and AsyncLent(transport),
                trust_env=uses_proxies(self.configuration.base_url),
            )
        self._runner = AsyncRunner(self._generated.set_async_httpx_client(self._http), self._clock)

    @classmethod
    def from_env(cls, profil: str | None = None) -> Self:
        """A client from environment variables and profiles; see `Configuration.from_env`."""
        return cls(Configuration.from_env(profil))

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
            self._depositing.deposer(code_interface, fichier, nom, progression, force=forcer)
        )

    async def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        return await self._runner.run(self._following.consulter(flux))

    async def attendre(
        self,
        flux: Flux | str,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        observateur: Observer | None = None,
    ) -> StatutFlux:
        """Follow a flux until its status is final; see `DepotFlux.attendre`."""
        return await self._runner.run(self._following.attendre(flux, timeout, observateur))

    async def sante(self) -> bool:
        """Whether the platform says that it works; see `DepotFlux.sante`."""
        return await self._runner.run(self._following.sante())

    async def deposer_lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        redeposer_irrecevables: bool = False,
        progression: Progression | None = None,
    ) -> list[ResultatFichier]:
        """Deposit many files in as few flux as possible; see `DepotFlux.deposer_lot`."""
        return await self._runner.run(
            self._batch(
                code_interface,
                fichiers,
                simultanes,
                timeout,
                progression,
                redeposer_irrecevables=redeposer_irrecevables,
            )
        )

    async def close(self) -> None:
        """Close connections and receipt book."""
        await self._http.aclose()
        self._book.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
