"""Rows that are added to PostgreSQL, past SQLAlchemy: its own execution takes twice as long."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from depot_flux_simulator.store import texts
from depot_flux_simulator.store.errors import ConflictError, StoreError, UncertainError
from depot_flux_simulator.store.failures import failure
from depot_flux_simulator.store.inserter import Addition, Statements

_VALUES_OF_A_STATEMENT = 65_535
_DIALECT: sa.Dialect = postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


class Adder:
    """Adds rows to a database, for one thread; see `inserter.Adder`.

    Args:
        connect: gives connections of one's own.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._statements = Statements(_DIALECT, "%s", _VALUES_OF_A_STATEMENT)

    def add(self, rows: Sequence[Addition]) -> None:
        """Add rows for good, all of them or none; errors as for `inserter.Adder`."""
        used = self._connection is not None
        try:
            connection = self._written(rows)
        except psycopg.IntegrityError as error:
            self._undo()
            raise ConflictError(str(error)) from error
        except psycopg.DataError as error:
            self._undo()
            raise StoreError(str(error)) from error
        except psycopg.Error as error:
            broken = self._connection is None or self._connection.closed
            self.close()
            if used and broken:
                self.add(rows)  # the database was restarted meanwhile
                return
            raise failure(str(error)) from error
        except Exception:
            self._undo()  # a value that PostgreSQL does not take
            raise
        try:
            connection.commit()
        except psycopg.Error as error:
            self.close()
            raise UncertainError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _written(self, rows: Sequence[Addition]) -> psycopg.Connection[Any]:
        """The connection, on which the rows are added but not committed."""
        connection = self._connection = self._connection or self._connect()
        with _together(connection):
            for sql, values in self._statements.adding(rows):
                connection.execute(sql.encode(), [texts.to_postgresql(value) for value in values])
        return connection

    def _undo(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rollback()
        except psycopg.Error:
            self.close()


def _together(connection: psycopg.Connection[Any]) -> AbstractContextManager[object]:
    """While it is entered, nothing waits for the answer to what came before."""
    return connection.pipeline() if psycopg.Pipeline.is_supported() else nullcontext()
