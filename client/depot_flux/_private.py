"""Files that nobody else of the machine may read."""

import os
import stat
from pathlib import Path


def make_private(path: Path) -> None:
    """Make the file and its folder for nobody else to read, or see that what is there is ours.

    Raises:
        OSError: it cannot be made, is a link, or is another user's.
    """
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        known = path.lstat()
        if stat.S_ISLNK(known.st_mode):
            # SQLite would write beside the file that it leads to, whoever planted it.
            raise OSError("it is a link, which is not followed") from None
        if not hasattr(os, "geteuid"):
            return
        if known.st_uid != os.geteuid():
            raise PermissionError("it belongs to another user") from None
        if known.st_mode & 0o077:
            path.chmod(0o600)
