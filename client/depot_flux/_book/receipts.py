"""What is told of files and deposits in the book."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from depot_flux.exceptions import LivreError
from depot_flux.models import Etat, Recu, Semblable, Statut


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one file from another: its name and the sha256 of its bytes; and its size.

    Attributes:
        facture: the invoice in it, seller, number and year; empty where that cannot be told.
    """

    name: str
    sha256: str
    size: int
    facture: str = field(default="", compare=False)


Alike = tuple[Semblable, Recu]
"""In what a file is like one that may have been deposited, and the deposit of that one."""


class AlreadyInBookError(Exception):
    """Files about to be deposited are in deposits that count, or are like some that are.

    Attributes:
        known: the deposit of each that is.
        alike: the deposit of each that is like another, and in what.
    """

    def __init__(
        self, known: Mapping[Fingerprint, Recu], alike: Mapping[Fingerprint, Alike]
    ) -> None:
        super().__init__(f"{len(known) + len(alike)} files are in the book, or like some")
        self.known = known
        self.alike = alike


def recu_of(row: sqlite3.Row) -> Recu:
    """A deposit as it was written down.

    Raises:
        LivreError: this version cannot read it.
    """
    try:
        return _read(row)
    except ValueError as error:
        raise LivreError(
            f"deposit {row['numero']} of the receipt book cannot be read ({error}); a later "
            "version may have written it"
        ) from None


def _read(row: sqlite3.Row) -> Recu:
    return Recu(
        numero=row["numero"],
        plateforme=row["plateforme"],
        code_interface=row["code_interface"],
        nom=row["nom"],
        sha256=row["sha256"],
        taille=row["taille"],
        etat=Etat(row["etat"]),
        id_flux=row["id_flux"],
        statut=Statut(row["statut"]) if row["statut"] else None,
        detail=row["detail"],
        reponse=row["reponse"],
        ouvert_le=datetime.fromisoformat(row["ouvert_le"]),
        clos_le=datetime.fromisoformat(row["clos_le"]) if row["clos_le"] else None,
    )
