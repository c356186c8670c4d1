"""A process that is kept alive: whatever becomes of it, it is started again."""

import logging
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from depot_flux_simulator.serve.processes import Stops

LOOK_SECONDS = 0.2
_STUCK_LOOKS = 6
_STARTING_LOOKS = 300
# One that cannot live is started again all the same, but not as fast as it dies.
_APART_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Pulse:
    """Tells whether a process still works, by a number that it keeps changing.

    Only the looks of whoever watches are counted, not the time: who was asleep together, watcher
    and watched, is not held to be stuck.

    Args:
        number: shared with the process.
    """

    def __init__(self, number: Any) -> None:
        self._number = number
        self._seen = 0
        self._same = 0

    def is_gone(self) -> bool:
        """Look once more; whether the number has long been the same."""
        now = self._number.value
        self._same = self._same + 1 if now == self._seen else 0
        self._seen = now
        # A process that starts has much to load before its first sign of life.
        return self._same > (_STARTING_LOOKS if now == 0 else _STUCK_LOOKS)

    def reset(self) -> None:
        """Begin anew, for another process."""
        self._number.value = self._seen = self._same = 0


class Kept:
    """A process that is kept alive by whoever calls `look` and `wait` in turn.

    Args:
        name: what it is called in the log.
        start: starts it.
        is_stuck: whether it hangs, asked at each look while it runs.
    """

    def __init__(
        self, name: str, start: Callable[[], BaseProcess], is_stuck: Callable[[], bool]
    ) -> None:
        self._name = name
        self._start = start
        self._is_stuck = is_stuck
        self._stops = Stops()
        self._begin()

    def look(self, before: Callable[[], None] = lambda: None) -> None:
        """See whether it works, and start it again if it does not.

        Args:
            before: called first in that case.
        """
        if self._process.is_alive():
            what = self._fault()
            if what is None:
                return
            _log.error("the %s %s; killed", self._name, what)
            self.end()
        if time.monotonic() - self._since < _APART_SECONDS:
            return
        _log.error(
            "the %s is gone (exit %s); starting it again", self._name, self._process.exitcode
        )
        before()
        self._begin()

    @property
    def has_left(self) -> bool:
        """Whether it ended by itself, its work done."""
        return self._process.exitcode == 0

    def wait(self) -> None:
        """Let the time between two looks pass, less when the process dies."""
        wait_for([self])

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join()

    def _begin(self) -> None:
        self._since = time.monotonic()
        self._process = self._start()

    @property
    def sentinel(self) -> int | None:
        """What tells that it died, None when it has."""
        return self._process.sentinel if self._process.is_alive() else None

    def _fault(self) -> str | None:
        if self._process.pid is not None and self._stops.holds(self._process.pid):
            return "is stopped"
        return "hangs" if self._is_stuck() else None


def wait_for(processes: Iterable[Kept]) -> None:
    """Let the time between two looks pass, less when one of these dies."""
    sentinels = [process.sentinel for process in processes]
    alive = [sentinel for sentinel in sentinels if sentinel is not None]
    if len(alive) == len(sentinels):
        wait(alive, LOOK_SECONDS)
    else:
        time.sleep(LOOK_SECONDS)
