"""Rows that are added by many callers.

Every deposit is one, or two with its bytes. A transaction for each writes the same pages again, or
waits for the disk again: what waits for its turn meanwhile goes in one, by a thread that does
nothing else.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

from depot_flux_simulator.store import turns
from depot_flux_simulator.store.errors import StoreUnreachableError, UncertainError
from depot_flux_simulator.store.failures import own_errors

_IDLE_SECONDS = 2.0

Addition = tuple[sa.Table, Mapping[str, Any]]
"""A row, and the table it is added to."""


class Adder(Protocol):
    """Adds rows to a database."""

    def add(self, rows: Sequence[Addition]) -> None:
        """Add rows for good, all of them or none; those of a table in their order.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails before, and nothing is written.
        """
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...


@dataclass(slots=True, eq=False)
class _Entry:
    """Rows that somebody waits for.

    Attributes:
        rows: the rows.
        pause: of whoever waits, over once they are written for good, or never will be.
        error: why they are not.
        written: whether they are, for certain.
    """

    rows: Sequence[Addition]
    pause: turns.Pause
    error: Exception | None = None
    written: bool = False


class Inserter:
    """Adds rows to tables.

    Args:
        adder: what adds them.
        writing: what is entered while nobody else writes.
        deadline: seconds that a caller waits for others that write.
    """

    def __init__(
        self, adder: Adder, writing: Callable[[], AbstractContextManager[None]], deadline: float
    ) -> None:
        self._adder = adder
        self._writing = writing
        self._deadline = deadline
        self._queueing = threading.Lock()
        self._adding = threading.Lock()
        self._waiting: list[_Entry] = []
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._writer: threading.Thread | None = None

    def insert(self, rows: Sequence[Addition]) -> None:
        """Add rows for good, all of them or none.

        Raises:
            ConflictError: what may be there once only is there already.
            UncertainError: the database fails while it commits.
            StoreError: the database fails before, and nothing is written.
        """
        entry = _Entry(rows, turns.pause())
        self._queue(entry)
        if not entry.pause.wait(self._deadline):
            self._give_up(entry)
            entry.pause.wait()  # they are being written, by somebody who has a deadline
        error = entry.error
        if error is None and not entry.written:
            error = UncertainError("what writes broke off")
        if error is not None:
            try:
                raise error
            finally:
                del error, entry  # it knows where it was raised, and so what was there

    def close(self) -> None:
        """Give every connection back, once what is being written is."""
        with self._adding:
            self._adder.close()

    def _queue(self, entry: _Entry) -> None:
        with self._queueing:
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._serve, name="rows", daemon=True)
                self._writer.start()
            self._waiting.append(entry)
            if len(self._waiting) > 1:
                return  # the writer is asked already
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
        began = monotonic()
        try:
            with own_errors(), self._writing(), self._adding:
                # Not before: as long as other processes write, more may come.
                entries = self._taken()
                self._add(entries)
        except Exception as error:  # noqa: BLE001 (raised again by whoever waits for the rows)
            if not entries:
                entries = self._failing(error)
        turns.end(entry.pause for entry in entries)
        failed = entries[-1].error if entries else None
        if isinstance(failed, StoreUnreachableError) and monotonic() - began > self._deadline / 2:
            # Whoever waited as long as that is told so, too, rather than waiting once more.
            also = self._failing(StoreUnreachableError(str(failed)))
            turns.end(entry.pause for entry in also)

    def _failing(self, error: Exception) -> list[_Entry]:
        entries = self._taken()
        _fail(entries, error)
        return entries

    def _taken(self) -> list[_Entry]:
        with self._queueing:
            entries, self._waiting = self._waiting, []
        return entries

    def _add(self, entries: list[_Entry]) -> None:
        """Add rows, and say of each why it is not there: one takes no other with it."""
        try:
            with own_errors():
                self._adder.add([row for entry in entries for row in entry.rows])
        except Exception as error:  # noqa: BLE001 (the same)
            if len(entries) > 1 and not isinstance(error, StoreUnreachableError):
                self._add_each(entries)
            else:
                _fail(entries, error)
        else:
            for entry in entries:
                entry.written = True

    def _add_each(self, entries: list[_Entry]) -> None:
        """Add the rows of one after the other, as long as the database answers."""
        for number, entry in enumerate(entries, 1):
            self._add([entry])
            if isinstance(entry.error, StoreUnreachableError):
                _fail(entries[number:], StoreUnreachableError(str(entry.error)))
                return


def _fail(entries: list[_Entry], error: Exception) -> None:
    for entry in entries:
        with suppress(Exception):  # what cannot be copied leaves them as not written
            entry.error = copy(error)  # each is raised by itself


class Statements:
    """Statements that add rows, each as many as it takes.

    Args:
        dialect: of the database.
        placeholder: what stands for a value.
        values: how many one statement takes at least, wherever the database runs.
    """

    def __init__(self, dialect: sa.Dialect, placeholder: str, values: int) -> None:
        self._dialect = dialect
        self._placeholder = placeholder
        self._values = values
        # By a table and names of its columns: the text for one row, their order in it.
        self._known: dict[tuple[Any, ...], tuple[str, list[str]]] = {}

    def adding(self, rows: Iterable[Addition]) -> Iterator[tuple[str, list[Any]]]:
        """Those that add rows, with their values; the rows of a table in their order."""
        found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
        for table, row in rows:
            found.setdefault((table, *row), []).append(row)
        for key, some in found.items():
            sql, order = self._known.get(key) or self._new(*key)
            # SQLite keeps what a statement was last given, for each text of one.
            in_bytes = any(isinstance(value, bytes) for value in some[0].values())
            most = 1 if in_bytes else self._values // len(order)
            one_more = f", ({', '.join([self._placeholder] * len(order))})"
            for start in range(0, len(some), most):
                part = some[start : start + most]
                text = sql + one_more * (len(part) - 1)
                yield text, [row[name] for row in part for name in order]

    def _new(self, table: sa.Table, *columns: str) -> tuple[str, list[str]]:
        insert = table.insert().inline()
        compiled: Any = insert.compile(dialect=self._dialect, column_keys=columns)
        known = self._known[table, *columns] = compiled.string, compiled.positiontup
        return known
