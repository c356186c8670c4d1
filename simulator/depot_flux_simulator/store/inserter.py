"""Rows that are added, by many threads, to an SQLite file.

Every deposit is one, or two with its bytes. SQLAlchemy's own execution takes three times as long as
SQLite, and each transaction writes the same pages again: what waits for its turn meanwhile goes in
one.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.store.errors import ConflictError, StoreUnreachableError, UncertainError
from depot_flux_simulator.store.failures import failure, own_errors


@dataclass(slots=True, eq=False)
class _Entry:
    """Rows that somebody waits for.

    Attributes:
        statements: those that add them, with the values of their columns in its order.
        settled: whether they are written for good, or never will be.
        error: why they are not.
    """

    statements: Sequence[tuple[str, Sequence[Any]]]
    settled: bool = False
    error: Exception | None = None


class Inserter:
    """Adds rows to tables.

    Args:
        engine: gives connections to an SQLite file.
        writing: what is entered while nobody else writes to it.
        deadline: seconds that a caller waits for the others of its process.
    """

    def __init__(
        self,
        engine: sa.Engine,
        writing: Callable[[], AbstractContextManager[None]],
        deadline: float,
    ) -> None:
        self._engine = engine
        self._writing = writing
        self._deadline = deadline
        # By a table and names of its columns: the text of a statement, their order in it.
        self._statements: dict[tuple[str, ...], tuple[str, list[str]]] = {}
        self._queueing = threading.Lock()
        self._waiting: list[_Entry] = []
        self._turn = threading.Lock()
        self._connection: Any = None

    def insert(self, rows: Iterable[tuple[sa.Table, Mapping[str, Any]]]) -> None:
        """Add rows for good, all of them or none.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails before, and nothing is written.
        """
        entry = _Entry([self._statement(table, row) for table, row in rows])
        with self._queueing:
            self._waiting.append(entry)
        # Whoever has the turn writes what waits by then: most find their row written.
        if not self._turn.acquire(timeout=self._deadline):
            self._give_up(entry)
            self._turn.acquire()  # somebody is writing it, and has a deadline
        try:
            if not entry.settled:
                self._write()
        finally:
            self._turn.release()
        if entry.error is not None:
            raise entry.error

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _statement(self, table: sa.Table, row: Mapping[str, Any]) -> tuple[str, list[Any]]:
        key = (table.name, *row)
        known = self._statements.get(key)
        if known is None:
            compiled: Any = table.insert().compile(self._engine, column_keys=list(row))
            known = self._statements[key] = (compiled.string, compiled.positiontup)
        sql, order = known
        return sql, [row[name] for name in order]

    def _give_up(self, entry: _Entry) -> None:
        with self._queueing:
            if entry in self._waiting:
                self._waiting.remove(entry)
                raise StoreUnreachableError(f"others write for {self._deadline:g} s")

    def _write(self, alone: _Entry | None = None) -> None:
        """Write the rows of one caller or of all that wait, and say of each whether they are."""
        entries = [] if alone is None else [alone]
        try:
            with own_errors(), self._writing():
                # Not before: as long as other processes write, more may come.
                if alone is None:
                    with self._queueing:
                        entries, self._waiting = self._waiting, []
                self._commit(entries)
        except ConflictError as error:
            if len(entries) == 1:
                entries[0].error = error
            else:
                for entry in entries:
                    self._write(entry)
        except Exception as error:  # noqa: BLE001 (raised again by whoever waits for the row)
            if not entries:  # nobody else would answer those that wait
                with self._queueing:
                    entries, self._waiting = self._waiting, []
            for entry in entries:
                entry.error = error
        for entry in entries:
            entry.settled = True

    def _commit(self, entries: list[_Entry]) -> None:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        connection: sqlite3.Connection = self._connection.dbapi_connection
        try:
            for entry in entries:
                for sql, values in entry.statements:
                    connection.execute(sql, values)
        except sqlite3.IntegrityError as error:
            connection.rollback()
            raise ConflictError(str(error)) from error
        except sqlite3.Error as error:
            self._let_go()
            raise failure(str(error)) from error
        try:
            connection.commit()
        except sqlite3.Error as error:
            self._let_go()
            raise UncertainError(str(error)) from error

    def _let_go(self) -> None:
        """Take another connection for the next rows; what this one had begun is undone."""
        connection, self._connection = self._connection, None
        connection.invalidate()
