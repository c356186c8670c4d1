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
from depot_flux_simulator.controls.names import RULE, excerpt, extension, faults, mend, shown
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
        mime: its media type, "" if it states none; None when it has no place for one.
        chunks: its bytes, piece by piece; read once; a ValueError when they cannot be decoded.
    """

    name: str
    mime: str | None
    chunks: Iterable[bytes]

    @property
    def extension(self) -> str | None:
        """Its extension in lower case, from its media type when it has no name.

        None when it states neither: the schema says which of them it lacks.
        """
        if self.name:
            return extension(self.name)
        if self.mime is None:
            return None
        return EXTENSIONS.get(self.mime.partition(";")[0].strip().lower(), "")

    @property
    def called(self) -> str:
        """How people are told of it."""
        return (
            f"La pièce jointe « {shown(self.name)} »" if self.name else "Une pièce jointe sans nom"
        )


def from_xml(element: etree._Element) -> PieceJointe:
    """Take an attachment out of an element that holds it in base64."""
    mime = element.get("mimeCode")
    return PieceJointe(
        str(element.get("filename", "")),
        None if mime is None else str(mime),
        _nothing() if len(element) else binary.decoded(element.text or ""),
    )


def _nothing() -> Iterator[bytes]:
    """The bytes of what holds elements instead of text: nobody knows them."""
    raise ValueError("elements in the place of base64")
    yield b""


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
    where = f"{piece.called} du fichier « {shown(fichier)} »"

    def motif(regle: Regle, fault: str, remede: str, **values: object) -> Motif:
        return Motif.of(
            regle,
            f"{where} {fault}.",
            remede,
            values=values,
            fichier=shown(fichier),
            piece_jointe=shown(piece.name),
        )

    if size == 0:
        yield motif(
            Regle.VID_PJ,
            "est vide",
            "Joignez le contenu du document ou retirez la pièce jointe.",
        )
    if size is not None and size > limits.piece_jointe_size:
        yield motif(
            Regle.TAILLE_PJ,
            f"compte {size} octets",
            "Réduisez le document ou transmettez-le par un autre moyen.",
            mo=limits.piece_jointe_size / MO,
        )
    if piece.name and (found := faults(piece.name)):
        yield motif(
            Regle.NOM_PJ, f"a un nom qui {' et qui '.join(found)}", mend(piece.name), **RULE
        )
    if piece.extension is not None and piece.extension not in limits.piece_jointe_extensions:
        yield motif(
            Regle.EXT_DOC,
            *_extension(piece),
            extensions=", ".join(sorted(limits.piece_jointe_extensions)),
        )


def _extension(piece: PieceJointe) -> tuple[str, str]:
    """Say what is wrong with an extension that is not admitted, and how to mend it."""
    convert = "Convertissez le document dans un format admis, PDF par exemple."
    if not piece.name:
        named = "Donnez-lui un nom avec son extension."
        if not piece.mime:
            return "n'indique ni nom ni type", named
        return f"est d'un type qui n'est pas admis, « {excerpt(piece.mime)} »", f"{named} {convert}"
    bare = piece.name.rstrip(". ")
    if bare != piece.name and bare:
        return "a un nom qui finit par un point ou un blanc", "Retirez ce qui suit l'extension."
    if not piece.extension:
        return "n'a pas d'extension", "Donnez-lui l'extension de son format, .pdf par exemple."
    return f"a pour extension « {excerpt(piece.extension)} »", convert
