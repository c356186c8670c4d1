"""What is asked of a run of `verify`."""

import time
from collections.abc import Callable
from dataclasses import dataclass

GENTLE_DEPOSITS = 4
GENTLE_RATE = 2.0
PATIENCE = 30.0
FIRST_INTERFACE = ("FSO3110A",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a run.

    Attributes:
        interfaces: the interface codes whose flux are deposited.
        max_deposits: how many flux may be deposited; None for any number.
        rate: calls a second at most; None for any number.
        deep: whether the platform is one's own: every motif, the limits, full schemathesis.
        deposits: whether anything may be deposited at all.
        seed: makes the cases repeatable.
        patience: seconds that a flux is given to reach its final status.
    """

    interfaces: tuple[str, ...] = FIRST_INTERFACE
    max_deposits: int | None = GENTLE_DEPOSITS
    rate: float | None = GENTLE_RATE
    deep: bool = False
    deposits: bool = True
    seed: int = 0
    patience: float = PATIENCE


def planned(
    *,
    interfaces: tuple[str, ...] = (),
    max_deposits: int | None = None,
    rate: float | None = None,
    deep: bool = False,
    deposits: bool = True,
    seed: int | None = None,
    patience: float | None = None,
) -> Plan:
    """The plan of what was said; gentle where nothing was, unless it is deep."""
    return Plan(
        interfaces=tuple(dict.fromkeys(interfaces)) or FIRST_INTERFACE,
        max_deposits=max_deposits if max_deposits is not None or deep else GENTLE_DEPOSITS,
        rate=rate if rate is not None or deep else GENTLE_RATE,
        deep=deep,
        deposits=deposits,
        seed=seed or 0,
        patience=PATIENCE if patience is None else patience,
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of a run, so that a test need not wait.

    Attributes:
        now: seconds on a clock that never goes back.
        sleep: waits so many seconds.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """Lets calls go no faster than asked.

    Args:
        rate: calls a second; None for any number.
        timing: the time.
    """

    def __init__(self, rate: float | None, timing: Timing) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._timing = timing
        self._next = float("-inf")

    def wait(self) -> None:
        """Wait until the next call may go."""
        early = self._next - self._timing.now()
        if early > 0:
            self._timing.sleep(early)
        self._next = self._timing.now() + self._gap
