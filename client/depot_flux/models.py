"""What the library hands out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from os import PathLike
from typing import IO

Fichier = str | PathLike[str] | bytes | IO[bytes]
"""What can be deposited: a path, the bytes themselves, or a file open in binary mode."""

Progress = Callable[[int, int], None]
"""Told of an upload: bytes read so far, bytes in all."""


class Statut(StrEnum):
    """Where a flux stands; documented [P]."""

    RECU = "RECU"
    EN_COURS_DE_TRAITEMENT = "EN_COURS_DE_TRAITEMENT"
    RECEVABLE = "RECEVABLE"
    IRRECEVABLE = "IRRECEVABLE"

    @property
    def final(self) -> bool:
        """Whether it never changes any more."""
        return self in {Statut.RECEVABLE, Statut.IRRECEVABLE}


@dataclass(frozen=True, slots=True)
class Flux:
    """A deposited flux.

    Attributes:
        id: the platform's identifier.
        nom: the name it was deposited under.
        code_interface: e.g. FSO3110A.
        sha256: of the bytes that were deposited, in hexadecimal.
        recu: its number in the receipt book.
        repris: True when the receipt book knew the deposit, so that nothing was sent this time.
    """

    id: str
    nom: str
    code_interface: str
    sha256: str
    recu: int
    repris: bool = False


@dataclass(frozen=True, slots=True)
class StatutFlux:
    """What the platform says of a flux.

    Attributes:
        id: the flux's identifier.
        statut: where it stands.
        date: since when, if the platform tells.
    """

    id: str
    statut: Statut
    date: datetime | None

    @property
    def recevable(self) -> bool:
        """Whether the flux was found admissible."""
        return self.statut is Statut.RECEVABLE

    @property
    def final(self) -> bool:
        """Whether this never changes any more."""
        return self.statut.final


@dataclass(frozen=True, slots=True)
class ResultatFichier:
    """What became of one file of a batch.

    Attributes:
        chemin: the file as it was given.
        flux: the flux that carries it, None when it was not deposited or nobody knows.
        statut: the last status of that flux that was seen, final unless time ran out.
        erreur: why there is no flux, or why its status could not be read.
        incertain: True when the file may have been deposited although there is no flux.
    """

    chemin: str
    flux: Flux | None = None
    statut: StatutFlux | None = None
    erreur: str | None = None
    incertain: bool = False

    @property
    def recevable(self) -> bool:
        """Whether its flux was found admissible."""
        return self.statut is not None and self.statut.recevable
