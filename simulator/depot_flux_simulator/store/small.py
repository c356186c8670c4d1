"""The bytes of small flux in the SQLite file itself, those of large ones in a folder beside it.

To make a file takes longer than to store an invoice.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sqlalchemy as sa

from depot_flux_simulator.store import tables
from depot_flux_simulator.store.contents import Folder, Row, copied
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.elsewhere import Rows
from depot_flux_simulator.store.upload import Upload

SMALL = 65_536
"""As many bytes are small."""
# As many are deleted at once as others wait for without noticing.
_AT_ONCE = 500
_OPEN_FILES = Path("/proc/self/fd")
_octets = tables.octets.c
_SELECT = sa.select(_octets.morceau).where(_octets.contenu == sa.bindparam("contenu"))


class FolderOfLarge(Folder):
    """A folder beside an SQLite file that holds what is small.

    Args:
        folder: the folder.
        database: the file.
        durable: whether what is settled in the folder survives a power cut.
    """

    holds = "large flux"
    partial = True

    def __init__(self, folder: Path, database: Database, *, durable: bool) -> None:
        super().__init__(folder, durable=durable)
        self._database = database
        self._small = database.backend.reader(_SELECT)

    def new(self) -> Upload:
        """What takes the bytes of a flux about to be deposited."""
        return self._new(SMALL)

    def keep(self, file: Upload) -> Iterable[Row]:
        """The row of what is small; what is large came in where it stays."""
        return () if file.content is None else tuple(Rows(file))

    @contextmanager
    def at_hand(self, name: str) -> Iterator[Path]:
        """The file itself, or one in memory."""
        path = self.folder / name
        row = None if path.exists() else self._small.one({"contenu": name})
        if row is None:
            yield path
            return
        with self._copied(row[0]) as copy:
            yield copy

    def tidy_some(self) -> bool:
        """Throw away some of the rows that a reset left; whether there may be more.

        Their names are older than that of any flux deposited since, so that only as many are
        looked at.
        """
        flux = tables.flux.c
        joined = tables.octets.outerjoin(tables.flux, flux.contenu == _octets.contenu)
        query = sa.select(_octets.contenu, flux.pk).select_from(joined)
        oldest = query.order_by(_octets.contenu).limit(_AT_ONCE)
        with self._database.reading() as connection:
            found = connection.execute(oldest).all()
        left = [name for name, pk in found if pk is None]
        if left:
            with self._database.writing() as connection:
                connection.execute(tables.octets.delete().where(_octets.contenu.in_(left)))
        return bool(left) and len(found) == _AT_ONCE

    def close(self) -> None:
        """Let go of what reads."""
        self._small.close()

    def _copied(self, content: bytes) -> AbstractContextManager[Path]:
        if hasattr(os, "memfd_create") and _OPEN_FILES.exists():
            return _in_memory(content)
        return copied(self.folder, lambda file: file.write(content))


@contextmanager
def _in_memory(content: bytes) -> Iterator[Path]:
    """A file that is in no folder; its path holds for this machine's processes of this user."""
    with open(os.memfd_create("flux"), "wb") as file:  # noqa: PTH123 (it has no path yet)
        file.write(content)
        file.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
