"""The 18 motifs d'irrecevabilité and what a verdict says.

Source: Dossier général v3.2, table 3, and Annexe 7 G7.18 (documented).
"""

import sys
from collections.abc import Iterator
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


class Classe(StrEnum):
    """How surely something is known."""

    DOCUMENTE = "documented"
    DEDUIT = "inferred"
    SUPPOSE = "assumed"


@dataclass(frozen=True, slots=True)
class Definition:
    """One of the 18 motifs.

    Attributes:
        code: as Annexe 7 spells it.
        libelle: what it is about, after [DG] table 3.
        niveau: flux, file or attachment.
        declencheur: what makes the simulator give it.
        source: where the rule stands.
        classe: how surely what triggers it is known.
    """

    code: Code
    libelle: str
    niveau: Niveau
    declencheur: str
    source: str
    classe: Classe


def _definitions() -> Iterator[Definition]:
    flux, fichier, piece = Niveau.FLUX, Niveau.FICHIER, Niveau.PIECE_JOINTE
    documente, deduit, suppose = Classe.DOCUMENTE, Classe.DEDUIT, Classe.SUPPOSE
    yield Definition(
        Code.IRR_TAILLE,
        "Taille du flux",
        flux,
        "Plus de 30 Mo (30 000 000 octets)",
        "[CP] 5.4.1",
        documente,
    )
    yield Definition(
        Code.IRR_UNICITE,
        "Unicité du flux",
        flux,
        "Identifiant d'enveloppe déjà reçu de l'application ; sans enveloppe, mêmes octets sous le"
        " même nom ; nom ou identifiant d'une transmission e-reporting déjà reçu",
        "[DG] tableau 3, [CP] 3.6",
        deduit,
    )
    yield Definition(
        Code.IRR_VIDE,
        "Flux vide",
        flux,
        "Aucun octet, ou archive sans fichier",
        "[DG] 3.4.2",
        documente,
    )
    yield Definition(
        Code.IRR_FORM,
        "Format du nom de l'enveloppe",
        flux,
        "Nom d'archive qui n'a pas la forme `{code interface}_{code application}_{identifiant}"
        ".tar.gz`, ou identifiant qui ne commence pas par le code application",
        "[DG] 3.4.5, [A7] G7.33",
        documente,
    )
    yield Definition(
        Code.IRR_TYPE,
        "Type et extension du flux",
        flux,
        "Extension autre que tar.gz, xml et pdf, ou contenu d'un autre type que son extension",
        "[DG] note 66",
        deduit,
    )
    yield Definition(
        Code.IRR_ANTIVIRUS,
        "Antivirus",
        flux,
        "Fichier de test EICAR dans le flux, un fichier ou une pièce jointe ; tout ce que trouve"
        " ClamAV s'il est configuré",
        "[DG] 3.4.2",
        documente,
    )
    yield Definition(
        Code.IRR_CODE_INTER,
        "Code interface",
        flux,
        "Code bien formé mais inconnu, ou code de l'enveloppe autre que celui donné à côté",
        "[CP] 5.2.4",
        deduit,
    )
    yield Definition(
        Code.IRR_EXTRAC,
        "Extraction de l'archive",
        flux,
        "Archive endommagée, tronquée, démesurée une fois décompressée, ou qui contient autre chose"
        " que de simples fichiers",
        "[DG] tableau 3",
        documente,
    )
    yield Definition(
        Code.IRR_CODE_APP,
        "Code application",
        flux,
        "Aucun raccordement pour le code de l'enveloppe, ou code d'une autre application",
        "[DG] 3.4.5",
        documente,
    )
    yield Definition(
        Code.IRR_VIDE_F,
        "Fichier vide",
        fichier,
        "Aucun octet dans un fichier d'une archive, ou rien que des blancs",
        "[DG] 3.4.2",
        documente,
    )
    yield Definition(
        Code.IRR_TYPE_F,
        "Type et extension du fichier",
        fichier,
        "Extension ou contenu autre que le format du code interface, natures mêlées dans un flux",
        "[DG] 3.4.2, note 65",
        documente,
    )
    yield Definition(
        Code.IRR_SYNTAX,
        "Syntaxe du fichier",
        fichier,
        "XML mal formé, pas en UTF-8, avec une DTD, ou non conforme à son XSD ; PDF illisible,"
        " sans factur-x.xml ou d'un profil inférieur à EN16931",
        "[DG] 3.4.3, note 69, [CP] 3.2.3.2",
        documente,
    )
    yield Definition(
        Code.IRR_TAILLE_F,
        "Taille du fichier",
        fichier,
        "Plus de 100 Mo une fois extrait",
        "[DG] 3.4.2",
        documente,
    )
    yield Definition(
        Code.IRR_NOM_F,
        "Nom du fichier",
        fichier,
        "Plus de 256 caractères, un de `% $ ! & / \\ : ; « » # @`, un caractère invisible, nom vide"
        " ou en double ; pour l'e-reporting, nom qui n'a pas la forme ou ne dit pas ce que dit le"
        " contenu",
        "[CP] 3.2.1.4.1, 3.6",
        documente,
    )
    yield Definition(
        Code.IRR_TAILLE_PJ,
        "Taille d'une pièce jointe",
        piece,
        "Plus de 10 Mo une fois décodée",
        "[DG] tableau 3",
        suppose,
    )
    yield Definition(
        Code.IRR_NOM_PJ,
        "Nom d'une pièce jointe",
        piece,
        "Les mêmes caractères que pour le nom d'un fichier",
        "[DG] tableau 3",
        suppose,
    )
    yield Definition(
        Code.IRR_VID_PJ,
        "Pièce jointe vide",
        piece,
        "Aucun octet une fois décodée",
        "[DG] tableau 3",
        documente,
    )
    yield Definition(
        Code.IRR_EXT_DOC,
        "Extension d'une pièce jointe",
        piece,
        "Autre que pdf, png, jpg, jpeg, csv, xlsx, ods et xml",
        "[DG] tableau 3",
        suppose,
    )


TABLE: dict[Code, Definition] = {definition.code: definition for definition in _definitions()}


def en_markdown() -> str:
    """Give the table of the 18 motifs in Markdown."""
    lignes = ["| niveau | code | libellé | ce qui le déclenche ici | source | classe |"]
    lignes.append("|---|---|---|---|---|---|")
    lignes.extend(
        f"| {d.niveau} | {d.code} | {d.libelle} | {d.declencheur} | {d.source} | {d.classe} |"
        for d in TABLE.values()
    )
    return "\n".join(lignes)


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

    @property
    def libelle(self) -> str:
        """What the motif is about, in a few French words."""
        return TABLE[self.code].libelle

    @property
    def niveau(self) -> Niveau:
        """Flux, file or attachment."""
        return TABLE[self.code].niveau


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


if __name__ == "__main__":
    sys.stdout.write(en_markdown() + "\n")
