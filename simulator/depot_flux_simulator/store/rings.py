"""The lines of the journal on one machine.

Each process writes into a ring of its own: a file of fixed size, mapped into memory, in which the
newest line takes the place of the oldest. Writing costs three microseconds and no system call;
whoever reads looks at the rings of all processes.
"""

import json
import logging
import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import IO, Any

import portalocker

from depot_flux_simulator.store import private

_MINE = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
_RINGS = "appels-*.ring"
_BYTES = 4 << 20
_HEAD = 8
_AGAIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Rings:
    """The rings of all processes, of which one is this process's.

    Args:
        folder: where they lie.

    Raises:
        ConfigurationError: a ring is a link, or another user's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for path in folder.glob(_RINGS):
            private.check(path)
        self._opening = threading.Lock()
        self._ring: _Ring | None = None
        self._again = 0.0

    def append(self, line: bytes, _epoch: int) -> None:
        """Add a line."""
        ring = self._ring or self._open()
        if ring is not None:
            ring.append(line)

    def read(self, _epoch: int) -> Iterator[list[Any]]:
        """The values of all lines."""
        for path in self._folder.glob(_RINGS):
            yield from _values(path)

    def mark(self) -> str:
        """What is another text as soon as a line was added, whoever did."""
        heads = []
        for path in sorted(self._folder.glob(_RINGS)):
            with path.open("rb") as file:
                heads.append(file.read(_HEAD).hex())
        return " ".join(heads)

    def open(self) -> None:
        """Take a ring now rather than with the first line: later there may be no room for it."""
        self._open()

    def close(self) -> None:
        """Let go of this process's ring."""
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def _open(self) -> "_Ring | None":
        """This process's ring, None while there is no room for one: calls go on without."""
        with self._opening:
            if self._ring is None and monotonic() >= self._again:
                try:
                    self._ring = _Ring.first_free(self._folder)
                except OSError as error:
                    self._again = monotonic() + _AGAIN_SECONDS
                    _log.warning("the journal is not written: %s", error)
            return self._ring


class _Ring:
    """A file that holds the newest lines; its head says where the next one goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        private.reserve(file.fileno(), _BYTES)
        self._map = mmap.mmap(file.fileno(), _BYTES)
        position = int.from_bytes(self._map[:_HEAD], "little")
        self._next = position if _HEAD <= position < _BYTES else _HEAD

    @classmethod
    def first_free(cls, folder: Path) -> "_Ring":
        """A ring that no living process writes to, made if need be."""
        number = 0
        while True:
            path = folder / f"appels-{number}.ring"
            file = os.fdopen(private.opened(path), "r+b")
            try:
                portalocker.lock(file, _MINE)
            except portalocker.LockException:
                file.close()
                number += 1
                continue
            try:
                return cls(file)
            except OSError:
                file.close()
                raise

    def append(self, line: bytes) -> None:
        """Write a line over the oldest ones."""
        with self._lock:
            start, end = self._next, self._next + len(line) + 1
            if end > _BYTES:
                # What is left at the end is older than all that follows, yet still whole.
                start, end = _HEAD, _HEAD + len(line) + 1
            # A line feed on either side: what is left of the line written over is no line.
            self._map[start:end] = line + b"\n"
            self._next = end
            self._map[:_HEAD] = end.to_bytes(_HEAD, "little")

    def close(self) -> None:
        """Give it to the next process."""
        self._map.close()
        self._file.close()


def _values(path: Path) -> Iterator[list[Any]]:
    for line in path.read_bytes()[_HEAD:].split(b"\n"):
        # The rest of a line that another has half covered does not begin as one.
        if line.startswith(b"[") and line.endswith(b"]"):
            try:
                yield json.loads(line)
            except ValueError:
                continue
