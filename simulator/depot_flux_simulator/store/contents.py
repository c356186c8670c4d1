"""The bytes of the flux, each in a file of its own."""

from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path
from typing import IO
from uuid import uuid4


class Contents:
    """The folder where the bytes lie; made if need be.

    Attributes:
        lock: a file in it that writers of the database may lock.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.lock = folder / "write.lock"

    def new(self) -> IO[bytes]:
        """An open file for the bytes of a flux about to be deposited; its `name` is its path."""
        return (self._folder / uuid4().hex).open("x+b")

    def path(self, name: str) -> Path:
        """The file of that name."""
        return self._folder / name

    def sweep(self, kept: Iterable[Path]) -> int:
        """Delete every file but these; how many."""
        known = {self.lock, *kept}
        orphans = [path for path in self._folder.iterdir() if path not in known]
        for path in orphans:
            drop(path)
        return len(orphans)


def digest(contenu: Path) -> str:
    """The sha256 of the bytes of a flux, in hexadecimal."""
    with contenu.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def drop(contenu: Path) -> None:
    """Throw away bytes that no flux refers to."""
    contenu.unlink(missing_ok=True)
