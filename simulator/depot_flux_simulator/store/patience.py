"""How long a process waits for PostgreSQL, and that it does not wait again and again."""

from time import monotonic

import psycopg

# How long everybody is told at once that the database does not answer, once it has not in time.
_HOLD_OFF_SECONDS = 1.0
# The limit that a statement has in the database comes first, and leaves the connection whole.
_MORE_SECONDS = 0.5


class Patience:
    """That of all connections of a process.

    Args:
        seconds: how long a statement may take.

    Attributes:
        seconds: the same.
        answer_seconds: how long its answer is waited for.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.answer_seconds = seconds + _MORE_SECONDS
        self._until = 0.0
        self._held: dict[str, float] = {}

    def lose(self) -> None:
        """Note that it did not answer in time."""
        self._until = monotonic() + _HOLD_OFF_SECONDS

    def hold(self, statement: str) -> None:
        """Note that a statement was not done in time: what it needs is locked, most likely."""
        self._held[statement] = monotonic() + _HOLD_OFF_SECONDS

    def check(self, statement: str = "") -> None:
        """Fail at once if it did not answer of late, or did not do that statement.

        Raises:
            psycopg.OperationalError: it did not.
        """
        now = monotonic()
        if now < self._until or (self._held and now < self._held.get(statement, 0.0)):
            raise psycopg.OperationalError("the database does not answer")

    def give_up(self, connection: psycopg.pq.abc.PGconn) -> psycopg.OperationalError:
        """End a connection that did not answer in time; what is to be raised of it."""
        self.lose()
        connection.finish()
        return psycopg.OperationalError("the database did not answer in time")
