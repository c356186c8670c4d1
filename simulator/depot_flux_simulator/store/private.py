"""Folders and files of our own: nobody else of the machine reads them, or has planted them.

What lies here signs tokens and holds other people's invoices, and a name that leads elsewhere
would have us write there.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from depot_flux_simulator.errors import ConfigurationError

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o077
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def folder(path: Path) -> None:
    """Make a folder that is ours alone, its parents too, or see that the one there is.

    Raises:
        ConfigurationError: it is a link, no folder, or another user's.
        OSError: it cannot be made.
    """
    if not os.path.lexists(path):
        missing = [parent for parent in path.parents if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(_FOLDER, exist_ok=True)
        path.mkdir(_FOLDER, exist_ok=True)
    known = _ours(path, path.lstat())
    if not stat.S_ISDIR(known.st_mode):
        raise ConfigurationError(f"{path}: is no folder; move it away or name another place")
    if known.st_mode & _OTHERS and hasattr(os, "geteuid"):
        path.chmod(_FOLDER)


def place(path: Path) -> None:
    """Make the folder in which a file of ours is to lie, or see that it is fit for it.

    A folder that is there keeps its rights: it may hold more than ours.

    Raises:
        ConfigurationError: it is another user's, or everybody may rename what lies in it.
        OSError: it cannot be made.
    """
    if not path.exists():
        folder(path)
        return
    known = path.stat()
    if not hasattr(os, "geteuid"):
        return
    if known.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(f"{path}: belongs to another user; name a folder of your own")
    if known.st_mode & stat.S_IWOTH and not known.st_mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"{path}: anybody may replace what lies there; name a folder of your own"
        )


def file(path: Path) -> None:
    """Make a file that is ours alone, or see that the one there is, without opening it.

    Raises:
        ConfigurationError: it is a link, even a hard one, no file, or another user's.
        OSError: it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, _FILE))
    except FileExistsError:
        check(path)


def check(path: Path) -> None:
    """See that a file is ours alone, if it is there.

    Raises:
        ConfigurationError: it is a link, even a hard one, no file, or another user's.
    """
    # One that another process takes away meanwhile is not there, either.
    with suppress(FileNotFoundError):
        known = _ours(path, path.lstat())
        _plain(path, known)
        if known.st_mode & _OTHERS and hasattr(os, "geteuid"):
            path.chmod(_FILE)


def opened(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """The descriptor of a file that is ours alone, made unless the flags say otherwise.

    Raises:
        ConfigurationError: it is a link, even a hard one, no file, or another user's.
        OSError: it cannot be opened.
    """
    check(path)
    descriptor = os.open(path, flags & ~os.O_TRUNC | _NO_LINK, _FILE)
    try:
        # What was looked at may have been replaced since.
        _plain(path, _ours(path, os.fstat(descriptor)))
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def reserve(descriptor: int, size: int) -> None:
    """Make a file as long as that, its room on the disk taken.

    A file with holes that is written through a map kills the process when the disk is full.

    Raises:
        OSError: there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    elif os.fstat(descriptor).st_size < size:
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, bytes(size - os.fstat(descriptor).st_size))


def keep_names(folder: Path) -> None:
    """Have the names of what lies in a folder survive a power cut.

    Raises:
        OSError: the disk fails.
    """
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_ours(path: Path) -> bool:
    """Whether a name is that of a plain file of this user.

    Raises:
        FileNotFoundError: another process has taken it away.
    """
    known = path.lstat()
    return stat.S_ISREG(known.st_mode) and _is_mine(known)


def _ours(path: Path, known: os.stat_result) -> os.stat_result:
    if stat.S_ISLNK(known.st_mode):
        raise ConfigurationError(
            f"{path}: is a link, which is not followed; move it away or name another place"
        )
    if not _is_mine(known):
        raise ConfigurationError(
            f"{path}: belongs to another user; move it away or name another place"
        )
    return known


def _plain(path: Path, known: os.stat_result) -> None:
    if not stat.S_ISREG(known.st_mode):
        raise ConfigurationError(f"{path}: is no file; move it away or name another place")
    # No more than one: a file that is taken away meanwhile has none.
    if known.st_nlink > 1:
        raise ConfigurationError(
            f"{path}: is a hard link, and writing there would change another file; replace it by "
            "a copy or name another place"
        )


def _is_mine(known: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or known.st_uid == os.geteuid()
