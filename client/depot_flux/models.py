"""What the library hands out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from os import PathLike
from typing import IO, Any

Fichier = str | PathLike[str] | bytes | IO[bytes]
"""What can be deposited: a path, the bytes themselves, or a file open in binary mode."""

Progression = Callable[[int, int], None]
"""Told how far something is: of an upload the bytes read and all bytes, of a batch its files."""


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
class Reponse:
    """An answer, without what must stay secret.

    Attributes:
        statut: its HTTP status.
        entetes: its headers, by their name in small letters.
        debut: the beginning of its body, as text.
    """

    statut: int
    entetes: Mapping[str, str]
    debut: str


@dataclass(frozen=True, slots=True)
class Flux:
    """A deposited flux.

    Attributes:
        id: the platform's identifier.
        nom: the name it was deposited under.
        code_interface: e.g. FSO3110A.
        sha256: of the bytes that were deposited, in hexadecimal.
        numero_recu: its number in the receipt book.
        repris: True when the receipt book knew the deposit, so that nothing was sent this time.
    """

    id: str
    nom: str
    code_interface: str
    sha256: str
    numero_recu: int
    repris: bool = False


class Etat(StrEnum):
    """What is known of a deposit."""

    EN_COURS = "EN_COURS"  # the last block went out or is about to; no answer was written down
    DEPOSE = "DEPOSE"
    INCERTAIN = "INCERTAIN"
    REFUSE = "REFUSE"  # not received by the platform: the file may be deposited again
    ANNULE = "ANNULE"  # set aside by the user, who knows better
    INCONNU = "INCONNU"  # deposited; the platform says that it does not know the flux any more


class Semblable(StrEnum):
    """In what a file is like one that was deposited, or may have been."""

    NOM = "NOM"  # other bytes under the same name
    FACTURE = "FACTURE"  # the same invoice: seller, number and year
    CONTENU = "CONTENU"  # the same bytes under another name


@dataclass(frozen=True, slots=True)
class Recu:
    """One deposit in the book.

    Attributes:
        numero: its number.
        plateforme: name of the platform and account of the deposit.
        code_interface: e.g. FSO3110A.
        nom: name of the file or envelope.
        sha256: of its bytes.
        taille: in bytes.
        etat: what is known of it.
        id_flux: the platform's identifier, once known.
        statut: the last status seen, if any.
        detail: why it was refused or is uncertain; of a deposit, what its answer had of its own.
        ouvert_le: when it was written down, before anything was sent.
        clos_le: when its outcome was written down.
        reponse: the answer, where it was not the contract's or left the deposit uncertain: JSON of
            `statut`, `entetes` and `debut` (its first bytes).
    """

    numero: int
    plateforme: str
    code_interface: str
    nom: str
    sha256: str
    taille: int
    etat: Etat
    id_flux: str | None
    statut: Statut | None
    detail: str
    ouvert_le: datetime
    clos_le: datetime | None
    reponse: str | None = None

    @property
    def incertain(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.etat in {Etat.EN_COURS, Etat.INCERTAIN, Etat.INCONNU}

    @property
    def flux(self) -> Flux | None:
        """The flux it brought, None while there is none."""
        if self.id_flux is None:
            return None
        return Flux(
            self.id_flux, self.nom, self.code_interface, self.sha256, self.numero, repris=True
        )


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
        dernier: what was seen last of that flux, final unless time ran out.
        erreur: why there is no flux, or why its status could not be read.
        incertain: True when the file may have been deposited although there is no flux.
        compte: login of the account that it was deposited for.
    """

    chemin: str
    flux: Flux | None = None
    dernier: StatutFlux | None = None
    erreur: str | None = None
    incertain: bool = False
    compte: str = ""

    @property
    def recevable(self) -> bool:
        """Whether its flux was found admissible."""
        return self.dernier is not None and self.dernier.recevable


Observer = Callable[[StatutFlux], None]
"""Told of every status that is seen while a flux is followed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as hooks are told of it.

    Attributes:
        name: `attempt`, `wait`, `renewal`, `outcome` or `migration`; these names stay.
        attributes: numbers, identifiers, states and names of errors, by name; never a secret, nor
            anything of what an invoice or an answer says.
    """

    name: str
    attributes: Mapping[str, Any]


Hook = Callable[[Event], None]
"""Told of everything that happens, in the thread or task where it happens."""


@dataclass(frozen=True, slots=True)
class Etape:
    """One step of a diagnosis.

    Attributes:
        nom: reglages, noms, tls, horloge, jeton, droits, compte, sante or livre.
        reussie: whether all is well; None where it could not be tried.
        constat: what was seen.
        remede: what to do, empty where nothing is.
    """

    nom: str
    reussie: bool | None
    constat: str
    remede: str = ""
