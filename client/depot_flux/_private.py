"""Files that nobody else of the machine may read."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

# Of SQLite's, which writes into them whatever they are.
_BESIDE = ("-wal", "-shm", "-journal")


def make_private(path: Path) -> None:
    """Make a database and its folder for nobody else to read, or see that what is there is ours.

    Raises:
        OSError: it cannot be made, is no file or a link, or is another user's.
    """
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(0o700, exist_ok=True)
    for beside in (path.with_name(path.name + end) for end in _BESIDE):
        if os.path.lexists(beside):
            _see(beside.lstat(), beside)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Not opened: to close it would take SQLite's locks from this process.
        known = path.lstat()
        _see(known, path)
        if hasattr(os, "geteuid") and known.st_mode & 0o077:
            path.chmod(0o600)


def open_private(path: Path) -> IO[str]:
    """Open a file, emptied, to write into it what nobody else may read.

    Raises:
        OSError: it cannot be opened, is no file or a link, or is another user's.
    """
    if path.is_symlink():
        raise _link(path)
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_NONBLOCK"):  # Windows has neither
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        _see(os.fstat(descriptor), path)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        return os.fdopen(descriptor, "w", encoding="utf-8")
    except BaseException:
        os.close(descriptor)
        raise


def _see(known: os.stat_result, path: Path) -> None:
    """See that it is a file of ours under no other name, where someone else reads or writes it."""
    if stat.S_ISLNK(known.st_mode) or (stat.S_ISREG(known.st_mode) and known.st_nlink > 1):
        raise _link(path)
    if not stat.S_ISREG(known.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if hasattr(os, "geteuid") and known.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(path))


def _link(path: Path) -> OSError:
    return OSError(errno.ELOOP, "it is a link, which is not followed", str(path))
