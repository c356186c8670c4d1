"""The bytes of the flux where every machine finds them: in the database or in a bucket."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from itertools import count
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from depot_flux_simulator.store import private
from depot_flux_simulator.store.contents import (
    YOUNG_MS,
    Contents,
    Row,
    age_ms,
    copied,
    drop,
    in_folder,
)
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import MissingError
from depot_flux_simulator.store.tables import octets
from depot_flux_simulator.store.upload import Upload

_PIECE = 1_000_000


class Elsewhere(Contents):
    """A place that is no folder: what comes in lies in one of this machine for a moment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # What a process that died left of deposits that were none yet, and of looks at them.
        for name in in_folder(folder):
            path = folder / name
            with suppress(FileNotFoundError):  # of a deposit under way, done meanwhile
                if private.is_ours(path) and age_ms(path) > YOUNG_MS:
                    drop(path)

    def kept(self, file: Upload) -> None:
        """Let go of what came in, once the flux is real."""
        if file.content is None:
            drop(file.path)

    def at_hand(self, name: str) -> AbstractContextManager[Path]:
        """A copy on this machine."""
        return copied(self.folder, lambda file: self.copy(name, file))

    def drop(self, names: Iterable[str]) -> None:
        """Throw away what came in; what was kept goes with its flux."""
        for name in names:
            drop(self.folder / name)

    @abstractmethod
    def copy(self, name: str, file: IO[bytes]) -> None:
        """Write the bytes of that name into a file; errors as for `at_hand`."""


class InDatabase(Elsewhere):
    """The database that holds the flux.

    Args:
        folder: of this machine, where bytes come in.
        database: the database.
    """

    place = "the database"
    partial = True

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder)
        self._database = database

    @property
    def identity(self) -> str | None:
        """They go wherever the database goes."""
        return None

    def claim(self, identity: str) -> None:
        """Nobody else's they can be."""

    def new(self) -> Upload:
        """What takes the bytes of a flux about to be deposited."""
        return self._new(_PIECE // 10)

    def keep(self, file: Upload) -> Iterable[Row]:
        """Keep what came in with the flux; what is large, piece by piece."""
        return Rows(file) if file.content is None else tuple(Rows(file))

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Write the bytes of that name into a file, piece by piece."""
        query = sa.select(octets.c.morceau).where(
            octets.c.contenu == name, octets.c.rang == sa.bindparam("n")
        )
        with self._database.reading() as connection:
            for rang in count():
                piece = connection.scalar(query, {"n": rang})
                if piece is None and not rang:
                    raise MissingError(name)
                if piece is None:
                    return
                file.write(piece)

    def names(self) -> list[str]:
        """None can lie there without a flux."""
        return []

    def set_aside(self, _names: Iterable[str]) -> int:
        """Likewise."""
        return 0


class Rows:
    """The bytes of a flux in rows, a piece in each; even what is empty has one.

    Args:
        file: holds them, and is settled.
    """

    def __init__(self, file: Upload) -> None:
        self._file = file

    def __iter__(self) -> Iterator[Row]:
        for rang, piece in enumerate(self._pieces()):
            yield {"contenu": self._file.path.name, "rang": rang, "morceau": piece}

    def _pieces(self) -> Iterator[bytes]:
        if self._file.content is not None:
            yield self._file.content
            return
        with self._file.path.open("rb") as file:
            yield file.read(_PIECE)
            while piece := file.read(_PIECE):
                yield piece
