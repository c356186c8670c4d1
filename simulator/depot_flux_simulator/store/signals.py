"""How a process learns that another has changed the steering."""

import logging
import mmap
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from depot_flux_simulator.store import private
from depot_flux_simulator.store.errors import StoreError

HOLDS_SECONDS = 0.02
"""How long a process goes by what it was last told of changes."""

_WIDTH = 8

_log = logging.getLogger(__name__)


class Signal(Protocol):
    """Tells whether there was a change."""

    read: Callable[[], Any]
    """What is another after every change."""

    def tell(self, generation: int) -> None:
        """Say that there was one; whatever comes after this is told of it."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class MappedSignal:
    """A small file that all processes of a machine map into memory.

    Looking there costs a tenth of a microsecond.

    Args:
        path: the file; made if need be.
    """

    def __init__(self, path: Path) -> None:
        private.folder(path.parent)
        descriptor = private.opened(path)
        try:
            private.reserve(descriptor, _WIDTH)
            self._map = mmap.mmap(descriptor, _WIDTH)
        finally:
            os.close(descriptor)
        everything: Any = slice(None)
        self.read: Callable[[], Any] = partial(self._map.__getitem__, everything)

    def tell(self, generation: int) -> None:
        """Say that there was a change."""
        self._map[:] = generation.to_bytes(_WIDTH, "little")

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


class AskedSignal:
    """Asks the store, now and then.

    Nobody goes by an answer that is older than `HOLDS_SECONDS`, and whoever makes a change waits as
    long before it says so: from then on everybody knows.

    Args:
        ask: gives the number of the last change.
    """

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._told = (-HOLDS_SECONDS, 0)
        self.read: Callable[[], int] = self._read

    def _read(self) -> int:
        asked, known = self._told
        now = time.monotonic()
        if now - asked < HOLDS_SECONDS:
            return known
        try:
            known = self._ask()
        except StoreError as error:
            # What is known stands until the store answers.
            _log.warning("the steering is as it was: %s", error)
            now = time.monotonic()
        self._told = (now, known)
        return known

    def tell(self, _generation: int) -> None:
        """Wait until everybody asks again."""
        self._told = (-HOLDS_SECONDS, self._told[1])
        time.sleep(HOLDS_SECONDS)

    def close(self) -> None:
        """There is nothing to let go of."""
