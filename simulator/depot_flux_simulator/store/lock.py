"""Writers wait for each other on an SQLite file.

SQLite lets a second writer wait by sleeping, longer each time. A lock of the operating system
wakes the next one at once, which is worth a third of the throughput of deposits.
"""

import math
import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

from depot_flux_simulator.store import private

if sys.platform == "win32":
    import portalocker

    _lock, _unlock = portalocker.lock, portalocker.unlock
    _ALONE: Any = portalocker.LockFlags.EXCLUSIVE
else:
    # Portalocker does the same, and takes five times as long.
    from fcntl import LOCK_EX as _ALONE
    from fcntl import LOCK_UN
    from fcntl import flock as _lock

    def _unlock(file: IO[bytes]) -> None:
        _lock(file, LOCK_UN)


_INSTANT = struct.Struct("d")
# In this time, whoever waited behind one that ran into its deadline has been told so.
_GIVE_WAY_SECONDS = 0.05
# SQLite waits no longer than told, and may say so a little early.
_NEARLY = 0.9


class BusyError(Exception):
    """Others write, and have done so for too long."""


class WriteLock:
    """Held by one at a time among all the threads and processes that name the same file.

    Who holds it for as long as anybody may wait was itself waiting for another program. It says so
    in the file, and whoever waited behind it is told at once rather than waiting as long once more.

    Args:
        path: the file.
        patience: seconds that a thread waits for the others of its process, and SQLite for others.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._patience = patience
        self._file = os.fdopen(private.opened(path), "r+b", buffering=0)
        # The system's lock is the process's own: among its threads another one is needed.
        self._threads = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for it, hold it while entered.

        Raises:
            BusyError: the wait was too long.
        """
        began = monotonic()
        if not self._threads.acquire(timeout=self._patience):
            raise self._busy()
        try:
            self._take(began)
            taken = monotonic()
            try:
                yield
            finally:
                if monotonic() - taken > _NEARLY * self._patience:
                    self._tell()
                _unlock(self._file)
        finally:
            self._threads.release()

    def _take(self, began: float) -> None:
        while True:
            _lock(self._file, _ALONE)
            last, now = self._told(), monotonic()
            # The clock begins anew with the machine: it may be before what was told.
            if not 0 <= now - last < max(now - began, _GIVE_WAY_SECONDS):
                return
            _unlock(self._file)
            if began < last:
                raise self._busy()
            sleep(_GIVE_WAY_SECONDS)

    def _told(self) -> float:
        self._file.seek(0)
        said = self._file.read(_INSTANT.size)
        return float(_INSTANT.unpack(said)[0]) if len(said) == _INSTANT.size else -math.inf

    def _tell(self) -> None:
        with suppress(OSError):  # the disk is full
            self._file.seek(0)
            self._file.write(_INSTANT.pack(monotonic()))

    def _busy(self) -> BusyError:
        return BusyError(f"others have been writing for {self._patience:g} s")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
