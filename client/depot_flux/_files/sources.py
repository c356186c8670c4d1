"""What is deposited, whatever it was given as: a name, bytes that can be read again, a sha256."""

import hashlib
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOBase
from os import SEEK_END, PathLike
from pathlib import Path
from typing import IO, Any

from depot_flux._book import Fingerprint
from depot_flux._files.factures import Reading
from depot_flux.exceptions import FichierError
from depot_flux.models import Fichier, Progression

BLOCK = 1 << 18  # bytes read at a time
_BEGINNING = 1 << 13  # bytes, in which most invoices say what they are


class Source:
    """An open file to deposit.

    Attributes:
        name: the name it is deposited under.
        content: its bytes, from the start.
        size: how many there are.

    Raises:
        FichierError: its name cannot travel, or it cannot be read.
    """

    def __init__(self, name: str, content: IO[bytes]) -> None:
        if not _writable(name):
            raise FichierError(
                f"{name!a}: the name is not UTF-8; deposit it under another, or rename the file"
            )
        self.name = name
        self.content = content
        try:
            self.size = content.seek(0, SEEK_END)
        except (OSError, ValueError) as error:
            raise FichierError(f"{name}: cannot be read: {error}") from error

    def read(self, size: int) -> bytes:
        """Read on.

        Raises:
            FichierError: it cannot be read.
        """
        try:
            return self.content.read(size)
        except OSError as error:
            raise FichierError(f"{self.name}: cannot be read: {error.strerror}") from error

    def beginning(self) -> str:
        """The invoice in it as `Fingerprint` has it, where its first bytes tell.

        Raises:
            FichierError: it cannot be read.
        """
        self.content.seek(0)
        reading = Reading()
        reading.feed(self.read(_BEGINNING))
        self.content.seek(0)
        return reading.facture()

    def fingerprint(self) -> Fingerprint:
        """Name, sha256 and invoice.

        Raises:
            FichierError: it cannot be read.
        """
        self.content.seek(0)
        taken = _Taken(self)
        while block := self.read(BLOCK):
            taken.update(block)
        return taken.fingerprint()


class _Taken:
    """The fingerprint of a file as it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._reading = Reading()

    def update(self, block: bytes) -> None:
        """Take in the next bytes."""
        self._digest.update(block)
        self._reading.feed(block)

    def fingerprint(self) -> Fingerprint:
        """The fingerprint, once all bytes were taken in.

        Raises:
            FichierError: the file cannot be read again.
        """
        source = self._source
        at = source.content.tell()
        try:
            facture = self._reading.facture(source.content)
        except OSError as error:
            raise FichierError(f"{source.name}: cannot be read: {error.strerror}") from error
        source.content.seek(at)
        return Fingerprint(source.name, self._digest.hexdigest(), source.size, facture)


class Guard:
    """A file on its way: hashed as it is read, its last block kept until something else is done.

    Without its last block no platform can take a deposit.

    Args:
        source: the file.
        before_end: done once with the file's fingerprint, right before the last block is given
            away for the first time.
        progress: told how far the file was read.
    """

    def __init__(
        self,
        source: Source,
        before_end: Callable[[Fingerprint], None],
        progress: Progression | None,
    ) -> None:
        self._source = source
        self._content = source.content
        self._before_end = before_end
        self._progress = progress
        self._taken = _Taken(source)
        self._sent: Fingerprint | None = None

    def read(self, size: int = -1) -> bytes:
        """Read on, in no small blocks: each costs a turn on its way to the socket.

        Raises:
            FichierError: the file has not the bytes it had; the last block does not leave.
        """
        at, whole = self._content.tell(), self._source.size
        if at == whole and self._sent:
            return b""  # the last block has left: whatever the file does now is too late
        if at == 0:
            self._taken = _Taken(self._source)
        wanted = max(size, BLOCK) if size >= 0 else whole
        block = self._source.read(min(wanted, whole - at))
        self._taken.update(block)
        at = self._content.tell()
        if self._progress:
            self._progress(at, whole)
        if at == whole:
            self._end()
        elif not block:
            raise changed(self._source.name)
        return block

    def _end(self) -> None:
        sent = self._taken.fingerprint()
        if self._sent not in {None, sent} or self._source.read(1):
            raise changed(self._source.name)
        if self._sent is None:
            self._before_end(sent)
            self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


def changed(name: str) -> FichierError:
    """The error for a file whose bytes are not those that were read before."""
    return FichierError(f"{name}: the file changed while it was read; deposit it again")


@contextmanager
def source(fichier: Fichier, name: str | None) -> Iterator[Source]:
    """Open what is to be deposited; a file that was given open stays open.

    Raises:
        FichierError: it cannot be read, or has no name.
    """
    if isinstance(fichier, str | PathLike):
        path = Path(fichier)
        with _opened(path) as opened:
            yield Source(name or path.name, opened)
        return
    opened_by_caller = BytesIO(fichier) if isinstance(fichier, bytes | bytearray) else fichier
    yield Source(name or _name(opened_by_caller), _seekable(opened_by_caller))


def _opened(path: Path) -> IO[bytes]:
    try:
        # Opening a pipe would wait for whoever writes into it.
        if stat.S_ISFIFO(path.stat().st_mode):
            raise FichierError(f"{path}: is a pipe, which cannot be read twice; give its bytes")
        return path.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise FichierError(f"{path}: cannot be read: {why}") from error


def _writable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(opened: Any) -> str:
    name = getattr(opened, "name", None)
    if not isinstance(name, str):
        raise FichierError('bytes have no name; give one with nom="F2026-0001.xml"')
    return Path(name).name


def _seekable(opened: Any) -> IO[bytes]:
    try:
        seekable = getattr(opened, "seekable", bool)()
    except ValueError:
        raise FichierError("the open file is closed; give its path or its bytes") from None
    if isinstance(opened, TextIOBase):
        raise FichierError('the file is open as text; open it in binary mode, "rb"')
    if not seekable:
        raise FichierError("the open file cannot be read twice; give its path or its bytes")
    content: IO[bytes] = opened
    return content
