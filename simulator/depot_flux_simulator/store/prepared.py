"""Statements that PostgreSQL keeps prepared, run past psycopg's cursors.

Every consultation is one. What a cursor does for each execution, whatever it executes, takes four
times as long as handing the values of a statement that is known to libpq.
"""

from collections.abc import Callable, Sequence
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import pq
from psycopg.adapt import Transformer
from sqlalchemy.dialects import postgresql

from depot_flux_simulator.store import texts
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.patience import Patience

_IDLE = 4
_NAME = b"read"
# libpq takes parameters by their number.
_DIALECT: sa.Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Reader:
    """Runs one statement that finds at most one row, again and again, from many threads.

    Args:
        connect: gives connections of one's own, that commit every statement.
        patience: how long answers are waited for.
        statement: the statement.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        patience: Patience,
        statement: sa.Select[Any],
    ) -> None:
        self._connect = connect
        self._patience = patience
        compiled: Any = statement.compile(dialect=_DIALECT)
        self._sql: str = compiled.string
        self._order: list[str] = compiled.positiontup or []
        self._idle: list[_Prepared] = []

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any.

        Raises:
            StoreError: the database fails.
        """
        given = [str(texts.to_postgresql(values[name])).encode() for name in self._order]
        while True:
            used = bool(self._idle)
            prepared = None
            try:
                prepared = self._idle.pop() if used else self._prepared()
                row = prepared.one(given)
            except IndexError:
                continue  # another thread was first
            except psycopg.Error as error:
                broken = prepared is not None and prepared.is_broken
                if prepared is not None:
                    prepared.close()
                if used and broken:
                    continue  # the database was restarted meanwhile
                raise StoreUnreachableError(str(error)) from error
            if len(self._idle) < _IDLE:
                self._idle.append(prepared)
            else:
                prepared.close()
            return row

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()

    def _prepared(self) -> "_Prepared":
        connection = self._connect()
        try:
            return _Prepared(connection, self._patience, self._sql.encode())
        except psycopg.Error:
            connection.close()
            raise


class _Prepared:
    """A connection that knows one statement.

    Args:
        connection: the connection, nobody else's.
        patience: how long answers are waited for.
        sql: the statement.

    Raises:
        psycopg.Error: the database fails.
    """

    def __init__(self, connection: psycopg.Connection[Any], patience: Patience, sql: bytes) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._patience = patience
        self._readable = DefaultSelector()
        self._readable.register(self._libpq.socket, EVENT_READ)
        self._rows = Transformer.from_context(connection)
        self._libpq.send_prepare(_NAME, sql)
        self._answered(pq.ExecStatus.COMMAND_OK)

    @property
    def is_broken(self) -> bool:
        """Whether the connection is of no more use."""
        return self._connection.closed

    def one(self, values: Sequence[bytes]) -> tuple[Any, ...] | None:
        """The first row found for these values, if any.

        Raises:
            psycopg.Error: the database fails, or does not answer in time.
        """
        self._patience.check()
        self._libpq.send_query_prepared(_NAME, values)
        result = self._answered(pq.ExecStatus.TUPLES_OK)
        self._rows.set_pgresult(result)
        return self._rows.load_row(0, tuple) if result.ntuples else None

    def close(self) -> None:
        """Close the connection."""
        self._readable.close()
        self._connection.close()

    def _answered(self, expected: int) -> pq.abc.PGresult:
        """What the database answers to what was sent last."""
        # A few hundred bytes after an answer: the system has room for them.
        self._libpq.flush()
        result = self._next()
        while self._next() is not None:
            pass
        if result is None or result.status != expected:
            said = self._libpq if result is None else result
            raise psycopg.OperationalError(said.get_error_message())
        return result

    def _next(self) -> pq.abc.PGresult | None:
        while self._libpq.is_busy():
            if not self._readable.select(self._patience.answer_seconds):
                raise self._patience.give_up(self._libpq)
            self._libpq.consume_input()
        return self._libpq.get_result()
