"""Where time comes from: the machine's, as steered.

A reading is a line through one point: at the machine's instant `real` the simulator's time was
`simulated`, and since then it has run `factor` times as fast; 0 is a clock that stands still.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from depot_flux_simulator.flux.lifecycle import Instant

LAST: Instant = 32_503_680_000_000
"""The first instant of the year 3000: no clock goes past it."""


class Clock(Protocol):
    """Tells the time the simulator lives in."""

    def now(self) -> Instant:
        """The current instant, in milliseconds since the epoch, UTC."""
        ...


class Mode(StrEnum):
    """How time runs."""

    REAL = "real"
    SCALED = "scaled"
    MANUAL = "manual"


class BackwardsError(ValueError):
    """A clock was asked to go backwards."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the simulator's time follows from the machine's; instants in milliseconds."""

    real: Instant
    simulated: Instant
    factor: float = 1.0

    @property
    def mode(self) -> Mode:
        """How time runs."""
        if self.factor == 1:
            return Mode.REAL
        return Mode.SCALED if self.factor else Mode.MANUAL

    def at(self, real: Instant) -> Instant:
        """The simulator's time at an instant of the machine's."""
        if self.factor == 1:
            return self.simulated + real - self.real
        # The machine's own time may have passed the last instant before it was paced.
        last = max(LAST, self.simulated)
        return min(self.simulated + int((real - self.real) * self.factor), last)

    def moved(self, real: Instant, to: Instant) -> "Reading":
        """The same clock set forward.

        Raises:
            BackwardsError: `to` lies in the clock's past.
            ValueError: `to` lies past the year 2999.
        """
        now = self.at(real)
        if to < now:
            raise BackwardsError(f"instant {to} lies {now - to} ms before the clock's, {now}")
        if to > LAST:
            raise ValueError("the clock goes no further than the year 3000")
        return replace(self, real=real, simulated=to)

    def paced(self, real: Instant, factor: float) -> "Reading":
        """The same clock that runs `factor` times as fast from now on."""
        return Reading(real, self.at(real), factor)


def _steady_ns() -> int:
    """Nanoseconds that only grow, those of a machine's sleep included where it tells them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


class _Machine:
    """The machine's time as it was when this process, or the one it was forked from, began.

    From then on it runs by a clock that nobody sets: one that is set back would take statuses back.

    Attributes:
        offset_ns: between the time of the machine and the steady one.
    """

    def __init__(self) -> None:
        self.offset_ns = time.time_ns() - _steady_ns()

    def now_ns(self) -> int:
        """The time, in nanoseconds since the epoch."""
        return self.offset_ns + _steady_ns()


_machine = _Machine()
_NEXT_TO_MS = 20


def machine_time() -> Instant:
    """The time of the machine, in milliseconds since the epoch; it never goes back."""
    return _machine.now_ns() // 1_000_000


def machine_microseconds() -> int:
    """The same in microseconds, for numbers that grow from call to call."""
    return _machine.now_ns() // 1_000


def not_before(instant: Instant) -> int:
    """Let the time of this process be no earlier than an instant that others have lived through.

    Returns:
        How many milliseconds the machine's clock is behind it, 0 when it is not.
    """
    behind = max(0, instant - machine_time())
    _machine.offset_ns += behind * 1_000_000
    return behind


def agree(instant: Instant) -> None:
    """Let the time of this process be that of others, unless it is next to it already.

    To be called while the process begins: it may take time back.
    """
    apart = instant - machine_time()
    if abs(apart) > _NEXT_TO_MS:
        _machine.offset_ns += apart * 1_000_000


def file_time() -> Instant:
    """The time by which the system dates files, which may be set back; for ages of files alone."""
    return time.time_ns() // 1_000_000


class SteeredClock:
    """The machine's time, seen through a reading that may change at any moment.

    Args:
        reading: gives the reading in force.
    """

    def __init__(self, reading: Callable[[], Reading]) -> None:
        self._reading = reading

    def now(self) -> Instant:
        """The current instant."""
        return self._reading().at(machine_time())


class ManualClock:
    """A time that whoever holds it moves, for tests of parts that need no steering."""

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
