"""The two clients: the same methods, in the calling thread or in an event loop."""

from collections.abc import Iterable
from os import PathLike
from types import TracebackType
from typing import Self, TypedDict, Unpack

import httpx

from depot_flux import _contrat
from depot_flux._acces import COMPTE, Jeton, compte_technique
from depot_flux._etapes import Etapes, Executant, ExecutantAsync
from depot_flux._lot import Avancement, Lot
from depot_flux._operations import Observateur, Operations
from depot_flux._reprises import AsyncClientHttp, ClientHttp
from depot_flux.configuration import Configuration
from depot_flux.modeles import Fichier, Flux, Progression, ResultatFichier, StatutFlux
from depot_flux.recus import Livre

DELAI = 600.0
SIMULTANES = 4
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Reglages(TypedDict, total=False):
    """Keyword arguments of the clients; see `Configuration` for what each means."""

    base_url: str
    client_id: str
    client_secret: str
    login: str
    mot_de_passe: str
    token_url: str
    code_application: str
    recus: str


class _Commun:
    """What both clients are made of."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.livre = Livre(configuration.livre, configuration.plateforme)
        self._compte = compte_technique(configuration.login, configuration.mot_de_passe)
        self._operations = Operations(self.livre, self._compte)
        self._generated = _contrat.client(configuration.base_url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.configuration.plateforme!r})"

    def _access(
        self,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
    ) -> Jeton:
        own = self.configuration
        return Jeton(
            own.adresse_jeton,
            own.client_id,
            own.client_secret,
            transport=transport,
            async_transport=async_transport,
        )

    def _headers(self) -> dict[str, str]:
        return {COMPTE: self._compte}

    def _lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        simultanes: int,
        timeout: float,
        avancement: Avancement | None,
        *,
        redeposer_irrecevables: bool,
    ) -> Etapes[list[ResultatFichier]]:
        lot = Lot(
            self._operations,
            code_interface,
            self.configuration.code_application,
            simultanes,
            avancement,
        )
        return lot.deposer(fichiers, timeout, redeposer_irrecevables=redeposer_irrecevables)


class DepotFlux(_Commun):
    """Deposit flux and follow them. May be shared by threads; use it with `with`.

    Args:
        configuration: where and as whom; else give its fields as keyword arguments.
        transport: how requests travel, for tests without a socket; httpx's own by default.

    Raises:
        ConfigurationError: a setting is missing or wrong.
        LivreError: the receipt book cannot be opened.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        **reglages: Unpack[Reglages],
    ) -> None:
        super().__init__(configuration or Configuration(**reglages))
        self._http = ClientHttp(
            base_url=self.configuration.base_url,
            headers=self._headers(),
            auth=self._access(transport),
            timeout=_TIMEOUT,
            transport=transport,
        )
        self._executant = Executant(self._generated.set_httpx_client(self._http))

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
            forcer: deposit it even if the receipt book knows it.
            progression: told how many bytes were read of how many.

        Raises:
            FichierError: the file cannot be read.
            AuthentificationError: token or technical account were refused.
            RequeteRefuseeError: the platform refused the deposit.
            IndisponibleError: the platform cannot be reached; the file was not deposited.
            DepotIncertain: nobody knows whether the platform has it; do not send it again blindly.
        """
        return self._executant.executer(
            self._operations.deposer(code_interface, fichier, nom, progression, forcer=forcer)
        )

    def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux, given as such or by its identifier.

        Raises:
            RequeteRefuseeError: the platform does not know it, among other reasons.
            AuthentificationError, IndisponibleError, ReponseError: as their names say.
        """
        return self._executant.executer(self._operations.consulter(flux))

    def attendre(
        self,
        flux: Flux | str,
        timeout: float = DELAI,
        *,
        observateur: Observateur | None = None,
    ) -> StatutFlux:
        """Follow a flux until its status is final, looking less and less often.

        Args:
            flux: the flux, or its identifier.
            timeout: how long to wait, in seconds.
            observateur: told every status that is read.

        Raises:
            DelaiDepasse: it is not final in time.
            DepotFluxError: as `consulter`.
        """
        return self._executant.executer(self._operations.attendre(flux, timeout, observateur))

    def sante(self) -> bool:
        """Whether the platform says that it works.

        Raises:
            IndisponibleError: it cannot be reached.
            AuthentificationError: it does not let this account ask.
        """
        return self._executant.executer(self._operations.sante())

    def deposer_lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DELAI,
        simultanes: int = SIMULTANES,
        redeposer_irrecevables: bool = False,
        avancement: Avancement | None = None,
    ) -> list[ResultatFichier]:
        """Deposit many files in as few flux as the limits allow, and follow them.

        Run again after an interruption, it deposits what was not yet and follows the rest.

        Args:
            code_interface: of all the files.
            fichiers: their paths.
            timeout: how long to follow them, in seconds; 0 looks once.
            simultanes: deposits at the same time.
            redeposer_irrecevables: whether files of a flux that was found irrecevable go again.
            avancement: told how many files are settled, of how many.

        Returns:
            One result for each file, in the order of their paths.

        Raises:
            ConfigurationError: the interface code or the application code is missing or malformed.
            LivreError: the receipt book cannot be written.
        """
        return self._executant.executer(
            self._lot(
                code_interface,
                fichiers,
                simultanes,
                timeout,
                avancement,
                redeposer_irrecevables=redeposer_irrecevables,
            )
        )

    def close(self) -> None:
        """Close connections and receipt book."""
        self._http.close()
        self.livre.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncDepotFlux(_Commun):
    """`DepotFlux` for asynchronous programs; the same methods, awaited. Use it with `async with`.

    Args:
        configuration: where and as whom; else give its fields as keyword arguments.
        transport: how requests travel, for tests without a socket; httpx's own by default.

    Raises:
        ConfigurationError: a setting is missing or wrong.
        LivreError: the receipt book cannot be opened.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **reglages: Unpack[Reglages],
    ) -> None:
        super().__init__(configuration or Configuration(**reglages))
        self._http = AsyncClientHttp(
            base_url=self.configuration.base_url,
            headers=self._headers(),
            auth=self._access(async_transport=transport),
            timeout=_TIMEOUT,
            transport=transport,
        )
        self._executant = ExecutantAsync(self._generated.set_async_httpx_client(self._http))

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
        return await self._executant.executer(
            self._operations.deposer(code_interface, fichier, nom, progression, forcer=forcer)
        )

    async def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        return await self._executant.executer(self._operations.consulter(flux))

    async def attendre(
        self,
        flux: Flux | str,
        timeout: float = DELAI,
        *,
        observateur: Observateur | None = None,
    ) -> StatutFlux:
        """Follow a flux until its status is final; see `DepotFlux.attendre`."""
        return await self._executant.executer(self._operations.attendre(flux, timeout, observateur))

    async def sante(self) -> bool:
        """Whether the platform says that it works; see `DepotFlux.sante`."""
        return await self._executant.executer(self._operations.sante())

    async def deposer_lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DELAI,
        simultanes: int = SIMULTANES,
        redeposer_irrecevables: bool = False,
        avancement: Avancement | None = None,
    ) -> list[ResultatFichier]:
        """Deposit many files in as few flux as possible; see `DepotFlux.deposer_lot`."""
        return await self._executant.executer(
            self._lot(
                code_interface,
                fichiers,
                simultanes,
                timeout,
                avancement,
                redeposer_irrecevables=redeposer_irrecevables,
            )
        )

    async def close(self) -> None:
        """Close connections and receipt book."""
        await self._http.aclose()
        self.livre.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
