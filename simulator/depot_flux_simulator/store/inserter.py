"""Rows that are added, by many callers, to an SQLite file.

Every deposit is one, or two with its bytes. SQLAlchemy's own execution takes three times as long as
SQLite, and each transaction writes the same pages again: what waits for its turn meanwhile goes in
one, row beside row in one statement, by a thread that does nothing else.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.store import turns
from depot_flux_simulator.store.errors import ConflictError, StoreUnreachableError, UncertainError
from depot_flux_simulator.store.failures import failure, own_errors

# SQLite takes a thousand values in a statement wherever it runs.
_ROWS_OF_A_STATEMENT = 32
_IDLE_SECONDS = 2.0


@dataclass(slots=True, eq=False)
class _Entry:
    """Rows that somebody waits for.

    Attributes:
        rows: the statement that adds each, with the values of its columns in their order.
        pause: of whoever waits, over once they are written for good, or never will be.
        error: why they are not.
    """

    rows: Sequence[tuple[str, Sequence[Any]]]
    pause: turns.Pause
    error: Exception | None = None


class Inserter:
    """Adds rows to tables.

    Args:
        engine: gives connections to an SQLite file.
        writing: what is entered while nobody else writes to it.
        deadline: seconds that a caller waits for others that write.
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
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._connection: Any = None

    def insert(self, rows: Iterable[tuple[sa.Table, Mapping[str, Any]]]) -> None:
        """Add rows for good, all of them or none.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails before, and nothing is written.
        """
        entry = _Entry([self._row(table, row) for table, row in rows], turns.pause())
        self._queue(entry)
        if not entry.pause.wait(self._deadline):
            self._give_up(entry)
            entry.pause.wait()  # they are being written, by somebody who has a deadline
        if entry.error is not None:
            raise entry.error

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _row(self, table: sa.Table, row: Mapping[str, Any]) -> tuple[str, list[Any]]:
        key = (table.name, *row)
        known = self._statements.get(key)
        if known is None:
            compiled: Any = table.insert().compile(self._engine, column_keys=list(row))
            known = self._statements[key] = (compiled.string, compiled.positiontup)
        sql, order = known
        return sql, [row[name] for name in order]

    def _queue(self, entry: _Entry) -> None:
        with self._queueing:
            self._waiting.append(entry)
            if len(self._waiting) > 1:
                return  # the writer is asked already
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._serve, name="rows", daemon=True)
                self._writer.start()
        if entry.pause.loop is None:
            self._asked.put(None)
        else:
            # Whoever else is ready comes first, and goes along.
            entry.pause.loop.call_soon(self._asked.put, None)

    def _give_up(self, entry: _Entry) -> None:
        with self._queueing:
            if entry in self._waiting:
                self._waiting.remove(entry)
                raise StoreUnreachableError(f"others write for {self._deadline:g} s")

    def _serve(self) -> None:
        """Write what waits whenever it is asked, until nothing has come for a while."""
        while True:
            try:
                self._asked.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._queueing:
                    if not self._waiting:
                        self._writer = None
                        return
            self._write()

    def _write(self) -> None:
        """Write the rows of all that wait, and let them go on."""
        if not self._waiting:
            return  # what it was asked for was given up, or went with what came before
        entries: list[_Entry] = []
        try:
            with own_errors(), self._writing():
                # Not before: as long as other processes write, more may come.
                entries = self._taken()
                self._add(entries)
        except Exception as error:  # noqa: BLE001 (raised again by whoever waits for the rows)
            if not entries:
                entries = self._taken()
                for entry in entries:
                    entry.error = error
        turns.end(entry.pause for entry in entries)

    def _taken(self) -> list[_Entry]:
        with self._queueing:
            entries, self._waiting = self._waiting, []
        return entries

    def _add(self, entries: list[_Entry]) -> None:
        """Add rows, and say of each why it is not there: one takes no other with it."""
        try:
            with own_errors():
                self._commit(entries)
        except ConflictError as error:
            if len(entries) == 1:
                entries[0].error = error
                return
            for entry in entries:
                self._add([entry])
        except Exception as error:  # noqa: BLE001 (the same)
            for entry in entries:
                entry.error = error

    def _commit(self, entries: list[_Entry]) -> None:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        connection: sqlite3.Connection = self._connection.dbapi_connection
        try:
            for sql, rows in _by_statement(entries):
                more = f", ({', '.join('?' * len(rows[0]))})" * (len(rows) - 1)
                connection.execute(sql + more, [value for row in rows for value in row])
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


def _by_statement(entries: list[_Entry]) -> Iterator[tuple[str, list[Sequence[Any]]]]:
    """The rows that one statement each adds; those of a table in the order they came."""
    found: dict[str, list[Sequence[Any]]] = {}
    for entry in entries:
        for sql, row in entry.rows:
            found.setdefault(sql, []).append(row)
    for sql, rows in found.items():
        for start in range(0, len(rows), _ROWS_OF_A_STATEMENT):
            yield sql, rows[start : start + _ROWS_OF_A_STATEMENT]
