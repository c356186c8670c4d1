"""Attachments: embedded in UBL and CII, attached to a Factur-X PDF.

Source: the four motifs of level attachment, [DG] table 3 (documented); the size and the extensions
admitted are not published: assumed, in `Limites`.
"""

import binascii
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from depot_flux_simulator.controls.antivirus import analyser, infecte
from depot_flux_simulator.controls.contenu import BLOC
from depot_flux_simulator.controls.contexte import MO, Contexte, Limites
from depot_flux_simulator.controls.natures import UBL, UNCEFACT
from depot_flux_simulator.controls.nom import INTERDITS, afficher, fautes
from depot_flux_simulator.motifs import Code, Motif

BALISES = frozenset(
    {
        f"{{{UBL}CommonBasicComponents-2}}EmbeddedDocumentBinaryObject",
        f"{{{UNCEFACT}ReusableAggregateBusinessInformationEntity:100}}AttachmentBinaryObject",
    }
)

_SOURCE = "[DG] tableau 3"
_EN_MEMOIRE = 1 << 20

# The media types of EN 16931 and xml, for attachments that state no name.
EXTENSIONS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/xml": "xml",
    "text/xml": "xml",
}


@dataclass(frozen=True, slots=True)
class PieceJointe:
    """An attachment.

    Attributes:
        nom: its file name, "" if it states none; untrusted.
        mime: its media type, "" if it states none.
        morceaux: its bytes, piece by piece; read once.
    """

    nom: str
    mime: str
    morceaux: Iterable[bytes]

    @property
    def extension(self) -> str:
        """Its extension in lower case, from its media type when it has no name."""
        if self.nom:
            return self.nom.rpartition(".")[2].lower() if "." in self.nom else ""
        return EXTENSIONS.get(self.mime.lower(), "")


def du_xml(element: etree._Element) -> PieceJointe:
    """Take an attachment out of an element that holds it in base64."""
    return PieceJointe(
        str(element.get("filename", "")),
        str(element.get("mimeCode", "")),
        _base64(element.text or ""),
    )


def _base64(texte: str) -> Iterator[bytes]:
    """Decode piece by piece; stop at what is no base64, which the XSD reports."""
    reste = ""
    for debut in range(0, len(texte), BLOC):
        bloc = reste + "".join(texte[debut : debut + BLOC].split())
        entier = len(bloc) - len(bloc) % 4
        reste = bloc[entier:]
        try:
            yield binascii.a2b_base64(bloc[:entier])
        except ValueError:
            return


def controler(piece: PieceJointe, fichier: str, contexte: Contexte) -> Iterator[Motif]:
    """IRR_VID_PJ, IRR_NOM_PJ, IRR_EXT_DOC, IRR_TAILLE_PJ and IRR_ANTIVIRUS on an attachment.

    Raises:
        AntivirusInjoignableError: a scanner is configured and gave no verdict.
    """
    with tempfile.SpooledTemporaryFile(max_size=_EN_MEMOIRE) as copie:
        for morceau in piece.morceaux:
            copie.write(morceau)
        taille = copie.tell()
        copie.seek(0)
        yield from _description(piece, taille, fichier, contexte.limites)
        if virus := analyser(copie, contexte.antivirus):  # type: ignore[arg-type]
            yield infecte(virus, fichier, piece.nom)


def _description(
    piece: PieceJointe, taille: int, fichier: str, limites: Limites
) -> Iterator[Motif]:
    vue = f"« {afficher(piece.nom)} » du fichier « {afficher(fichier)} »"

    def motif(code: Code, message: str, regle: str, remede: str) -> Motif:
        return Motif(code, message, regle, remede, _SOURCE, afficher(fichier), afficher(piece.nom))

    if not taille:
        yield motif(
            Code.IRR_VID_PJ,
            f"La pièce jointe {vue} est vide.",
            "Pièce jointe non vide",
            "Joignez le contenu du document ou retirez la pièce jointe.",
        )
    if taille > limites.taille_piece_jointe:
        yield motif(
            Code.IRR_TAILLE_PJ,
            f"La pièce jointe {vue} compte {taille} octets.",
            f"{limites.taille_piece_jointe / MO:g} Mo au plus (limite du simulateur)",
            "Réduisez le document ou transmettez-le par un autre moyen.",
        )
    if piece.nom and (trouvees := fautes(piece.nom)):
        yield motif(
            Code.IRR_NOM_PJ,
            f"Le nom de la pièce jointe {vue} {' et '.join(trouvees)}.",
            f"256 caractères au plus, aucun de {' '.join(sorted(INTERDITS))}",
            "Renommez la pièce jointe sans ces caractères.",
        )
    if piece.extension not in limites.extensions_piece_jointe:
        yield motif(
            Code.IRR_EXT_DOC,
            f"La pièce jointe {vue} a pour extension « {afficher(piece.extension)} ».",
            f"Extensions admises : {', '.join(sorted(limites.extensions_piece_jointe))}",
            "Convertissez le document dans un format admis, PDF par exemple.",
        )
