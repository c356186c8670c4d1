"""What both clients are made of, and what the sessions of one client share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from typing import Any, Generic, TypeVar

from depot_flux import _contract
from depot_flux._book import VERSION, BookFile
from depot_flux._contract import Said
from depot_flux._events import Events
from depot_flux._forks import ProcessLock
from depot_flux._http.access import ACCOUNT_HEADER, TokenAuth, technical_account
from depot_flux._http.connections import AsyncPool, Pool, headers_of
from depot_flux._programs.clock import Clock
from depot_flux._programs.deposit import Depositing
from depot_flux._programs.follow import Following
from depot_flux._programs.lots import Lot, Lots
from depot_flux._programs.steps import Steps
from depot_flux.configuration import Configuration
from depot_flux.exceptions import ConfigurationError
from depot_flux.livre import Livre, book_of
from depot_flux.models import Etape, Progression, ResultatFichier

DEFAULT_TIMEOUT = 600.0
DEFAULT_CONCURRENCY = 4
# What a session for another account may have of its own; all else is the client's.
_OF_A_SESSION = {
    "base_url", "token_url", "client_id", "client_secret", "login", "mot_de_passe",
    "code_application", "plateforme", "complements", "headers", "user_agent", "origines",
}  # fmt: skip

AnyPool = TypeVar("AnyPool", Pool, AsyncPool)


@dataclass(slots=True)
class Shared(Generic[AnyPool]):
    """What the sessions of one client share.

    Attributes:
        pool: the connections.
        named: whether requests name the program.
        events: what is told of all that happens.
        file: the receipt book.
        clock: what they wait by.
    """

    pool: AnyPool
    named: bool
    events: Events
    file: BookFile
    clock: Clock = field(default_factory=Clock)
    _tokens: dict[tuple[str, ...], TokenAuth] = field(default_factory=dict, repr=False)
    _lock: ProcessLock = field(default_factory=ProcessLock, repr=False)

    def tell_migration(self) -> None:
        """Say that an older receipt book was brought up to date, if it was."""
        if self.file.before is not None:
            self.events.tell("migration", avant=self.file.before, version=VERSION)

    def tokens(self, own: Configuration, **line: Any) -> TokenAuth:
        """The tokens of an application, of which it has one at a time.

        Args:
            own: the settings of a session.
            line: how they are asked for, as `TokenAuth` is told.
        """
        application = (own.token_address, own.client_id, own.client_secret)
        account = technical_account(own.login, own.mot_de_passe)
        with self._lock:
            if application not in self._tokens:
                self._tokens[application] = TokenAuth(*application, account, **line)
            return self._tokens[application]


class Common(Generic[AnyPool]):
    """A session of one account.

    Args:
        configuration: where and as whom.
        shared: what it shares with other sessions.
    """

    def __init__(self, configuration: Configuration, shared: Shared[AnyPool]) -> None:
        own = configuration
        self.configuration = own
        self._shared: Shared[AnyPool] = shared
        self._clock = shared.clock
        self._book = book_of(own, shared.file)
        self.livre = Livre(self._book)
        credentials = technical_account(own.login, own.mot_de_passe)
        # A contract may make parameters of the access headers; the token is put in on the way.
        access = {ACCOUNT_HEADER: credentials, "authorization": "Bearer"}
        self._said = said = Said(access, own.complements)
        # As much of an httpx client as the generated one calls is put in by each kind of client.
        self._generated = client = _contract.client(own.base_url)
        self._depositing = Depositing(self._book, client, said, shared.events)
        self._following = Following(self._book, client, said, shared.clock, shared.events)
        self._said_headers = headers_of(own, named=shared.named)

    def __repr__(self) -> str:
        configuration = getattr(self, "configuration", None)  # none when it could not be made
        shown = configuration and f"{configuration.base_url} {configuration.client_id}"
        return f"{type(self).__name__}({shown!r})"

    def _access_headers(self) -> dict[str, str]:
        own = self.configuration
        credentials = technical_account(own.login, own.mot_de_passe)
        return {**self._said_headers, ACCOUNT_HEADER: credentials}

    def _diagnostic(self) -> Steps[list[Etape]]:
        from depot_flux._programs.diagnose import (  # noqa: PLC0415 (most programs need it never)
            Diagnosing,
        )

        own = self.configuration
        client, book, following = self._generated, self._book, self._following
        return Diagnosing(own, client, self._said, book, following).run()

    def _lot(
        self,
        code_interface: str,
        fichiers: Iterable[str | PathLike[str]],
        progression: Progression | None = None,
        *,
        whole: bool = False,
    ) -> Lot:
        own = self.configuration
        return Lot(
            self._depositing,
            self._following,
            code_interface,
            own.code_application,
            own.login,
            fichiers,
            whole=whole,
            progression=progression,
        )

    def _all_at_once(
        self,
        lot: Lot,
        timeout: float,
        simultanes: int,
        par_heure: int | None,
        *,
        redeposit: bool,
    ) -> Steps[None]:
        lot.batch()  # what is wrong with its codes is an error, not a result
        return self._lots([lot], timeout, simultanes, par_heure, redeposit=redeposit)

    def _lots(
        self,
        lots: Iterable[Lot],
        timeout: float,
        simultanes: int,
        par_heure: int | None,
        *,
        redeposit: bool,
    ) -> Steps[None]:
        return Lots(lots, self._clock, timeout, simultanes, par_heure, redeposit=redeposit).run()


def by_path(result: ResultatFichier) -> str:
    """What results of a batch are ordered by."""
    return result.chemin


def session_of(
    client: Configuration, configuration: Configuration | None, settings: dict[str, Any]
) -> Configuration:
    """The settings of a session.

    Args:
        client: those of the client.
        configuration: those of the session, as such.
        settings: what is to be other than there, or than the client's.

    Raises:
        ConfigurationError: some cannot be other than the client's.
    """
    own = replace(configuration or client, **settings)
    other = [
        each.name
        for each in fields(own)
        if each.name not in _OF_A_SESSION and getattr(own, each.name) != getattr(client, each.name)
    ]
    if other:
        raise ConfigurationError(
            f"{', '.join(other)}: cannot be other than the client's in a session, which shares its "
            "book and its connections; make a client of its own"
        )
    return own


@contextmanager
def connecting() -> Iterator[None]:
    """What the environment says of proxies and certificates may be wrong."""
    try:
        yield
    except (ImportError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"no connection can be set up: {error}; check the environment variables for proxies "
            "and certificates"
        ) from None
