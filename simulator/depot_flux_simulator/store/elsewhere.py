"""The bytes of the flux where every machine finds them: in the database or in a bucket."""

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO
from uuid import uuid4

import sqlalchemy as sa

from depot_flux_simulator.store import private
from depot_flux_simulator.store.contents import YOUNG_MS, Contents, age_ms, drop, in_folder
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import MissingError
from depot_flux_simulator.store.tables import octets

_PIECE = 1_000_000


class Elsewhere(Contents):
    """A place that is no folder: what comes in lies in one of this machine for a moment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # What a process that died left of deposits that were none yet, and of looks at them.
        for name in in_folder(folder):
            path = folder / name
            if private.is_ours(path) and age_ms(path) > YOUNG_MS:
                drop(path)

    def kept(self, path: Path) -> None:
        """Let go of what came in, once the flux is real."""
        drop(path)

    @contextmanager
    def at_hand(self, name: str) -> Iterator[Path]:
        """A copy on this machine."""
        path = self.folder / uuid4().hex
        try:
            with os.fdopen(private.opened(path), "wb") as file:
                self.copy(name, file)
            yield path
        finally:
            drop(path)

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

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder)
        self._database = database

    @property
    def identity(self) -> str | None:
        """They go wherever the database goes."""
        return None

    def claim(self, identity: str) -> None:
        """Nobody else's they can be."""

    def keep(self, path: Path) -> Callable[[sa.Connection], None]:
        """Keep what came in with the flux, piece by piece."""
        return partial(self._insert, path)

    def _insert(self, path: Path, connection: sa.Connection) -> None:
        with path.open("rb") as file:
            for rang in count():
                piece = file.read(_PIECE)
                if rang and not piece:
                    return  # even what is empty has one
                row = {"contenu": path.name, "rang": rang, "morceau": piece}
                connection.execute(octets.insert(), row)

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
