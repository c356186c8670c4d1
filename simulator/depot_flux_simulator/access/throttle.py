"""Whoever gives one wrong secret after the other is made to wait."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from math import ceil
from time import monotonic
from typing import Protocol

FREE = 10
"""As many wrong secrets in a row cost nothing; people mistype, and tests try what is refused."""
LONGEST_SECONDS = 60.0


class Attempts(Protocol):
    """The wrong secrets that callers gave in a row, shared by all who count."""

    def of(self, who: str) -> tuple[int, float]:
        """How many a caller gave, and until when it waits."""
        ...

    def set(self, who: str, count: int, until: float) -> None:
        """Note them."""
        ...

    def changing(self) -> AbstractContextManager[None]:
        """While it is entered, nobody else changes them."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


class Throttle:
    """Counts wrong secrets, for each caller apart.

    Args:
        attempts: where they are kept.
        clock: seconds that only grow, the same for all who share them.
    """

    def __init__(self, attempts: Attempts, clock: Callable[[], float] = monotonic) -> None:
        self._attempts = attempts
        self._clock = clock

    def wait(self, *who: str | None) -> int:
        """Whole seconds that a caller has to wait before its secret is looked at, 0 for none."""
        count, until = self._attempts.of(repr(who))
        left = until - self._clock() if count else 0.0
        # More is of the time before the machine was started again.
        return ceil(left) if 0 < left <= LONGEST_SECONDS else 0

    def wrong(self, *who: str | None) -> None:
        """Count a wrong secret; from the eleventh in a row the caller waits, twice as long each."""
        with self._attempts.changing():
            count = self._attempts.of(repr(who))[0] + 1
            over = count - FREE
            wait = min(2.0 ** min(over, 10), LONGEST_SECONDS) if over >= 0 else 0.0
            self._attempts.set(repr(who), count, self._clock() + wait)

    def right(self, *who: str | None) -> None:
        """Forget the wrong secrets of a caller that gave the right one."""
        if self._attempts.of(repr(who))[0]:
            with self._attempts.changing():
                self._attempts.set(repr(who), 0, 0.0)

    def close(self) -> None:
        """Let go of what is shared."""
        self._attempts.close()
