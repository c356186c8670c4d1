"""The SQLite file that a server has open: it must stay the one it was.

SQLite does not look again. What it writes to a file that was removed, or by a log to one that was
overwritten, is lost, though nothing fails.
"""

import os
from pathlib import Path

from depot_flux_simulator.store.errors import StoreUnreachableError

_MAGIC = b"SQLite format 3\0"


def identity(path: Path) -> str:
    """What tells a file from every other one of the machine.

    Raises:
        OSError: there is none.
    """
    known = path.stat()
    return f"{known.st_dev}:{known.st_ino}"


def refuse_another(path: Path, known: str) -> None:
    """See that a file still is the one of that identity.

    Raises:
        StoreUnreachableError: it is not.
    """
    try:
        if identity(path) == known:
            return
    except OSError:
        pass
    raise _gone(path, "removed or replaced")


class SameFile:
    """A file that SQLite has open in this process.

    Args:
        path: the file, laid out.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = os.fspath(path)
        # Kept open: whoever closes it lets go of the locks that SQLite has on it in this process.
        self._file = path.open("rb", buffering=0)
        known = os.fstat(self._file.fileno())
        self._device, self._number = known.st_dev, known.st_ino

    def check(self) -> None:
        """See that it is there, and is SQLite's; before every write, so it is quick.

        Raises:
            StoreUnreachableError: it is not.
        """
        try:
            known = os.stat(self._name)  # noqa: PTH116 (half the time of the path's own)
        except OSError:
            raise _gone(self._path, "removed or replaced") from None
        if known.st_ino != self._number or known.st_dev != self._device:
            raise _gone(self._path, "removed or replaced")
        if hasattr(os, "pread") and os.pread(self._file.fileno(), len(_MAGIC), 0) != _MAGIC:
            raise _gone(self._path, "emptied or overwritten")

    def close(self) -> None:
        """Let go of it, once SQLite has."""
        self._file.close()


def _gone(path: Path, how: str) -> StoreUnreachableError:
    return StoreUnreachableError(
        f"{path}: was {how} while the server runs; put it back, or start the server again"
    )
