"""The table of the 18 motifs d'irrecevabilité.

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


if __name__ == "__main__":
    sys.stdout.write(en_markdown() + "\n")
