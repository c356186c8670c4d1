"""The client for the calling thread."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from depot_flux._book import BookFile
from depot_flux._events import Events, span
from depot_flux._http.connections import Pool
from depot_flux._http.sessions import HttpSession, TokenLine
from depot_flux._programs.steps import Runner
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


class DepotFlux(Common[Pool]):
    """Deposit flux and follow them. May be shared by threads; use it with `with`.

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
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
        ssl_context: SSLContext | None = None,
        hooks: Sequence[Hook] = (),
        **settings: Unpack[Settings],
    ) -> None:
        own = configuration or Configuration(**settings)
        pool = Pool(own, transport, http_client, ssl_context)
        file = BookFile(own.chemin_livre)
        self._own = True
        shared = Shared(pool, http_client is None, Events(hooks), file)
        shared.tell_migration()
        self._open(own, shared)

    def _open(self, own: Configuration, shared: Shared[Pool]) -> None:
        super().__init__(own, shared)
        with connecting():
            self._http = shared.pool.to(own.base_url)
        line = TokenLine(shared.pool, self._said_headers, shared.events)
        tokens = shared.tokens(own, transport=line)
        session = HttpSession(shared.pool, own.base_url, tokens, self._access_headers())
        client: Any = session
        self._generated.set_httpx_client(client)
        self._runner = Runner(self._clock, shared.events, own.attempts)

    @classmethod
    def from_env(cls, profil: str | None = None) -> Self:
        """A client from environment variables and profiles; see `Configuration.from_env`."""
        return cls(Configuration.from_env(profil))

    def pour(
        self, configuration: Configuration | None = None, **settings: Unpack[Settings]
    ) -> Self:
        """A session of another account, on the same receipt book, connections and tokens.

        Each application has one token for all its accounts. Sessions are cheap; they end with the
        client that they come from, and need not be closed.

        Args:
            configuration: where and as whom; by default as this client.
            settings: what is other there, `login` and `mot_de_passe` for instance.

        Raises:
            ConfigurationError: a setting is wrong, or cannot be other than the client's.
        """
        own = session_of(self.configuration, configuration, dict(settings))
        session = type(self).__new__(type(self))
        session._own = False
        session._open(own, self._shared)
        return session

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
            self._depositing.deposer(code_interface, fichier, nom, progression, force=forcer),
            "deposer",
        )

    def consulter(self, flux: Flux | str) -> StatutFlux:
        """Read the status of a flux, given as such or by its identifier.

        Raises:
            ConfigurationError: that is no identifier.
            RequeteRefuseeError: the platform does not know it, among other reasons.
            AuthentificationError, IndisponibleError, ReponseError: as their names say.
        """
        return self._runner.run(self._following.consulter(flux), "consulter")

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
        return self._runner.run(self._following.attendre(flux, timeout, observateur), "attendre")

    def sante(self) -> bool:
        """Whether the platform says that it works.

        Raises:
            IndisponibleError: it cannot be reached.
            AuthentificationError: it does not let this account ask.
        """
        return self._runner.run(self._following.sante(), "sante")

    def diagnostic(self) -> list[Etape]:
        """Look at each thing that a deposit needs, in the order in which it needs them.

        Settings and where each comes from, names, TLS, clock, token, rights on the API, technical
        account, health, receipt book. Nothing is deposited.
        """
        return self._runner.run(self._diagnostic(), "diagnostic")

    def deposer_lot(
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
        """Deposit many files in as few flux as the limits allow, and follow them.

        Run again after an interruption, it deposits what was not yet and follows the rest.

        Args:
            code_interface: of all the files.
            fichiers: their paths.
            timeout: how long each flux is followed, in seconds; 0 looks once.
            simultanes: deposits and looks at the same time.
            par_heure: deposits in an hour, at most; by default as many as can be.
            redeposer_irrecevables: whether files of a flux that was found irrecevable go again.
            progression: told how many files are settled, of how many.

        Returns:
            One result for each file, in the order of their paths.

        Raises:
            ConfigurationError: the interface code or the application code is missing or malformed.
            LivreError: the receipt book cannot be written.
        """
        lot = self._lot(code_interface, list(fichiers), progression, whole=True)
        program = self._all_at_once(
            lot, timeout, simultanes, par_heure, redeposit=redeposer_irrecevables
        )
        with span("deposer_lot"):
            return sorted(self._runner.iterate(program), key=by_path)

    def deposer_au_fil(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        simultanes: int = DEFAULT_CONCURRENCY,
        par_heure: int | None = None,
        redeposer_irrecevables: bool = False,
    ) -> Iterator[ResultatFichier]:
        """Deposit many files as `deposer_lot` does, and give each result when it changes no more.

        Args:
            fichiers: their paths, from any iterator: it is read as there is room, some thousands at
                a time, and only these count as given together.

        Raises:
            ConfigurationError, LivreError: as `deposer_lot`, before or between the results.
        """
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
    ) -> Iterator[ResultatFichier]:
        """Deposit lots of many accounts, and give each result when it changes no more.

        An account that is refused costs its own files alone. Where the platform cannot be reached,
        or five accounts in a row are refused, no more deposits are made.

        Args:
            lots: for each account its session, an interface code and paths of files; taken from the
                iterator as there is room.

        Raises:
            LivreError: the receipt book cannot be written.
        """
        made = (session._lot(code, fichiers) for session, code, fichiers in lots)
        return self._runner.iterate(
            self._lots(made, timeout, simultanes, par_heure, redeposit=redeposer_irrecevables)
        )

    def close(self) -> None:
        """Close connections and receipt book, unless they are those of another client."""
        if self._own:
            self._shared.pool.close()
            self._shared.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
