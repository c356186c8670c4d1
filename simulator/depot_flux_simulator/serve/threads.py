"""The threads in which one process answers calls."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")

THREADS = 32
# More deposits at once of one process only take the interpreter from each other: two of eight are
# done sooner than eight.
_FEW = 2


class Threads:
    """Runs calls: brief ones in few threads, unless something holds them up, others in many."""

    def __init__(self) -> None:
        self._many = ThreadPoolExecutor(THREADS, thread_name_prefix="answer")
        self._few = ThreadPoolExecutor(_FEW, thread_name_prefix="brief")
        self._brief: set[Future[Any]] = set()
        self._seen: set[Future[Any]] = set()
        self._moved: set[Future[Any]] = set()

    async def run(self, call: Callable[[], Result], *, brief: bool) -> Result:
        """What a call returns, or raises."""
        if brief:
            job = self._few.submit(call)
            self._brief.add(job)
            try:
                return await asyncio.wrap_future(job)
            except asyncio.CancelledError:
                if job not in self._moved:
                    raise
            finally:
                self._brief.discard(job)
                self._moved.discard(job)
        return await asyncio.get_running_loop().run_in_executor(self._many, call)

    def look(self) -> None:
        """Move brief calls to the many threads that have waited since the look before."""
        self._moved |= {job for job in self._seen & self._brief if job.cancel()}
        self._seen = set(self._brief)
