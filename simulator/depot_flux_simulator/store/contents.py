"""The bytes of the flux: each in a file of its own, in a folder; see `elsewhere` for other places.

Wherever they are kept, they come in and are looked at as files of this machine.
"""

import hashlib
import io
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import file_digest
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from depot_flux_simulator.flux.clock import file_time
from depot_flux_simulator.store import private

NAME = re.compile(r"[0-9a-f]{32}")
"""What the bytes of a flux are called."""
YOUNG_MS = 3_600_000
"""Bytes written since then may be of a deposit under way."""
IDENTITY = "identity"
"""Name of what says which database these are the bytes of."""
ASIDE = "ecartes"
"""Where, among the contents, bytes lie that no flux refers to."""
_LOCK = "write.lock"


class Upload(io.BufferedRandom):
    """A new file for the bytes of a flux about to be deposited, its digest taken as they come.

    It is written from its start to its end; its `name` is its path.

    Attributes:
        path: the same.
        taille: how many bytes it has.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        super().__init__(io.FileIO(path, "x+", opener=_own))
        self.path = path
        self._durable = durable
        self._sha256 = hashlib.sha256()
        self.taille = 0

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Write some more bytes."""
        self._sha256.update(data)
        written = super().write(data)
        self.taille += written
        return written

    def settle(self) -> None:
        """Close it once it is whole: every process may die now, the power go if it is durable."""
        if self._durable:
            self.flush()
            os.fsync(self.fileno())
        self.close()
        if self._durable and hasattr(os, "O_DIRECTORY"):
            folder = os.open(self.path.parent, os.O_DIRECTORY)
            try:
                os.fsync(folder)  # else its name may be lost
            finally:
                os.close(folder)

    @property
    def sha256(self) -> str:
        """The digest, in hexadecimal, of what has been written."""
        return self._sha256.hexdigest()


class Contents(ABC):
    """Where the bytes lie, each under the name that `new` gave them.

    Args:
        folder: of this machine, where they come in; made if need be.
        durable: whether what is settled there survives a power cut.

    Attributes:
        place: where they lie, for people.
        keeps_beside: whether nothing of them is left to keep in the transaction of their flux.

    Raises:
        ConfigurationError: the folder is a link, or another user's.
        OSError: it cannot be made.
    """

    place: str
    keeps_beside = False

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        private.folder(folder)
        self.folder = folder
        self._durable = durable

    def new(self) -> Upload:
        """A file for the bytes of a flux about to be deposited."""
        return Upload(self.folder / uuid4().hex, durable=self._durable)

    def path(self, name: str) -> Path:
        """The file of that name, where it is on this machine."""
        return self.folder / name

    @property
    @abstractmethod
    def identity(self) -> str | None:
        """Which database these are the bytes of, None as long as none has claimed them."""

    @abstractmethod
    def claim(self, identity: str) -> None:
        """Make them the bytes of a database, as far as a power cut."""

    @abstractmethod
    def keep(self, path: Path) -> Callable[[sa.Connection], None]:
        """Keep what came in, and say what is left to do in the transaction that makes it a flux.

        Raises:
            StoreError: they cannot be kept.
        """

    @abstractmethod
    def kept(self, path: Path) -> None:
        """Let go of what came in, once the flux is real."""

    @abstractmethod
    def at_hand(self, name: str) -> AbstractContextManager[Path]:
        """A file that holds them while entered.

        Raises:
            MissingError: they are missing.
            StoreError: the place does not answer.
        """

    @abstractmethod
    def drop(self, names: Iterable[str]) -> None:
        """Throw away bytes that no flux refers to any more."""

    @abstractmethod
    def names(self) -> list[str]:
        """Of all that lie there."""

    @abstractmethod
    def set_aside(self, names: Iterable[str]) -> int:
        """Move away those of these that have lain there a while; how many."""


class Folder(Contents):
    """A folder, of one machine or shared by many.

    Args:
        folder: the folder.
        durable: whether what is settled there survives a power cut.

    Attributes:
        lock: a file in it that writers of the database may lock.
    """

    keeps_beside = True

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        super().__init__(folder, durable=durable)
        self.place = str(folder)
        self.lock = folder / _LOCK

    @property
    def identity(self) -> str | None:
        """Which database these are the bytes of, None as long as none has claimed them."""
        path = self.folder / IDENTITY
        private.check(path)
        try:
            return path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return None

    def claim(self, identity: str) -> None:
        """Make them the bytes of a database, as far as a power cut."""
        made = self.folder / f"{IDENTITY}.{uuid4().hex}"
        with os.fdopen(private.opened(made), "w", encoding="ascii") as file:
            file.write(identity)
            file.flush()
            os.fsync(file.fileno())
        made.replace(self.folder / IDENTITY)

    def keep(self, _path: Path) -> Callable[[sa.Connection], None]:
        """They came in where they stay."""
        return lambda _connection: None

    def kept(self, path: Path) -> None:
        """Likewise."""

    @contextmanager
    def at_hand(self, name: str) -> Iterator[Path]:
        """The file itself."""
        yield self.folder / name

    def drop(self, names: Iterable[str]) -> None:
        """Throw away bytes that no flux refers to any more."""
        for name in names:
            drop(self.folder / name)

    def names(self) -> list[str]:
        """Files that have a name such as `new` gives."""
        return in_folder(self.folder)

    def set_aside(self, names: Iterable[str]) -> int:
        """Move away those of these files that are ours and have lain there a while; how many."""
        aside = self.folder / ASIDE
        count = 0
        for name in names:
            path = self.folder / name
            if not private.is_ours(path) or age_ms(path) < YOUNG_MS:
                continue
            private.folder(aside)
            path.replace(aside / name)
            count += 1
        return count


def in_folder(folder: Path) -> list[str]:
    """Files that have a name such as `Contents.new` gives."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if NAME.fullmatch(entry.name)]


def age_ms(path: Path) -> int:
    """How long ago, in milliseconds of the machine, a file was written."""
    return file_time() - path.lstat().st_mtime_ns // 1_000_000


def digest(contenu: Path) -> str:
    """The sha256 of the bytes of a flux, in hexadecimal."""
    with contenu.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def drop(contenu: Path) -> None:
    """Throw away bytes that no flux refers to."""
    contenu.unlink(missing_ok=True)


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
