"""What the controls say of a flux."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from depot_flux_simulator.flux.facture import Constat, Facture
from depot_flux_simulator.flux.motifs import TABLE, Code, Niveau, Regle

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Motif:
    """One reason why a flux is irrecevable; `of` makes one from the rule that was broken.

    Attributes:
        code: which of the 18 controls failed.
        message: one sentence that names the input and what is wrong with it.
        regle: the rule that was broken, e.g. "UBL 2.1 XSD" or "30 Mo au plus".
        remede: one sentence on what to do.
        source: where the rule stands, e.g. "[DG] 3.4.2".
        fichier: name of the file at fault, None when it is the flux itself.
        piece_jointe: name of the attachment at fault, if any.
        ligne: line in the file, from 1, if there is one.
        lieu: path of the element at fault, e.g. `Invoice/InvoiceLine[2]/ID`, "" if none.
        terme: its business term in EN 16931, e.g. BT-126, "" if none is known.
        original: what the library that found the fault said itself, "" if none did.
    """

    code: Code
    message: str
    regle: str
    remede: str
    source: str
    fichier: str | None = None
    piece_jointe: str | None = None
    ligne: int | None = None
    lieu: str = ""
    terme: str = ""
    original: str = ""

    @classmethod
    def of(
        cls,
        regle: Regle,
        message: str,
        remede: str,
        *,
        values: Mapping[str, object] = _NOTHING,
        fichier: str | None = None,
        piece_jointe: str | None = None,
        ligne: int | None = None,
        lieu: str = "",
        terme: str = "",
        original: str = "",
    ) -> "Motif":
        """The motif of a broken rule, with code, rule and source as the table has them.

        Args:
            regle: the rule.
            message: as above, and so are the others.
            remede: idem.
            values: what the rule's text leaves open, by name.
            fichier: idem.
            piece_jointe: idem.
            ligne: idem.
            lieu: idem.
            terme: idem.
            original: idem.
        """
        return cls(
            regle.code,
            message,
            regle.texte.format(**values),
            remede,
            regle.source,
            fichier,
            piece_jointe,
            ligne,
            lieu,
            terme,
            original,
        )

    @property
    def libelle(self) -> str:
        """What the motif is about, in a few French words."""
        return TABLE[self.code].libelle

    @property
    def niveau(self) -> Niveau:
        """Flux, file or attachment."""
        return TABLE[self.code].niveau

    def as_dict(self) -> dict[str, Any]:
        """The motif as plain values, its label and level with it."""
        return {**asdict(self), "libelle": self.libelle, "niveau": str(self.niveau)}


@dataclass(frozen=True, slots=True)
class Fichier:
    """One file of a flux.

    Attributes:
        nom: its name, in the archive or as deposited.
        taille: bytes.
        sha256: hexadecimal digest of its bytes.
    """

    nom: str
    taille: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the controls found.

    Attributes:
        motifs: every reason found; none means recevable.
        fichiers: the files the flux holds.
        remarques: what a reader must know of the controls, e.g. that no XSD was applied.
        cles: keys this flux claims for ever (its identifier, a transmission); a later flux of the
            same application that claims one again breaks IRR_UNICITE.
        factures: what becomes of its invoices, where the functional level was told; never part of
            the verdict, nor are:
        constats: what a schematron finds of its files that are no invoices.
    """

    motifs: tuple[Motif, ...] = ()
    fichiers: tuple[Fichier, ...] = ()
    remarques: tuple[str, ...] = ()
    cles: tuple[str, ...] = ()
    factures: tuple[Facture, ...] = ()
    constats: tuple[Constat, ...] = ()

    @property
    def recevable(self) -> bool:
        """Whether no control failed."""
        return not self.motifs
