"""The table of the 18 motifs d'irrecevabilité, and the rules whose breach gives them.

Source: Dossier général v3.2, table 3, and Annexe 7 G7.18 (documented).
"""

import sys
from dataclasses import dataclass
from enum import Enum, StrEnum


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
        source: where its rules stand.
        classe: how surely what triggers it is known.
    """

    code: Code
    libelle: str
    niveau: Niveau
    declencheur: str
    source: str
    classe: Classe


_DEFINITIONS = (
    Definition(
        Code.IRR_TAILLE,
        "Taille du flux",
        Niveau.FLUX,
        "Plus de 30 Mo (30 000 000 octets)",
        "[CP] 5.4.1",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_UNICITE,
        "Unicité du flux",
        Niveau.FLUX,
        "Identifiant d'enveloppe déjà reçu de l'application ; sans enveloppe, mêmes octets sous le"
        " même nom ; nom ou identifiant d'une transmission e-reporting déjà reçu",
        "[DG] tableau 3, [CP] 3.6",
        Classe.DEDUIT,
    ),
    Definition(
        Code.IRR_VIDE,
        "Flux vide",
        Niveau.FLUX,
        "Aucun octet, ou archive sans fichier",
        "[DG] 3.4.2",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_FORM,
        "Format du nom de l'enveloppe",
        Niveau.FLUX,
        "Nom d'archive qui n'a pas la forme `{code interface}_{code application}_{identifiant}"
        ".tar.gz`, ou identifiant qui ne commence pas par le code application",
        "[DG] 3.4.5, [A7] G7.33",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_TYPE,
        "Type et extension du flux",
        Niveau.FLUX,
        "Extension autre que tar.gz, xml et pdf, ou contenu d'un autre type que son extension",
        "[DG] note 66",
        Classe.DEDUIT,
    ),
    Definition(
        Code.IRR_ANTIVIRUS,
        "Antivirus",
        Niveau.FLUX,
        "Fichier de test EICAR dans le flux, un fichier ou une pièce jointe ; tout ce que trouve"
        " ClamAV s'il est configuré",
        "[DG] 3.4.2",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_CODE_INTER,
        "Code interface",
        Niveau.FLUX,
        "Code bien formé mais inconnu, ou code de l'enveloppe autre que celui donné à côté",
        "[CP] 5.2.4",
        Classe.DEDUIT,
    ),
    Definition(
        Code.IRR_EXTRAC,
        "Extraction de l'archive",
        Niveau.FLUX,
        "Archive endommagée, tronquée, démesurée une fois décompressée, ou qui contient autre chose"
        " que de simples fichiers",
        "[DG] tableau 3",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_CODE_APP,
        "Code application",
        Niveau.FLUX,
        "Aucun raccordement pour le code de l'enveloppe, ou code d'une autre application",
        "[DG] 3.4.5",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_VIDE_F,
        "Fichier vide",
        Niveau.FICHIER,
        "Aucun octet dans un fichier d'une archive, ou rien que des blancs",
        "[DG] 3.4.2",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_TYPE_F,
        "Type et extension du fichier",
        Niveau.FICHIER,
        "Extension ou contenu autre que le format du code interface, natures mêlées dans un flux",
        "[DG] 3.4.2, note 65",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_SYNTAX,
        "Syntaxe du fichier",
        Niveau.FICHIER,
        "XML mal formé, pas en UTF-8, avec une DTD, ou non conforme à son XSD ; PDF illisible,"
        " sans factur-x.xml ou d'un profil inférieur à EN16931",
        "[DG] 3.4.3, note 69, [CP] 3.2.3.2",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_TAILLE_F,
        "Taille du fichier",
        Niveau.FICHIER,
        "Plus de 100 Mo une fois extrait",
        "[DG] 3.4.2",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_NOM_F,
        "Nom du fichier",
        Niveau.FICHIER,
        "Plus de 256 caractères, un de `% $ ! & / \\ : ; « » # @`, un caractère invisible, nom vide"
        " ou en double ; pour l'e-reporting, nom qui n'a pas la forme ou ne dit pas ce que dit le"
        " contenu",
        "[CP] 3.2.1.4.1, 3.6",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_TAILLE_PJ,
        "Taille d'une pièce jointe",
        Niveau.PIECE_JOINTE,
        "Plus de 10 Mo une fois décodée",
        "[DG] tableau 3",
        Classe.SUPPOSE,
    ),
    Definition(
        Code.IRR_NOM_PJ,
        "Nom d'une pièce jointe",
        Niveau.PIECE_JOINTE,
        "Les mêmes caractères que pour le nom d'un fichier",
        "[DG] tableau 3",
        Classe.SUPPOSE,
    ),
    Definition(
        Code.IRR_VID_PJ,
        "Pièce jointe vide",
        Niveau.PIECE_JOINTE,
        "Aucun octet une fois décodée",
        "[DG] tableau 3",
        Classe.DOCUMENTE,
    ),
    Definition(
        Code.IRR_EXT_DOC,
        "Extension d'une pièce jointe",
        Niveau.PIECE_JOINTE,
        "Autre que pdf, png, jpg, jpeg, csv, xlsx, ods et xml",
        "[DG] tableau 3",
        Classe.SUPPOSE,
    ),
)

TABLE: dict[Code, Definition] = {definition.code: definition for definition in _DEFINITIONS}

# Whatever the rule, a file that cannot be read or does not conform to its schema.
_SYNTAX = "[DG] 3.4.3"


class Regle(Enum):
    """A rule whose breach is a motif.

    What stands in braces is filled in by the control that names the rule.

    Attributes:
        code: the motif.
        texte: the rule, e.g. "30 Mo au plus par API".
        source: where it stands, e.g. "[DG] 3.4.2"; that of the motif unless stated.
    """

    TAILLE = Code.IRR_TAILLE, "{mo:g} Mo au plus par API"
    UNICITE = (
        Code.IRR_UNICITE,
        "Identifiant de flux (ou fichier et nom, sans enveloppe) jamais reçu de cette application",
        "[DG] tableau 3",
    )
    TRANSMISSION = (
        Code.IRR_UNICITE,
        "Nom et identifiant de transmission (TT-1) jamais reçus",
        "[CP] 3.6, [A7] G7.34",
    )
    VIDE = Code.IRR_VIDE, "Flux non vide"
    FORM = (
        Code.IRR_FORM,
        "{{code interface, 8}}_{{code application, 6}}_{{identifiant, 25 : code application"
        " puis 19 chiffres ou majuscules}}.tar.gz",
    )
    TYPE = Code.IRR_TYPE, "Extensions tar.gz, xml et pdf, contenu conforme à l'extension"
    ANTIVIRUS = (
        Code.IRR_ANTIVIRUS,
        "Aucun virus dans le flux, ses fichiers et leurs pièces jointes",
    )
    CODE_INTER = (
        Code.IRR_CODE_INTER,
        "Code interface connu : {codes} ; le même dans le nom et à côté",
    )
    EXTRAC = Code.IRR_EXTRAC, "Archive tar.gz extractible, de simples fichiers à sa racine"
    CODE_APP = (
        Code.IRR_CODE_APP,
        "Code application raccordé, celui de l'application qui dépose",
    )
    VIDE_F = Code.IRR_VIDE_F, "Fichier non vide"
    TYPE_F = (
        Code.IRR_TYPE_F,
        "Type et extension des fichiers du flux{nature} ; une seule nature par flux",
    )
    XML = Code.IRR_SYNTAX, "XML 1.0 bien formé, en UTF-8", _SYNTAX
    UTF_8 = Code.IRR_SYNTAX, "XML en UTF-8 ([DG] note 69)", _SYNTAX
    SANS_DTD = Code.IRR_SYNTAX, "XML sans DTD ni entité", _SYNTAX
    RACINE = Code.IRR_SYNTAX, "Racine de {formats}", _SYNTAX
    XSD = Code.IRR_SYNTAX, "XSD {schema}", _SYNTAX
    DOCUMENT = Code.IRR_SYNTAX, "Taille d'un document bornée (limite du simulateur)", _SYNTAX
    LECTURE = Code.IRR_SYNTAX, "un fichier se lit en un temps et une mémoire bornés", _SYNTAX
    CHAMPS = Code.IRR_SYNTAX, "Champs obligatoires d'un e-reporting", _SYNTAX
    PDF = Code.IRR_SYNTAX, "Factur-X : PDF lisible sans mot de passe", _SYNTAX
    FACTUR_X = Code.IRR_SYNTAX, "Factur-X : un fichier joint {nom}, un seul", _SYNTAX
    PROFIL = Code.IRR_SYNTAX, "Factur-X de profil EN16931 au moins ([CP] 3.2.3.2)", _SYNTAX
    TAILLE_F = Code.IRR_TAILLE_F, "{mo:g} Mo au plus par fichier"
    NOM_F = (
        Code.IRR_NOM_F,
        "{longueur} caractères au plus, aucun de {interdits}",
        "[CP] 3.2.1.4.1",
    )
    NOM_UNIQUE = Code.IRR_NOM_F, "Un nom par fichier dans un flux", "[CP] 3.2.1.4.1"
    NOM_E_REPORTING = (
        Code.IRR_NOM_F,
        "{{SIREN, 9 chiffres}}_{{identifiant de transmission}}_{{début}}_{{fin}}.xml, dates"
        " AAAAMMJJ, conforme au contenu",
        "[CP] 3.6, [A7] G7.34",
    )
    TAILLE_PJ = Code.IRR_TAILLE_PJ, "{mo:g} Mo au plus (limite du simulateur)"
    NOM_PJ = Code.IRR_NOM_PJ, "{longueur} caractères au plus, aucun de {interdits}"
    VID_PJ = Code.IRR_VID_PJ, "Pièce jointe non vide"
    EXT_DOC = Code.IRR_EXT_DOC, "Extensions admises : {extensions}"

    def __init__(self, code: Code, texte: str, source: str = "") -> None:
        self.code = code
        self.texte = texte
        self.source = source or TABLE[code].source


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
