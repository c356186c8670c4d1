"""Statements that PostgreSQL keeps prepared, run past psycopg's cursors.

Every consultation is one. What a cursor does for each execution, whatever it executes, takes four
times as long as handing the values of a statement that is known to libpq.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import pq
from psycopg.adapt import Transformer
from sqlalchemy.dialects import postgresql

from depot_flux_simulator.store import texts, turns
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.patience import Patience

_IDLE = 4
_NAME = b"read"
_CANCELED = b"57014"
# An answer takes a thousandth of a second; a loop's thread waits no longer for it than that.
_AT_ONCE_SECONDS = 0.05
# libpq takes parameters by their number.
_DIALECT: sa.Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class _Pace:
    """How soon a statement is answered.

    Attributes:
        is_late: whether its last answer, or the one that is waited for, was not there at once.
    """

    is_late: bool = False


class Reader:
    """Runs one statement that finds at most one row, again and again, from many threads.

    In a turn on a loop's thread, nobody else is held up by an answer that is late.

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
        self._pace = _Pace()

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any.

        Raises:
            StoreError: the database fails.
        """
        given = [str(texts.to_postgresql(values[name])).encode() for name in self._order]
        if self._pace.is_late or not self._idle:
            self._check()  # before it waits for a thread
            return turns.elsewhere(partial(self._one, given))
        return self._one(given)

    def _check(self) -> None:
        try:
            self._patience.check(self._sql)
        except psycopg.Error as error:
            raise StoreUnreachableError(str(error)) from error

    def _one(self, given: Sequence[bytes]) -> tuple[Any, ...] | None:
        while True:
            used = bool(self._idle)
            prepared = None
            try:
                self._patience.check(self._sql)
                prepared = self._idle.pop() if used else turns.elsewhere(self._prepared)
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
            return _Prepared(connection, self._patience, self._sql, self._pace)
        except psycopg.Error:
            connection.close()
            raise


class _Prepared:
    """A connection that knows one statement.

    Args:
        connection: the connection, nobody else's.
        patience: how long answers are waited for.
        sql: the statement.
        pace: how soon it is answered, on whatever connection.

    Raises:
        psycopg.Error: the database fails.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], patience: Patience, sql: str, pace: _Pace
    ) -> None:
        self._connection = connection
        self._sql = sql
        self._pace = pace
        self._libpq = connection.pgconn
        self._patience = patience
        self._readable = DefaultSelector()
        self._readable.register(self._libpq.socket, EVENT_READ)
        self._rows = Transformer.from_context(connection)
        self._libpq.send_prepare(_NAME, sql.encode())
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
        self._pace.is_late = not self._readable.select(_AT_ONCE_SECONDS)
        if self._pace.is_late:
            return turns.elsewhere(partial(self._result, expected))
        self._libpq.consume_input()
        return self._result(expected)

    def _result(self, expected: int) -> pq.abc.PGresult:
        result = self._next()
        while self._next() is not None:
            pass
        if result is None or result.status != expected:
            said = self._libpq if result is None else result
            if result and result.error_field(pq.DiagnosticField.SQLSTATE) == _CANCELED:
                self._patience.hold(self._sql)
            raise psycopg.OperationalError(said.get_error_message())
        return result

    def _next(self) -> pq.abc.PGresult | None:
        while self._libpq.is_busy():
            if not self._readable.select(self._patience.answer_seconds):
                raise self._patience.give_up(self._libpq)
            self._libpq.consume_input()
        return self._libpq.get_result()
