"""What is deposited, whatever it was given as: a name, bytes that can be read again, a sha256."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from os import SEEK_END, PathLike
from pathlib import Path
from typing import IO, Any

from depot_flux.exceptions import FichierError
from depot_flux.models import Fichier, Progress
from depot_flux.receipts import Fingerprint


class Source:
    """An open file to deposit.

    Attributes:
        name: the name it is deposited under.
        content: its bytes, from the start.
        size: how many there are.
    """

    def __init__(self, name: str, content: IO[bytes]) -> None:
        self.name = name
        self.content = content
        self.size = content.seek(0, SEEK_END)

    def fingerprint(self) -> Fingerprint:
        """Name and sha256.

        Raises:
            FichierError: it cannot be read.
        """
        self.content.seek(0)
        digest = hashlib.sha256()
        try:
            while block := self.content.read(1 << 18):
                digest.update(block)
        except OSError as error:
            raise FichierError(f"{self.name}: cannot be read: {error.strerror}") from error
        return Fingerprint(self.name, digest.hexdigest(), self.size)


class Guard:
    """A file on its way, whose last block leaves only after something else is done.

    Without its last block no platform can take a deposit.

    Args:
        source: the file.
        before_end: done once, right before the last block is given away.
        progress: told how far the file was read.
    """

    def __init__(
        self, source: Source, before_end: Callable[[], None], progress: Progress | None
    ) -> None:
        self._content = source.content
        self._size = source.size
        self._before_end: Callable[[], None] | None = before_end
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        """Read as any file does."""
        block = self._content.read(size)
        at = self._content.tell()
        if at >= self._size and self._before_end:
            self._before_end()
            self._before_end = None
        if self._progress:
            self._progress(at, self._size)
        return block

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(1 << 16):
            yield block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


@contextmanager
def source(fichier: Fichier, name: str | None) -> Iterator[Source]:
    """Open what is to be deposited; a file that was given open stays open.

    Raises:
        FichierError: it cannot be read, or has no name.
    """
    if isinstance(fichier, str | PathLike):
        path = Path(os.fspath(fichier))
        with _opened(path) as opened:
            yield Source(name or path.name, opened)
        return
    opened_by_caller = BytesIO(fichier) if isinstance(fichier, bytes | bytearray) else fichier
    yield Source(name or _name(opened_by_caller), _seekable(opened_by_caller))


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise FichierError(f"{path}: cannot be read: {error.strerror}") from error


def _name(opened: Any) -> str:
    name = getattr(opened, "name", None)
    if not isinstance(name, str):
        raise FichierError('bytes have no name; give one with nom="F2026-0001.xml"')
    return Path(name).name


def _seekable(opened: Any) -> IO[bytes]:
    if not getattr(opened, "seekable", bool)():
        raise FichierError("the open file cannot be read twice; give its path or its bytes")
    content: IO[bytes] = opened
    return content
