"""Whoever gives one wrong secret after the other is made to wait."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import ceil
from time import monotonic

FREE = 10
"""As many wrong secrets in a row cost nothing; people mistype, and tests try what is refused."""
LONGEST_SECONDS = 60.0

_REMEMBERED = 10_000


class Throttle:
    """Counts wrong secrets, for each caller apart.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # How many wrong ones in a row, and until when nothing is looked at.
        self._wrong: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()

    def wait(self, who: Hashable) -> int:
        """Whole seconds that a caller has to wait before its secret is looked at, 0 for none."""
        if not self._wrong:
            return 0
        _, until = self._wrong.get(who, (0, 0.0))
        return max(0, ceil(until - self._clock()))

    def wrong(self, who: Hashable) -> None:
        """Count a wrong secret; from the eleventh in a row the caller waits, twice as long each."""
        with self._lock:
            count, _ = self._wrong.pop(who, (0, 0.0))
            count += 1
            over = count - FREE
            wait = min(2.0 ** min(over, 10), LONGEST_SECONDS) if over >= 0 else 0.0
            self._wrong[who] = (count, self._clock() + wait)
            if len(self._wrong) > _REMEMBERED:
                self._wrong.popitem(last=False)

    def right(self, who: Hashable) -> None:
        """Forget the wrong secrets of a caller that gave the right one."""
        if self._wrong:
            with self._lock:
                self._wrong.pop(who, None)
