"""Where time comes from."""

import time
from typing import Protocol

from depot_flux_simulator.lifecycle import Instant


class Clock(Protocol):
    """Tells the time the simulator lives in."""

    def now(self) -> Instant:
        """The current instant, in milliseconds since the epoch, UTC."""
        ...


class RealClock:
    """The time of the machine."""

    def now(self) -> Instant:
        """The current instant."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A time that stands still until someone moves it forward."""

    def __init__(self, start: Instant = 1_788_249_600_000) -> None:
        self._now = start

    def now(self) -> Instant:
        """The current instant."""
        return self._now

    def advance(self, milliseconds: int) -> None:
        """Move forward.

        Raises:
            ValueError: time was asked to go backwards.
        """
        if milliseconds < 0:
            raise ValueError("time never goes backwards")
        self._now += milliseconds
