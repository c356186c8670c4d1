"""What comes in of a flux before it is one: in memory as long as it is small, else in a file."""

import io
import os
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO

from depot_flux_simulator.store import private


class Upload(io.BufferedIOBase, BinaryIO):
    """The bytes of a flux about to be deposited, their digest taken as they come.

    They are written from their start to their end.

    Args:
        path: where the file is made, if one is.
        small: up to so many bytes stay in memory; None for no byte at all.
        durable: whether a file that is settled survives a power cut.

    Attributes:
        path: as above.
        taille: how many bytes it has.
        content: all of them once it is settled, None where a file holds them.
    """

    def __init__(self, path: Path, *, small: int | None = None, durable: bool = False) -> None:
        self.path = path
        self.taille = 0
        self.content: bytes | None = None
        self._small = small
        self._durable = durable
        self._sha256 = sha256()
        self._memory: io.BytesIO | None = None if small is None else io.BytesIO()
        self._file: IO[bytes] = self._memory or _made(path)

    @property
    def sha256(self) -> str:
        """The digest, in hexadecimal, of what has been written."""
        return self._sha256.hexdigest()

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Write some more bytes."""
        self._sha256.update(data)
        self.taille += len(data)
        if self._memory is not None and self.taille > (self._small or 0):
            self.write_out()
        return self._file.write(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some of them."""
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go elsewhere among them."""
        return self._file.seek(offset, whence)

    def write_out(self) -> Path:
        """Have a file that holds what was written so far, for whoever reads it by its path."""
        if self._memory is not None:
            memory, self._memory = self._memory, None
            self._file = _made(self.path)
            self._file.write(memory.getbuffer())
            self._file.seek(memory.tell())
        self._file.flush()
        return self.path

    def settle(self) -> None:
        """Close it once it is whole.

        Every process may die now where a file holds it, the power go if it is durable.
        """
        if self._memory is not None:
            self.content = self._memory.getvalue()
            self.close()
            return
        if self._durable:
            self._file.flush()
            os.fsync(self._file.fileno())
        self.close()
        if self._durable:
            private.keep_names(self.path.parent)  # else its own may be lost

    def close(self) -> None:
        """Write it no more."""
        try:
            self._file.close()
        finally:
            super().close()

    def flush(self) -> None:
        """Nothing waits but what `write_out` and `close` write."""


def _made(path: Path) -> IO[bytes]:
    return io.BufferedRandom(io.FileIO(path, "x+", opener=_own))


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
