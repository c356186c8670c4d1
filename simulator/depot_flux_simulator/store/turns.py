"""Callers that wait for another thread: each in a thread of its own, or all on that of a loop.

A deposit has its body read and looked at, and then waits until its rows are written. In threads of
their own, deposits take the interpreter from each other again and again; on the loop's thread they
take turns, and nobody else is held up while one waits.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from greenlet import getcurrent, greenlet

Result = TypeVar("Result")

_MOST_IDLE = 32
_AT_ONCE = 16


def take(call: Callable[[], Result]) -> "asyncio.Future[Result]":
    """Make a call on this thread, a loop's, which others have while the call is at a `Pause`."""
    idle = _here.idle
    turn = idle.pop() if idle else _Turn(idle)
    return turn.take(call)


class Pause(Protocol):
    """A caller's wait for another thread.

    Attributes:
        loop: the one whose thread waits for nobody, None where the caller's own thread waits.
    """

    loop: asyncio.AbstractEventLoop | None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, for so long at most; whether it is."""
        ...

    def end(self) -> None:
        """Let the caller go on; to be called on its loop's thread, if it has one."""
        ...


def pause() -> Pause:
    """The wait of whoever asks."""
    current = getcurrent()
    return _Paused(current) if isinstance(current, _Turn) else _Held()


def end(pauses: Iterable[Pause]) -> None:
    """Let callers go on, from any thread: those of one loop together, which wakes it once."""
    of_loops: dict[asyncio.AbstractEventLoop, list[Pause]] = {}
    for each in pauses:
        if each.loop is None:
            each.end()
        else:
            of_loops.setdefault(each.loop, []).append(each)
    for loop, some in of_loops.items():
        with suppress(RuntimeError):  # it has ended
            loop.call_soon_threadsafe(_end, loop, some)


def elsewhere(call: Callable[[], Result]) -> Result:
    """Make a call that may take long: not on a loop's thread."""
    here = pause()
    if here.loop is None:
        return call()
    made = here.loop.run_in_executor(None, call)
    made.add_done_callback(lambda _: here.end())
    here.wait()
    return made.result()


def _end(loop: asyncio.AbstractEventLoop, pauses: list[Pause]) -> None:
    now, later = pauses[:_AT_ONCE], pauses[_AT_ONCE:]
    for each in now:
        each.end()
    if later:
        loop.call_soon(_end, loop, later)  # what else has come meanwhile is seen to between


class _Turn(greenlet):
    """A call that is made on a loop's thread, and then others: a new one costs as much as a form.

    Args:
        idle: where it waits for the next call.

    Attributes:
        loop: the loop.
        thread: what else runs on its thread.
    """

    loop: asyncio.AbstractEventLoop
    thread: greenlet

    def __init__(self, idle: "list[_Turn]") -> None:
        super().__init__()
        self._idle = idle
        self._call: Callable[[], None] | None = None

    def take(self, call: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Make a call; what it returns, or raises."""
        self.loop = asyncio.get_running_loop()
        self.thread = getcurrent()
        result: asyncio.Future[Result] = self.loop.create_future()
        self._call = partial(_make, call, result)
        self.switch()
        return result

    def run(self) -> None:
        """Make one call after the other."""
        while self._call is not None:
            self._call()
            self._call = None
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(self)
                self.thread.switch()


def _make(call: Callable[[], Result], result: "asyncio.Future[Result]") -> None:
    tell: Callable[[Any], None] = result.set_result
    try:
        told: Any = call()
    except Exception as error:  # noqa: BLE001 (raised again by whoever waits)
        tell, told = result.set_exception, error
    if not result.done():  # whoever waited may be gone
        tell(told)
    del told, tell, result  # an error knows where it was raised, and so what was there


class _Here(threading.local):
    """What waits for a call on this thread."""

    def __init__(self) -> None:
        self.idle: list[_Turn] = []


_here = _Here()


class _Held(Pause):
    """A thread that waits."""

    def __init__(self) -> None:
        self.loop = None
        self._over = threading.Event()

    def wait(self, seconds: float | None = None) -> bool:
        return self._over.wait(seconds)

    def end(self) -> None:
        self._over.set()


class _Paused(Pause):
    """A turn that waits. All of this happens on the loop's thread."""

    def __init__(self, turn: _Turn) -> None:
        self.loop = turn.loop
        self._turn = turn
        self._is_over = False
        self._waits = False

    def wait(self, seconds: float | None = None) -> bool:
        if self._is_over:
            return True
        late = None if seconds is None else self.loop.call_later(seconds, self._go_on)
        self._waits = True
        self._turn.thread.switch()
        if late is not None:
            late.cancel()
        return self._is_over

    def end(self) -> None:
        self._is_over = True
        self._go_on()

    def _go_on(self) -> None:
        if self._waits:
            self._waits = False
            self._turn.switch()
