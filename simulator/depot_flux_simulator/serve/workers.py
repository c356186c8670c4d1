"""Keeps those alive that answer requests, as far as Granian does not."""

import asyncio
import faulthandler
import logging
import os
import signal
import threading
from collections import deque
from typing import Any

from depot_flux_simulator.serve.kept import LOOK_SECONDS
from depot_flux_simulator.serve.processes import Stops, is_stopped

HUNG_SECONDS = 60.0
"""How long a worker's loop may stand still: longer than any number of calls that wait for a
database in turn."""

# More workers than that do not die in so short a time unless none can live.
_DEATHS, _DEATHS_SECONDS = 20, 30.0
_GONE_LOOKS = 4
_TURN_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Respawns(dict[int, float]):
    """When each worker was last started again, for Granian.

    It gives up, and ends, when one that it started again dies within five seconds; two signals from
    outside would be enough. Here that takes many deaths in a row.
    """

    def __init__(self) -> None:
        super().__init__()
        self._deaths: deque[float] = deque(maxlen=_DEATHS)

    def __setitem__(self, worker: int, when: float) -> None:
        self._deaths.append(when)

    def get(self, _worker: int, _default: float = 0.0) -> float:  # type: ignore[override]
        """When it was started again, if that was once too often."""
        last = self._deaths
        often = len(last) == _DEATHS and last[-1] - last[0] < _DEATHS_SECONDS
        return last[-1] if often else -_DEATHS_SECONDS


class WatchedWorkers:
    """While it is entered, a worker that is stopped is killed, for Granian to start another.

    Args:
        server: Granian's.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._stops = Stops()
        # Looks at which a worker was found dead; Granian forgets one that dies while it clears
        # away another.
        self._gone: dict[int, int] = {}
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)

    def __enter__(self) -> "WatchedWorkers":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for worker in list(self._server.wrks):
                if not worker.interrupt_by_parent:
                    self._look(worker)

    def _look(self, worker: Any) -> None:
        process = worker.inner
        if not process.is_alive():
            self._gone[process.pid] = self._gone.get(process.pid, 0) + 1
            if self._gone[process.pid] == _GONE_LOOKS:
                self._server.interrupt_children.append(worker.idx)
                self._server.main_loop_interrupt.set()
        elif self._stops.holds(process.pid):
            _log.error("worker %d is stopped; killed", worker.idx + 1)
            process.kill()


def wake_parent() -> None:
    """Let the process that started this one go on when it is stopped, as long as the loop turns.

    The supervisor does so too, unless it was stopped or killed before it saw.
    """
    loop = asyncio.get_event_loop()

    def look(before: bool) -> None:  # noqa: FBT001 (the loop takes it by position)
        parent = os.getppid()
        stopped = is_stopped(parent)
        if stopped and before:
            os.kill(parent, signal.SIGCONT)
        loop.call_later(_TURN_SECONDS, look, stopped)

    loop.call_soon(look, False)  # noqa: FBT003 (the same)


def end_when_hung() -> None:
    """End this process, its stack in the log, once its loop has stood still for too long.

    The watch is the interpreter's own, which needs no lock that what hangs may hold.
    """
    loop = asyncio.get_event_loop()

    def turn() -> None:
        faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)
        loop.call_later(_TURN_SECONDS, turn)

    loop.call_soon(turn)
