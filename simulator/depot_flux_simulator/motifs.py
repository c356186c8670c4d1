"""The 18 motifs d'irrecevabilité and what a verdict says.

Source: Dossier général v3.2, table 3, and Annexe 7 G7.18 (documented).
"""

from dataclasses import dataclass
from enum import StrEnum


class Niveau(StrEnum):
    """What a motif is about."""

    FLUX = "flux"
    FICHIER = "fichier"
    PIECE_JOINTE = "piece_jointe"


class Code(StrEnum):
    """The code of a motif, as Annexe 7 spells it."""

    IRR_TAILLE = "IRR_TAILLE"
    IRR_UNICITE = "IRR_UNICITE"
    IRR_VIDE = "IRR_VIDE"
    IRR_FORM = "IRR_FORM"
    IRR_TYPE = "IRR_TYPE"
    IRR_ANTIVIRUS = "IRR_ANTIVIRUS"
    IRR_CODE_INTER = "IRR_CODE_INTER"
    IRR_EXTRAC = "IRR_EXTRAC"
    IRR_CODE_APP = "IRR_CODE_APP"
    IRR_VIDE_F = "IRR_VIDE_F"
    IRR_TYPE_F = "IRR_TYPE_F"
    IRR_SYNTAX = "IRR_SYNTAX"
    IRR_TAILLE_F = "IRR_TAILLE_F"
    IRR_NOM_F = "IRR_NOM_F"
    IRR_TAILLE_PJ = "IRR_TAILLE_PJ"
    IRR_NOM_PJ = "IRR_NOM_PJ"
    IRR_VID_PJ = "IRR_VID_PJ"
    IRR_EXT_DOC = "IRR_EXT_DOC"


@dataclass(frozen=True, slots=True)
class Motif:
    """One reason why a flux is irrecevable.

    Attributes:
        code: which of the 18 controls failed.
        message: one sentence that names the input and what is wrong with it.
        regle: the rule that was broken, e.g. "UBL 2.1 XSD" or "30 Mo au plus".
        remede: one sentence on what to do.
        source: where the rule stands, e.g. "[DG] 3.4.2".
        fichier: name of the file at fault, None when it is the flux itself.
        piece_jointe: name of the attachment at fault, if any.
        ligne: line in the file, from 1, if there is one.
    """

    code: Code
    message: str
    regle: str
    remede: str
    source: str
    fichier: str | None = None
    piece_jointe: str | None = None
    ligne: int | None = None


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
    """

    motifs: tuple[Motif, ...] = ()
    fichiers: tuple[Fichier, ...] = ()
    remarques: tuple[str, ...] = ()
    cles: tuple[str, ...] = ()

    @property
    def recevable(self) -> bool:
        """Whether no control failed."""
        return not self.motifs
