"""How many wrong secrets each caller gave in a row, known to all the processes of one server.

A file of fixed size, mapped into memory: looking there costs next to nothing on the way of every
call. A caller is known by a digest alone, and lies in one of the few places that its digest tells;
where all are taken, the one that waits least gives way.
"""

import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import portalocker

from depot_flux_simulator.store import private

_PLACE = struct.Struct("<8sQd")
_HEAD = 8
_BESIDE = 8
_GROUPS = 512
_BYTES = _HEAD + _GROUPS * _BESIDE * _PLACE.size
_NOBODY = bytes(8)


class Attempts:
    """The counts, and until when each caller waits.

    Args:
        path: the file, made if need be.
        secret: draws the places, the same for all who share the file.

    Raises:
        ConfigurationError: it is a link, or another user's.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, secret: str) -> None:
        self._key = secret.encode()[: blake2b.MAX_KEY_SIZE]
        private.folder(path.parent)
        self._file = os.fdopen(private.opened(path), "r+b")
        private.reserve(self._file.fileno(), _BYTES)
        self._map = mmap.mmap(self._file.fileno(), _BYTES)
        self._threads = threading.Lock()

    def of(self, who: str) -> tuple[int, float]:
        """How many wrong secrets a caller gave in a row, and until when it waits."""
        if self._map[:_HEAD] == _NOBODY:
            return 0, 0.0
        digest, places = self._places(who)
        return self._at(self._find(digest, places), digest)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While it is entered, nobody else changes them."""
        with self._threads:
            portalocker.lock(self._file, portalocker.LockFlags.EXCLUSIVE)
            try:
                yield
            finally:
                portalocker.unlock(self._file)

    def set(self, who: str, count: int, until: float) -> None:
        """Note them; 0 forgets the caller."""
        digest, places = self._places(who)
        found = self._find(digest, places)
        if count:
            _PLACE.pack_into(self._map, found, digest, count, until)
            self._map[:_HEAD] = b"some one"
        elif self._map[found : found + _HEAD] == digest:
            _PLACE.pack_into(self._map, found, _NOBODY, 0, 0.0)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        self._file.close()

    def _at(self, place: int, digest: bytes) -> tuple[int, float]:
        known, count, until = _PLACE.unpack_from(self._map, place)
        return (count, until) if known == digest else (0, 0.0)

    def _places(self, who: str) -> tuple[bytes, range]:
        # Whoever could tell a caller's places would have made-up ones push it out.
        said = who.encode("utf-8", "surrogatepass")
        digest = blake2b(said, digest_size=8, key=self._key).digest()
        first = _HEAD + int.from_bytes(digest, "little") % _GROUPS * _BESIDE * _PLACE.size
        return digest, range(first, first + _BESIDE * _PLACE.size, _PLACE.size)

    def _find(self, digest: bytes, places: range) -> int:
        """Where a caller is, or would be."""
        found = {_PLACE.unpack_from(self._map, place)[0]: place for place in places}
        if digest in found:
            return found[digest]
        return min(places, key=lambda place: _PLACE.unpack_from(self._map, place)[:0:-1])
