"""Lines that all servers on a database write and read: the last ones."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import StoreError

_GATHER_SECONDS = 0.02  # a transaction for each line takes longer than the call it tells of
GRACE_SECONDS = _GATHER_SECONDS + 0.03
"""How long whoever reads waits for lines of others that are on their way."""

_EVERY = 500  # lines after which the oldest are looked for
_AGAIN_SECONDS = 1.0
_AT_ONCE = 200

_log = logging.getLogger(__name__)


class SharedLines:
    """A table of lines; nobody waits until one is written.

    Args:
        database: where it lies.
        table: which one.
        kept: as many lines are kept at least, and read at most.
    """

    def __init__(self, database: Database, table: sa.Table, kept: int) -> None:
        self._database = database
        self._table = table
        # All lines of a time in one text: it is read by the database, a row for each by Python.
        lines = sa.func.string_to_array(sa.bindparam("lines", type_=table.c.ligne.type), "\n")
        epoch = sa.bindparam("epoch", type_=table.c.epoch.type)
        self._insert = table.insert().from_select(
            ["epoch", "ligne"], sa.select(epoch, sa.func.unnest(lines))
        )
        self._kept = kept
        # Where the database is away for long, the oldest are lost.
        self._waiting: deque[tuple[int, str]] = deque(maxlen=kept)
        self._some = threading.Event()
        self._writing = threading.Lock()
        self._writer: threading.Thread | None = None
        self._over = False
        self._written = 0

    def append(self, line: bytes, epoch: int) -> None:
        """Add a line, of a call that came after everything was cleared so many times."""
        self._waiting.append((epoch, line.decode()))
        if self._writer is None:
            self.open()
        self._some.set()

    def read(self, epoch: int) -> Iterator[list[Any]]:
        """The values of the last lines of that time, the first of them the line's number."""
        for pk, line in self.last(epoch):
            values = json.loads(line)
            values[0] = pk
            yield values

    def last(self, epoch: int) -> list[tuple[int, str]]:
        """Number and text of the last lines of that time, newest first."""
        self.flush()
        time.sleep(GRACE_SECONDS)
        columns = self._table.c
        query = sa.select(columns.pk, columns.ligne).where(columns.epoch == epoch)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(columns.pk.desc()).limit(self._kept))
            return [(row.pk, row.ligne) for row in rows]

    def mark(self) -> str:
        """What is another text as soon as a line was added, whoever did."""
        with self._database.reading() as connection:
            return str(connection.scalar(sa.select(sa.func.max(self._table.c.pk))))

    def open(self) -> None:
        """Start what writes."""
        with self._writing:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="lines", daemon=True)
                self._writer.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        writer, self._over = self._writer, True
        if writer is not None:
            self._some.set()
            writer.join()
            self._writer, self._over = None, False

    def flush(self) -> None:
        """Write what waits when it is called.

        Raises:
            StoreError: the database fails; what waits goes on waiting.
        """
        with self._writing:
            # What comes meanwhile is not written a line at a time, but gathered again.
            left = len(self._waiting)
            while left > 0 and self._waiting:
                rows = [self._waiting[n] for n in range(min(len(self._waiting), left, _AT_ONCE))]
                left -= len(rows)
                self._add(rows)
                for row in rows:
                    if self._waiting and self._waiting[0] is row:
                        self._waiting.popleft()

    def _add(self, rows: list[tuple[int, str]]) -> None:
        """Add lines; one that is refused for what it holds is lost, and no other with it."""
        try:
            with self._database.writing() as connection:
                # What matters to nobody after a power cut waits for no disk.
                connection.execute(sa.text("SET LOCAL synchronous_commit TO OFF"))
                for epoch, group in groupby(rows, itemgetter(0)):
                    lines = "\n".join(line for _, line in group)
                    connection.execute(self._insert, {"epoch": epoch, "lines": lines})
                self._written += len(rows)
                if self._written >= _EVERY:
                    self._drop_old(connection)
        except StoreError as error:
            if not isinstance(error.__cause__, DataError | IntegrityError):
                raise
            if len(rows) == 1:
                _log.warning("a line of the journal is lost: %s", error)
                return
            for row in rows:
                self._add([row])

    def _drop_old(self, connection: sa.Connection) -> None:
        pk = self._table.c.pk
        last = sa.select(sa.func.max(pk) - self._kept).scalar_subquery()
        connection.execute(self._table.delete().where(pk <= last))
        self._written = 0

    def _write(self) -> None:
        while not self._over or self._waiting:
            self._some.wait()
            if not self._over:
                time.sleep(_GATHER_SECONDS)
            self._some.clear()
            try:
                self.flush()
            except StoreError as error:
                _log.warning("the journal is not written: %s", error)
                if self._over:
                    return
                time.sleep(_AGAIN_SECONDS)
                self._some.set()
