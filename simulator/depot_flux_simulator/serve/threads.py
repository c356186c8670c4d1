"""The threads in which one process answers calls."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

THREADS = 32
# More deposits at once of one process only take the interpreter from each other: two of eight are
# done sooner than eight.
_FEW = 2


class Threads:
    """Runs calls: brief ones in few threads, unless something holds them up, others in many.

    The few take a brief call with less ado than an executor's: the futures of two kinds that go
    with it took a tenth of a deposit.
    """

    def __init__(self) -> None:
        self._many = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._queue: SimpleQueue[_Brief[Any]] = SimpleQueue()
        self._brief: set[_Brief[Any]] = set()
        self._seen: set[_Brief[Any]] = set()
        for _ in range(_FEW):
            threading.Thread(target=_serve, args=(self._queue,), name="brief", daemon=True).start()

    async def run(self, call: Callable[[], Result], *, brief: bool) -> Result:
        """What a call returns, or raises."""
        loop = asyncio.get_running_loop()
        if not brief:
            return await loop.run_in_executor(self._many, call)
        job = _Brief(call, loop)
        self._brief.add(job)
        self._queue.put(job)
        try:
            return await job.result
        finally:
            self._brief.discard(job)
            job.take()  # nobody waits for it any more

    def look(self) -> None:
        """Move brief calls to the many threads that have waited since the look before."""
        for job in self._seen & self._brief:
            if job.take():
                self._many.submit(job.run)
        self._seen = set(self._brief)


class _Brief(Generic[Result]):
    """A brief call.

    Args:
        call: the call.
        loop: whose coroutine waits for it.

    Attributes:
        result: what it returns, or raises.
    """

    def __init__(self, call: Callable[[], Result], loop: asyncio.AbstractEventLoop) -> None:
        self.result: asyncio.Future[Result] = loop.create_future()
        self._call = call
        self._loop = loop
        self._free = threading.Lock()

    def take(self) -> bool:
        """Whether it is the caller's to run: it is the first one's who asks."""
        return self._free.acquire(blocking=False)

    def run(self) -> None:
        """Make it."""
        try:
            told = partial(self.result.set_result, self._call())
        except Exception as error:  # noqa: BLE001 (raised again by whoever waits)
            told = partial(self.result.set_exception, error)
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._tell, told)

    def _tell(self, told: Callable[[], None]) -> None:
        if not self.result.done():  # whoever waited may be gone
            told()


def _serve(queue: "SimpleQueue[_Brief[Any]]") -> None:
    """Make calls as they come, as long as the process lives."""
    while True:
        job = queue.get()
        if job.take():
            job.run()
        del job  # while the next one is waited for
