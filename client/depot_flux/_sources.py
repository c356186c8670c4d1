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
from depot_flux.modeles import Fichier, Progression
from depot_flux.recus import Empreinte


class Source:
    """An open file to deposit.

    Attributes:
        nom: the name it is deposited under.
        contenu: its bytes, from the start.
        taille: how many there are.
    """

    def __init__(self, nom: str, contenu: IO[bytes]) -> None:
        self.nom = nom
        self.contenu = contenu
        self.taille = contenu.seek(0, SEEK_END)

    def empreinte(self) -> Empreinte:
        """Name and sha256.

        Raises:
            FichierError: it cannot be read.
        """
        self.contenu.seek(0)
        digest = hashlib.sha256()
        try:
            while block := self.contenu.read(1 << 18):
                digest.update(block)
        except OSError as error:
            raise FichierError(f"{self.nom}: cannot be read: {error.strerror}") from error
        return Empreinte(self.nom, digest.hexdigest(), self.taille)


class Garde:
    """A file on its way, whose last block leaves only after something else is done.

    Without its last block no platform can take a deposit.

    Args:
        source: the file.
        avant_fin: done once, right before the last block is given away.
        progression: told how far the file was read.
    """

    def __init__(
        self, source: Source, avant_fin: Callable[[], None], progression: Progression | None
    ) -> None:
        self._contenu = source.contenu
        self._taille = source.taille
        self._avant_fin: Callable[[], None] | None = avant_fin
        self._progression = progression

    def read(self, size: int = -1) -> bytes:
        """Read as any file does."""
        block = self._contenu.read(size)
        at = self._contenu.tell()
        if at >= self._taille and self._avant_fin:
            self._avant_fin()
            self._avant_fin = None
        if self._progression:
            self._progression(at, self._taille)
        return block

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(1 << 16):
            yield block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._contenu, name)


@contextmanager
def source(fichier: Fichier, nom: str | None) -> Iterator[Source]:
    """Open what is to be deposited; a file that was given open stays open.

    Raises:
        FichierError: it cannot be read, or has no name.
    """
    if isinstance(fichier, str | PathLike):
        path = Path(os.fspath(fichier))
        with _opened(path) as opened:
            yield Source(nom or path.name, opened)
        return
    opened_by_caller = BytesIO(fichier) if isinstance(fichier, bytes | bytearray) else fichier
    yield Source(nom or _name(opened_by_caller), _seekable(opened_by_caller))


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
    contenu: IO[bytes] = opened
    return contenu
