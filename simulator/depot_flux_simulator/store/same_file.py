"""The SQLite file that a server has open: it must stay the one it was.

SQLite does not look again. What it writes to a file that was removed, or by a log to one that was
overwritten, is lost, though nothing fails.
"""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import private
from depot_flux_simulator.store.errors import StoreUnreachableError

_MAGIC = b"SQLite format 3\0"
_TRUSTED_SECONDS = 1.0


def refuse_another_kind(path: Path) -> None:
    """See that a file can become or is a database, before anything is done to it or beside it.

    To be called before SQLite has it open in this process: see `SameFile`.

    Raises:
        ConfigurationError: it is a link, no file, another user's, or holds something else.
    """
    # One that cannot be read yet is refused, if need be, when it is opened.
    with suppress(OSError):
        if not private.is_ours(path) or path.lstat().st_nlink > 1:
            private.check(path)
            return
        with path.open("rb", buffering=0) as file:
            begins = file.read(len(_MAGIC))
        if begins not in (b"", _MAGIC):
            raise ConfigurationError(
                f"{path}: is no SQLite database; name another file, or a new one"
            )


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
        # Kept open: whoever closes it lets go of the locks that SQLite has on it in this process.
        self._file = path.open("rb", buffering=0)
        known = os.fstat(self._file.fileno())
        self._device, self._number = known.st_dev, known.st_ino
        self._seen, self._until = 0, 0.0

    def check(self) -> None:
        """See that it is there, and is SQLite's.

        This comes before every write. To look at the path takes five times as long as to see that
        nothing has happened to the file, or could have but to a folder above it.

        Raises:
            StoreUnreachableError: it is not.
        """
        changed = os.fstat(self._file.fileno()).st_ctime_ns
        if changed != self._seen or monotonic() > self._until:
            self._look()
            self._seen, self._until = changed, monotonic() + _TRUSTED_SECONDS

    def _look(self) -> None:
        try:
            known = self._path.stat()
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
