"""The database itself: how it is opened, read and written, and what its errors become."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import private
from depot_flux_simulator.store.errors import (
    ConflictError,
    StoreError,
    StoreFullError,
    StoreUnreachableError,
    UncertainError,
)
from depot_flux_simulator.store.lock import BusyError, WriteLock

DEADLINE_SECONDS = 5.0
"""How long a caller waits for others that write, before it is told to come back later."""

_FULL = re.compile(r"disk is full|no space left", re.IGNORECASE)
# What SQLite itself puts beside its file.
_BESIDE = ("-wal", "-shm", "-journal")
# All between a colon and the last @: passwords hold anything. And what a parameter may hold.
_PASSWORD = re.compile(r":(?!//).*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&][^=&]*(?:pass|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


class Database:
    """A database that threads and processes share.

    Args:
        url: SQLAlchemy URL.
        lock: file that writers hold while they write.
        durable: whether what is committed survives a power cut, and not only every process.

    Raises:
        ConfigurationError: its file is a link, or another user's.
        StoreError: it cannot be opened.
        ImportError: the driver that the URL names is not installed.
        OSError: the file cannot be made.
    """

    def __init__(self, url: str, lock: Path, *, durable: bool = False) -> None:
        path = sqlite_path(url)
        if path is not None:
            private.file(path)
            for suffix in _BESIDE:
                private.check(path.with_name(path.name + suffix))
        with _own_errors():
            self.engine = _engine(url, durable=durable)
        self._lock = WriteLock(lock, DEADLINE_SECONDS)
        if path is not None:
            with _own_errors(), self._lock():
                _write_ahead(path)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by.

        Raises:
            StoreError: the database fails while entered.
        """
        with _own_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed when it is left, while nobody else writes.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails before, and nothing is written.
        """
        with _own_errors(), self._lock(), self.engine.connect() as connection:
            yield connection
            try:
                connection.commit()
            except SQLAlchemyError as error:
                raise UncertainError(_reason(error)) from error

    def close(self) -> None:
        """Give every connection back."""
        self._lock.close()
        self.engine.dispose()


class Reader:
    """Runs one statement that finds at most one row, again and again, from many threads.

    Every consultation is this statement. Each thread keeps a connection of its own and hands the
    driver the text compiled once: a fifth of the time of SQLAlchemy's own execution.
    """

    def __init__(self, database: Database, statement: sa.Select[Any]) -> None:
        self._engine = database.engine
        compiled: Any = statement.compile(self._engine)
        self._sql: str = compiled.string
        self._order: list[str] | None = compiled.positiontup
        # The driver is asked without SQLAlchemy between, which would wrap its errors.
        self._failure: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        self._local = threading.local()
        self._connections: list[sa.Connection] = []

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any.

        Raises:
            StoreError: the database fails.
        """
        parameters = [values[name] for name in self._order] if self._order else values
        try:
            cursor = self._connection().cursor()
            try:
                cursor.execute(self._sql, parameters)
                row: tuple[Any, ...] | None = cursor.fetchone()
            finally:
                cursor.close()
        except self._failure as error:
            self._local.connection = None  # the next call opens another
            raise StoreUnreachableError(str(error)) from error
        return row

    def close(self) -> None:
        """Close the connection of every thread."""
        for connection in self._connections:
            connection.close()

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            with _own_errors():
                opened = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connections.append(opened)
            self._local.connection = connection = opened.connection.dbapi_connection
        return connection


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL, None for another database.

    Raises:
        ConfigurationError: the URL is malformed, names an SQLite database in memory, which
            several processes cannot share, or a kind of database that was never tried.
    """
    try:
        made = sa.make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            f"database {shown(url)!r} is no URL; write for instance sqlite:///flux.db"
        ) from error
    if made.get_backend_name() == "postgresql":
        return None
    if made.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"database {shown(url)}: the store is SQLite or PostgreSQL; write for instance "
            "sqlite:///flux.db"
        )
    if not made.database or made.database == ":memory:":
        raise ConfigurationError(
            f"database {shown(url)!r} lives in memory, which processes cannot share; name a file"
        )
    if made.database.startswith("file:"):
        raise ConfigurationError(
            f"database {shown(url)!r}: name the file by its path, for instance sqlite:///flux.db"
        )
    return Path(made.database).absolute()


def shown(url: str) -> str:
    """A URL as anybody may read it: without password."""
    return _PASSWORD.sub(":***@", _PARAMETER.sub(r"\1***", url))


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except (BusyError, sqlite3.Error) as error:  # the second when a connection is made
        raise StoreUnreachableError(str(error)) from error
    except IntegrityError as error:
        raise ConflictError(_reason(error)) from error
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        reason = _reason(error)
        kind = StoreFullError if _FULL.search(reason) else StoreUnreachableError
        raise kind(reason) from error
    except SQLAlchemyError as error:
        raise StoreError(_reason(error)) from error


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)


def _write_ahead(path: Path) -> None:
    """Have readers never wait for a writer; the file remembers it.

    To be called while nobody else writes: no patience helps one who changes this.
    """
    with closing(sqlite3.connect(path, timeout=DEADLINE_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _engine(url: str, *, durable: bool) -> sa.Engine:
    # One connection more for each thread that reads: see Reader.
    engine = sa.create_engine(url, max_overflow=-1)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            # NORMAL writes through to the system at every commit: a killed process loses nothing,
            # a power cut may lose the last commits but never tears the file. FULL waits for the
            # disk at every commit.
            connection.execute(f"PRAGMA busy_timeout = {round(DEADLINE_SECONDS * 1_000)}")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            # Only checkpoints wait for the disk: one in 40 MB of changes, not one in 4, doubles
            # the throughput of deposits.
            connection.execute("PRAGMA wal_autocheckpoint = 10000")

    return engine
