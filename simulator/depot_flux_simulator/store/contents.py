"""The bytes of the flux: each in a file of its own, in a folder; see `elsewhere` for other places.

Wherever they are kept, they are looked at as files of this machine.
"""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from depot_flux_simulator.flux.clock import file_time
from depot_flux_simulator.store import private
from depot_flux_simulator.store.upload import Upload

NAME = re.compile(r"[0-9a-f]{32}")
"""What the bytes of a flux are called."""
YOUNG_MS = 3_600_000
"""Bytes written since then may be of a deposit under way."""
IDENTITY = "identity"
"""Name of what says which database these are the bytes of."""
ASIDE = "ecartes"
"""Where, among the contents, bytes lie that no flux refers to."""
_LOCK = "write.lock"

Row = Mapping[str, Any]
"""Of the table `octets`."""


class Contents(ABC):
    """Where the bytes lie, each under the name that `new` gave them.

    Args:
        folder: of this machine, where they come in; made if need be.
        durable: whether what is settled there survives a power cut.

    Attributes:
        place: where they lie, for people.
        holds: of which flux, for people.
        partial: whether those of most flux are rows of the database.

    Raises:
        ConfigurationError: the folder is a link, or another user's.
        OSError: it cannot be made.
    """

    place: str
    holds = "the flux"
    partial = False

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        private.folder(folder)
        self.folder = folder
        self._durable = durable

    def new(self) -> Upload:
        """What takes the bytes of a flux about to be deposited."""
        return self._new(None)

    def _new(self, small: int | None) -> Upload:
        # Later ones have greater names: an index of them grows at its end.
        name = f"{file_time():012x}{uuid4().hex[:20]}"
        return Upload(self.folder / name, small=small, durable=self._durable)

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
    def keep(self, file: Upload) -> Iterable[Row]:
        """Keep what came in, and tell the rows left to add in the transaction that makes it a flux.

        They can be told again.

        Raises:
            StoreError: they cannot be kept.
        """

    @abstractmethod
    def kept(self, file: Upload) -> None:
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

    def give_up(self, file: Upload) -> None:
        """Throw away what came in, and was kept, of a deposit that is none."""
        self.drop([file.path.name])

    @abstractmethod
    def names(self) -> list[str]:
        """Of all that lie there by themselves."""

    @abstractmethod
    def set_aside(self, names: Iterable[str]) -> int:
        """Move away those of these that have lain there a while; how many.

        Another server may take some away meanwhile.

        Raises:
            ConfigurationError: where they are to lie is a link, no folder, or another user's.
            OSError: they cannot be moved.
            StoreError: the place does not answer.
        """

    def tidy_some(self) -> bool:
        """Throw away some of what a reset left; whether there may be more."""
        return False

    def tidy(self) -> None:
        """Throw away all that a reset left."""
        while self.tidy_some():
            pass

    def close(self) -> None:  # noqa: B027 (most places have nothing to do)
        """Let go of what reads."""


class Folder(Contents):
    """A folder, of one machine or shared by many.

    Args:
        folder: the folder.
        durable: whether what is settled there survives a power cut.

    Attributes:
        lock: a file in it that writers of the database may lock.
    """

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
        private.keep_names(self.folder)

    def keep(self, _file: Upload) -> Iterable[Row]:
        """They came in where they stay."""
        return ()

    def kept(self, _file: Upload) -> None:
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
            with suppress(FileNotFoundError):
                if private.is_ours(path) and age_ms(path) >= YOUNG_MS:
                    private.folder(aside)
                    path.replace(aside / name)
                    count += 1
        return count


def in_folder(folder: Path) -> list[str]:
    """Files that have a name such as `Contents.new` gives."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if NAME.fullmatch(entry.name)]


@contextmanager
def copied(folder: Path, write: Callable[[IO[bytes]], object]) -> Iterator[Path]:
    """A file in a folder while entered, that holds what is written to it at first."""
    path = folder / uuid4().hex
    try:
        with os.fdopen(private.opened(path), "wb") as file:
            write(file)
        yield path
    finally:
        drop(path)


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
