"""Writers wait for each other on an SQLite file.

SQLite lets a second writer wait by sleeping, longer each time. A lock of the operating system
wakes the next one at once, which is worth a third of the throughput of deposits.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import portalocker

from depot_flux_simulator.store import private


class BusyError(Exception):
    """Others write, and have done so for too long."""


class WriteLock:
    """Held by one at a time among all the threads and processes that name the same file.

    Args:
        path: the file.
        patience: seconds that a thread waits for the others of its process.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._patience = patience
        self._file = os.fdopen(private.opened(path), "r+b")
        # The system's lock is the process's own: among its threads another one is needed.
        self._threads = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for it, hold it while entered.

        Raises:
            BusyError: the wait was too long.
        """
        if not self._threads.acquire(timeout=self._patience):
            raise BusyError(f"others have been writing for {self._patience:g} s")
        try:
            portalocker.lock(self._file, portalocker.LockFlags.EXCLUSIVE)
            try:
                yield
            finally:
                portalocker.unlock(self._file)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
