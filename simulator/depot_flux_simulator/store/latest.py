"""The latest instant that a server has lived through, for the next one on the same store."""

import os
from pathlib import Path

from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.store import private

_WIDTH = 8


class Latest:
    """A small file that holds it, made if need be.

    Args:
        path: the file.

    Raises:
        ConfigurationError: it is a link, or another user's.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        private.folder(path.parent)
        self._file = os.fdopen(private.opened(path), "r+b", buffering=0)

    def read(self) -> Instant:
        """What was written last, 0 before anything was."""
        self._file.seek(0)
        return int.from_bytes(self._file.read(_WIDTH), "little")

    def write(self, instant: Instant) -> None:
        """Hold this one.

        Raises:
            OSError: there is no room.
        """
        self._file.seek(0)
        self._file.write(instant.to_bytes(_WIDTH, "little"))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
