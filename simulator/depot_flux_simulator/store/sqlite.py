"""The store in an SQLite file: for one server, whose processes share it."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.store import private, tables
from depot_flux_simulator.store.errors import (
    ConflictError,
    StoreUnreachableError,
)
from depot_flux_simulator.store.failures import failure, failure_at_commit, own_errors
from depot_flux_simulator.store.inserter import Addition, Inserter, Statements
from depot_flux_simulator.store.lock import WriteLock
from depot_flux_simulator.store.same_file import SameFile

# What SQLite itself puts beside its file.
_BESIDE = ("-wal", "-shm", "-journal")
# A deposit changes a few bytes in each of a dozen pages, and every commit writes them whole. Of
# half the usual size they make a tenth more deposits; of a quarter, larger flux take longer.
_PAGE_BYTES = 2_048
# Only checkpoints wait for the disk: one in 40 MB of changes, not one in 4, doubles the throughput
# of deposits. One in 160 MB would add some percent, and fill a small disk with what could lie in
# the file.
_LOG_BYTES = 40_000_000
_VALUES_OF_A_STATEMENT = 999


class Sqlite:
    """One file; see `database.Backend`.

    Args:
        path: the file; made if need be.
        lock: file that writers hold while they write.
        deadline: seconds that a caller waits for others that write.
        durable: whether what is committed survives a power cut, and not only every process.

    Raises:
        ConfigurationError: the file is a link, or another user's.
        StoreError: it cannot be opened.
        OSError: it cannot be made.
    """

    schemas: tuple[sa.MetaData, ...] = (tables.metadata,)

    def __init__(self, path: Path, lock: Path, deadline: float, *, durable: bool) -> None:
        private.file(path)
        for suffix in _BESIDE:
            private.check(path.with_name(path.name + suffix))
        self._deadline = deadline
        self._lock = WriteLock(lock, deadline)
        with own_errors():
            with self._lock():
                page = _laid_out(path, deadline)
            self._file = SameFile(path)
            self.reads = self.engine = _engine(
                path, deadline, page, self._file.check, durable=durable
            )

    def writing(self) -> AbstractContextManager[None]:
        """Nobody else writes meanwhile."""
        return self._lock()

    def alone(self, _connection: sa.Connection, _subject: str) -> None:
        """Whoever writes is alone already."""

    def settle(self, _table: sa.Table, _row: dict[str, Any], _began: float) -> None:
        """A commit that failed is over."""

    def begin_alone(self, connection: sa.Connection) -> None:
        """By itself Python's driver commits each statement that makes a table."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def fault(self, _connection: sa.Connection) -> None:
        """None: whoever has the file may do everything with it."""

    def is_read_only(self, _connection: sa.Connection) -> bool:
        """Likewise."""
        return False

    def now(self) -> int:
        """The machine's time, in milliseconds."""
        return machine_time()

    def which(self, _connection: sa.Connection) -> str:
        """A file may be moved; see `owner` for copies."""
        return ""

    def truncate(self, connection: sa.Connection, emptied: list[sa.Table]) -> None:
        """Empty tables, what hangs on a row before the row itself; bytes go by themselves."""
        for table in emptied:
            if table is not tables.octets:
                connection.execute(table.delete())

    def reader(self, statement: sa.Select[Any]) -> "Reader":
        """What runs one statement again and again."""
        return Reader(self.engine, statement)

    def inserter(self) -> Inserter:
        """What adds rows together."""
        return Inserter(Adder(self.engine, self._file.check), self.writing, self._deadline)

    def close(self) -> None:
        """Give every connection back."""
        self._lock.close()
        self.engine.dispose()
        self._file.close()


class Reader:
    """Runs one statement that finds at most one row, again and again, from many threads.

    Every consultation is this statement. Each thread keeps a connection of its own and hands the
    driver the text compiled once: a fifth of the time of SQLAlchemy's own execution.
    """

    def __init__(self, engine: sa.Engine, statement: sa.Select[Any]) -> None:
        self._engine = engine
        compiled: Any = statement.compile(self._engine)
        self._sql: str = compiled.string
        self._order: list[str] = compiled.positiontup
        self._local = threading.local()
        self._connections: list[sa.Connection] = []

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any.

        Raises:
            StoreError: the database fails.
        """
        parameters = [values[name] for name in self._order]
        try:
            cursor = self._connection().cursor()
            try:
                cursor.execute(self._sql, parameters)
                row: tuple[Any, ...] | None = cursor.fetchone()
            finally:
                cursor.close()
        except sqlite3.Error as error:
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
            with own_errors():
                opened = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connections.append(opened)
            self._local.connection = connection = opened.connection.dbapi_connection
        return connection


class Adder:
    """Adds rows to an SQLite file, for one thread.

    SQLAlchemy's own execution takes three times as long as SQLite.

    Args:
        engine: gives connections.
        check: sees that the file still is what it was.
    """

    def __init__(self, engine: sa.Engine, check: Callable[[], None]) -> None:
        self._engine = engine
        self._check = check
        self._statements = Statements(engine.dialect, "?", _VALUES_OF_A_STATEMENT)
        self._connection: Any = None

    def add(self, rows: Sequence[Addition]) -> None:
        """Add rows for good, all of them or none; errors as for `inserter.Adder`."""
        self._check()
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        connection: sqlite3.Connection = self._connection.dbapi_connection
        try:
            for sql, values in self._statements.adding(rows):
                connection.execute(sql, values)
        except sqlite3.IntegrityError as error:
            self._undo()
            raise ConflictError(str(error)) from error
        except sqlite3.Error as error:
            self._let_go()
            raise failure(str(error)) from error
        except Exception:
            self._undo()  # a value that SQLite does not take
            raise
        try:
            connection.commit()
        except sqlite3.Error as error:
            self._let_go()
            raise failure_at_commit(error) from error

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _undo(self) -> None:
        try:
            self._connection.dbapi_connection.rollback()
        except sqlite3.Error:
            self._let_go()

    def _let_go(self) -> None:
        """Take another connection for the next rows; what this one had begun is undone."""
        connection, self._connection = self._connection, None
        connection.invalidate()


def _laid_out(path: Path, deadline: float) -> int:
    """Have readers never wait for a writer, and pages be small; the file remembers both.

    To be called while nobody else writes: no patience helps one who changes this.

    Returns:
        The bytes of a page; a file that is not new keeps those it was made with.
    """
    with closing(sqlite3.connect(path, timeout=deadline)) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        page: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return page


def _engine(
    path: Path, deadline: float, page: int, check: Callable[[], None], *, durable: bool
) -> sa.Engine:
    # Where the file is gone, none is made; a path may hold what means something in an address.
    never_made = sa.URL.create(
        "sqlite", database=path.as_uri(), query={"mode": "rw", "uri": "true"}
    )
    # One connection more for each thread that reads: see Reader.
    engine = sa.create_engine(never_made, max_overflow=-1)

    @sa.event.listens_for(engine, "do_connect")
    @sa.event.listens_for(engine, "checkout")
    def _look(*_: Any) -> None:
        check()

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # NORMAL writes through to the system at every commit: a killed process loses nothing,
        # a power cut may lose the last commits but never tears the file. FULL waits for the
        # disk at every commit.
        connection.execute(f"PRAGMA busy_timeout = {round(deadline * 1_000)}")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_BYTES // page}")
        # Where SQLite is built to overwrite what is deleted, a reset writes the whole file anew:
        # 2.6 s of a processor for a million flux, rather than 0.3.
        connection.execute("PRAGMA secure_delete = OFF")

    return engine
