"""Attachments: embedded in UBL and CII, attached to a Factur-X PDF.

Source: the four motifs of level attachment, [DG] table 3 (documented); the size and the extensions
admitted are not published: assumed, in `Limits`.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from lxml import etree

from depot_flux_simulator.controls import binary
from depot_flux_simulator.controls.antivirus import infected, scan
from depot_flux_simulator.controls.context import MO, Context, Limits
from depot_flux_simulator.controls.names import RULE, extension, faults, shown
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

_IN_MEMORY = 1 << 20

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
        name: its file name, "" if it states none; untrusted.
        mime: its media type, "" if it states none.
        chunks: its bytes, piece by piece; read once; a ValueError when they cannot be decoded.
    """

    name: str
    mime: str
    chunks: Iterable[bytes]

    @property
    def extension(self) -> str:
        """Its extension in lower case, from its media type when it has no name."""
        if self.name:
            return extension(self.name)
        return EXTENSIONS.get(self.mime.lower(), "")


def from_xml(element: etree._Element) -> PieceJointe:
    """Take an attachment out of an element that holds it in base64."""
    return PieceJointe(
        str(element.get("filename", "")),
        str(element.get("mimeCode", "")),
        binary.decoded(element.text or ""),
    )


def controler(piece: PieceJointe, fichier: str, context: Context) -> Iterator[Motif]:
    """IRR_VID_PJ, IRR_NOM_PJ, IRR_EXT_DOC, IRR_TAILLE_PJ and IRR_ANTIVIRUS on an attachment.

    Of one that cannot be decoded nobody knows the size: the schema refuses it.

    Raises:
        AntivirusUnreachableError: a scanner is configured and gave no verdict.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
        size: int | None = None
        with suppress(ValueError):
            for chunk in piece.chunks:
                copy.write(chunk)
            size = copy.tell()
        copy.seek(0)
        yield from _description(piece, size, fichier, context.limits)
        if virus := scan(copy, context.antivirus):  # type: ignore[arg-type]
            yield infected(virus, fichier, piece.name)


def _description(
    piece: PieceJointe, size: int | None, fichier: str, limits: Limits
) -> Iterator[Motif]:
    shown_as = f"« {shown(piece.name)} » du fichier « {shown(fichier)} »"

    def motif(regle: Regle, message: str, remede: str, **values: object) -> Motif:
        return Motif.of(
            regle,
            message,
            remede,
            values=values,
            fichier=shown(fichier),
            piece_jointe=shown(piece.name),
        )

    if size == 0:
        yield motif(
            Regle.VID_PJ,
            f"La pièce jointe {shown_as} est vide.",
            "Joignez le contenu du document ou retirez la pièce jointe.",
        )
    if size is not None and size > limits.piece_jointe_size:
        yield motif(
            Regle.TAILLE_PJ,
            f"La pièce jointe {shown_as} compte {size} octets.",
            "Réduisez le document ou transmettez-le par un autre moyen.",
            mo=limits.piece_jointe_size / MO,
        )
    if piece.name and (found := faults(piece.name)):
        yield motif(
            Regle.NOM_PJ,
            f"Le nom de la pièce jointe {shown_as} {' et '.join(found)}.",
            "Renommez la pièce jointe sans ces caractères.",
            **RULE,
        )
    if piece.extension not in limits.piece_jointe_extensions:
        yield motif(
            Regle.EXT_DOC,
            f"La pièce jointe {shown_as} a pour extension « {shown(piece.extension)} ».",
            "Convertissez le document dans un format admis, PDF par exemple.",
            extensions=", ".join(sorted(limits.piece_jointe_extensions)),
        )
