"""The database itself: how it is opened, read and written."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store.failures import failure_at_commit, own_errors
from depot_flux_simulator.store.inserter import Inserter
from depot_flux_simulator.store.sqlite import Sqlite
from depot_flux_simulator.store.urls import postgresql_url, sqlite_path

DEADLINE_SECONDS = 5.0
"""How long a caller waits for others that write, before it is told to come back later."""


class Reader(Protocol):
    """Runs one statement that finds at most one row, again and again, from many threads."""

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any; a `StoreError` if it fails."""
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...


class Backend(Protocol):
    """What differs between the kinds of database.

    Attributes:
        engine: gives connections.
        reads: gives those that only read.
        schemas: the tables that are made in it.
    """

    engine: sa.Engine
    reads: sa.Engine
    schemas: tuple[sa.MetaData, ...]

    def writing(self) -> AbstractContextManager[None]:
        """What is entered around every transaction that writes."""
        ...

    def alone(self, connection: sa.Connection, subject: str) -> None:
        """Let no other transaction be alone with the same subject until this one ends."""
        ...

    def settle(self, table: sa.Table, row: dict[str, Any], began: float) -> None:
        """Wait until no commit that failed can still add a row.

        Args:
            table: where it may come.
            row: the row, or one that cannot be there beside it.
            began: when the wait of the caller began.

        Raises:
            StoreError: the database does not say so in time.
        """
        ...

    def begin_alone(self, connection: sa.Connection) -> None:
        """Begin a transaction that makes or changes tables, all or none, as long as it takes."""
        ...

    def fault(self, connection: sa.Connection) -> str | None:
        """Why the database cannot be used and what to do, None if it can."""
        ...

    def is_read_only(self, connection: sa.Connection) -> bool:
        """Whether nothing can be written to it, for the time being."""
        ...

    def now(self) -> Any:
        """The time that all who share the database agree on, in milliseconds: for statements."""
        ...

    def which(self, connection: sa.Connection) -> str:
        """Which database it is, told by what no copy of it has; "" where nothing tells."""
        ...

    def truncate(self, connection: sa.Connection, emptied: list[sa.Table]) -> None:
        """Empty tables, given in an order in which that can be done."""
        ...

    def reader(self, statement: sa.Select[Any]) -> Reader:
        """What runs one statement again and again."""
        ...

    def inserter(self) -> Inserter:
        """What adds rows together."""
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...


class Database:
    """A database that threads and processes share.

    Args:
        url: an SQLite file or PostgreSQL.
        lock: file that writers hold while they write to an SQLite file.
        durable: whether what is committed there survives a power cut, and not only every process.

    Attributes:
        backend: what depends on its kind.

    Raises:
        ConfigurationError: its file is a link, or another user's, or the driver is not installed.
        StoreError: it cannot be opened.
        OSError: the file cannot be made.
    """

    def __init__(self, url: str, lock: Path, *, durable: bool = False) -> None:
        self.backend = _backend(url, lock, durable=durable)
        self.engine = self.backend.engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by.

        Raises:
            StoreError: the database fails while entered.
        """
        with own_errors(), self.backend.reads.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed when it is left.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails otherwise, and nothing is written.
        """
        with own_errors(), self.backend.writing(), self.engine.connect() as connection:
            yield connection
            try:
                connection.commit()
            except SQLAlchemyError as error:
                raise failure_at_commit(error) from error

    def close(self) -> None:
        """Give every connection back."""
        self.backend.close()


def insert_once(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Add a row unless what may be there once only is there already; tell whether it was added."""
    done = connection.execute(
        _once(connection.dialect.name, table), row, execution_options={"preserve_rowcount": True}
    )
    return done.rowcount == 1


@cache
def _once(dialect: str, table: sa.Table) -> Any:
    # Only one of them is ever needed, and takes a while to load.
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return insert(table).on_conflict_do_nothing()


def _backend(url: str, lock: Path, *, durable: bool) -> Backend:
    path = sqlite_path(url)
    if path is not None:
        return Sqlite(path, lock, DEADLINE_SECONDS, durable=durable)
    try:
        from depot_flux_simulator.store.postgresql import Postgresql  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigurationError(
            "PostgreSQL needs an extra: pip install 'depot-flux-g2b[postgresql]'"
        ) from error
    return Postgresql(postgresql_url(url) or url, DEADLINE_SECONDS)
