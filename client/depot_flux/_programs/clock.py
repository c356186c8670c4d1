"""The time that programs wait by: one seam, so that a test waits without taking time."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio


@dataclass(slots=True)
class Clock:
    """Time as the clients see it, in seconds.

    Attributes:
        now: since any moment, never backwards.
        sleep: waits in the calling thread.
        pause: waits in the event loop.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    pause: Callable[[float], Awaitable[None]] = anyio.sleep
