"""Factur-X: a PDF that carries its invoice as XML, and other files perhaps.

Source: FSO3117A is a Factur-X of profile EN16931 at least, [CP] 3.2.3.2 (documented); the XML is
called factur-x.xml, Factur-X 1.0 § 6 (documented).
"""

import logging
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NullObject,
    StreamObject,
    TextStringObject,
    create_string_object,
)

from depot_flux_simulator.controls.content import BLOCK, Content, from_memory
from depot_flux_simulator.controls.names import excerpt, shown
from depot_flux_simulator.controls.schemas import PROFILES, Schema, profile
from depot_flux_simulator.controls.xml import syntax
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

XML_NAME = "factur-x.xml"

# What a PDF may carry in its place, by the name in lower case.
_OTHER_NAMES = {
    XML_NAME: "le nom s'écrit en minuscules",
    "zugferd-invoice.xml": "nom de ZUGFeRD 1.0 et 2.0",
    "xrechnung.xml": "nom du profil XRECHNUNG de ZUGFeRD",
    "order-x.xml": "nom d'une commande Order-X",
}
# Where an invoice states its profile.
_PROFILE = (
    "CrossIndustryInvoice/ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"
)
# Names of attached files that are told.
_TOLD = 5
_END = 2048
# The white space of PDF.
_FILLING = b"\0\t\n\f\r "
# What ends the text of a stream in letters and digits, nothing before it.
_ENDS_OF_DATA = {b">", b"~>", b"\x80"}
_DEPTH = 32
_MARKS = (BOM_UTF16_BE, BOM_UTF16_LE)
_OCTETS_PER_PIECE = 50_000_000
# What is undone in C. All else pypdf undoes letter by letter, in a hundred times the memory; and
# the structure of a PDF may hide what takes minutes to be understood. Of both, far less is read.
_QUICK = {"/FlateDecode", "/Fl", "/ASCIIHexDecode", "/AHx"}
_ELSE = 4_000_000
_CAUTION: Final[dict[str, Any]] = {
    "zlib_maximum_output_length": _ELSE,
    "lzw_maximum_output_length": _ELSE,
    "run_length_maximum_output_length": _ELSE,
    "stream_decoding_work_maximum_length": _ELSE,
}
_TRUST: Final[dict[str, Any]] = {
    "zlib_maximum_output_length": _OCTETS_PER_PIECE,
    "stream_decoding_work_maximum_length": 6 * _OCTETS_PER_PIECE,
}

# pypdf warns of every oddity of a PDF; a hostile one would fill the log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class PdfUnreadableError(Exception):
    """A PDF cannot be read; the message says why, in French.

    Attributes:
        words: what the library that reads it said, "" when it said nothing.
    """

    def __init__(self, why: str, words: str = "") -> None:
        super().__init__(why)
        self.words = words


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside a PDF.

    Attributes:
        name: its name; untrusted.
        content: its bytes.
    """

    name: str
    content: bytes

    @property
    def is_facture(self) -> bool:
        """Whether its name says that it is the invoice, spelled as the standard has it."""
        return self.name == XML_NAME


def unreadable(content: Content, error: PdfUnreadableError) -> Motif:
    """IRR_SYNTAX: the PDF cannot be read."""
    return syntax(
        content,
        Regle.PDF,
        f"Le PDF « {shown(content.name)} » {error}.",
        "Produisez de nouveau le fichier, en PDF/A-3 non chiffré.",
        words=error.words,
    )


def embedded_files(content: Content, max_count: int, max_octets: int) -> Iterator[EmbeddedFile]:
    """Give the files that a PDF carries, one at a time.

    Args:
        content: the PDF; hostile until proven otherwise.
        max_count: files at most.
        max_octets: bytes at most, all files together once decompressed.

    Raises:
        PdfUnreadableError: truncated, encrypted, cyclic, too big once decompressed, or not a PDF.
    """
    with opened(content) as pdf:
        yield from _read(pdf, max_count, max_octets)


@contextmanager
def opened(content: Content) -> Iterator[PdfReader]:
    """Open a PDF; what goes wrong while it is read is a PdfUnreadableError.

    Raises:
        PdfUnreadableError: truncated, encrypted, or not a PDF.
    """
    with content.open() as source:
        if not _ends(source, content.size):
            raise PdfUnreadableError(
                "est tronqué, ou suivi d'octets étrangers : sa marque de fin (%%EOF) n'est pas à sa"
                " place"
            )
        source.seek(0)
        with apply_configuration(**_CAUTION):
            try:
                yield _Reader(source)
            except (PdfUnreadableError, GeneratorExit):
                raise
            except LimitReachedError as error:
                fault = "porte un contenu démesuré une fois décodé, ou trop d'éléments"
                raise PdfUnreadableError(fault, f"{type(error).__name__}: {error}") from error
            # A hostile PDF may make pypdf raise anything.
            except Exception as error:
                words = f"{type(error).__name__}: {error}"
                fault = "ne peut pas être lu, sa structure étant endommagée"
                raise PdfUnreadableError(fault, words) from error


class _Reader(PdfReader):
    """A reader that refuses whatever is encrypted before it tries a password.

    pypdf asks this on its way in; with AES it would then need a library of its own.
    """

    @property
    def is_encrypted(self) -> bool:
        # Null stands for what is absent (ISO 32000-1, 7.3.9); a dictionary that cannot be found
        # says that there was one.
        if super().is_encrypted and not isinstance(self.trailer.raw_get("/Encrypt"), NullObject):
            raise PdfUnreadableError("est chiffré")
        return False


def _ends(source: BinaryIO, size: int) -> bool:
    """Whether a PDF has its mark of end, before nothing but blanks and a little else.

    Readers look for it in the last bytes of a file (ISO 32000-1, 7.5.5); what fills a block of a
    disk or of a mail behind it takes nothing away.
    """
    end = size
    while end > 0:
        start = max(0, end - BLOCK)
        source.seek(start)
        kept = source.read(end - start).rstrip(_FILLING)
        if kept:
            end = start + len(kept)
            break
        end = start
    source.seek(max(0, end - _END))
    return b"%%EOF" in source.read(_END)


def _read(pdf: PdfReader, max_count: int, max_octets: int) -> Iterator[EmbeddedFile]:
    root = pdf.root_object
    seen: set[int] = set()
    for rank, (key, specification) in enumerate(specifications(root)):
        if rank >= max_count:
            raise PdfUnreadableError(f"porte plus de {max_count} fichiers joints")
        flux = _flux(specification)
        if flux is None or id(flux) in seen:
            continue
        seen.add(id(flux))
        if max_octets <= 0:
            raise PdfUnreadableError("porte des fichiers joints démesurés une fois décompressés")
        name = name_of(specification) or key
        data = _data(flux)
        if not data and not _really_empty(flux):
            raise PdfUnreadableError(
                f"porte un fichier joint qui ne peut pas être décompressé, « {excerpt(name)} »"
            )
        max_octets -= len(data)
        yield EmbeddedFile(name, data)


def _data(flux: StreamObject) -> bytes:
    with apply_configuration(**_TRUST if _is_quick(flux) else _CAUTION):
        return flux.get_data()


def _is_quick(flux: StreamObject) -> bool:
    """Whether all that was done to a stream is undone in C."""
    filters, parameters = (_listed(resolved(flux, key)) for key in ("/Filter", "/DecodeParms"))
    return _QUICK.issuperset(filters) and not any(
        isinstance(each, DictionaryObject) and each.get("/Predictor", 1) != 1 for each in parameters
    )


def _listed(stated: object) -> list[object]:
    """What one may state alone or as an array, behind references perhaps."""
    return [each.get_object() for each in stated] if isinstance(stated, ArrayObject) else [stated]


def _really_empty(flux: StreamObject) -> bool:
    """Whether nothing is all that a stream holds; pypdf gives nothing for what is damaged too."""
    raw = bytes(flux._data)
    try:
        if not raw.strip():
            return True
        reader = zlib.decompressobj()
        return not reader.decompress(raw, 1) and reader.eof
    except zlib.error:
        return raw.strip(_FILLING) in _ENDS_OF_DATA


def specifications(root: DictionaryObject) -> Iterator[tuple[str, DictionaryObject]]:
    """Give every file specification: name tree, associated files, in that order."""
    names = resolved(root, "/Names")
    if isinstance(names, DictionaryObject):
        yield from _tree(resolved(names, "/EmbeddedFiles"), 0, set())
    associated = resolved(root, "/AF")
    if isinstance(associated, ArrayObject):
        for element in associated:
            specification = element.get_object()
            if isinstance(specification, DictionaryObject):
                yield "", specification


def resolved(dictionary: DictionaryObject, key: str) -> object:
    """Give a value of a dictionary, behind a reference perhaps, None when there is none."""
    value = dictionary.get(key)
    return None if value is None else value.get_object()


def _tree(node: object, depth: int, seen: set[int]) -> Iterator[tuple[str, DictionaryObject]]:
    if not isinstance(node, DictionaryObject):
        return
    # With two ways to each, 31 nodes would be walked two thousand million times.
    if depth > _DEPTH or id(node) in seen:
        raise PdfUnreadableError("a une liste de fichiers joints cyclique ou trop profonde")
    seen.add(id(node))
    leaves = resolved(node, "/Names")
    if isinstance(leaves, ArrayObject):
        for name, value in zip(leaves[::2], leaves[1::2], strict=False):
            specification = value.get_object()
            if isinstance(specification, DictionaryObject):
                yield _text(name), specification
    children = resolved(node, "/Kids")
    if isinstance(children, ArrayObject):
        for child in children:
            yield from _tree(child.get_object(), depth + 1, seen)


def name_of(specification: DictionaryObject) -> str:
    """Give the name of an embedded file, "" when its specification states none."""
    for key in ("/UF", "/F"):
        if name := _text(resolved(specification, key)):
            return name
    return ""


def _text(value: object) -> str:
    """Read a text of a PDF, by its byte order mark or PDFDocEncoding, "" when it is none.

    Programs also write plain UTF-8, and the NUL with which their language ends a text.
    """
    if not isinstance(value, TextStringObject | ByteStringObject):
        return ""
    raw = bytes(value.original_bytes)
    if raw.startswith(_MARKS):
        text = str(value) if isinstance(value, str) else raw.decode("utf-16", "replace")
    else:
        raw = raw.rstrip(b"\0")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _pdf_doc_encoding(raw)
    return text.rstrip("\0")


def _pdf_doc_encoding(raw: bytes) -> str:
    read = create_string_object(raw)
    return str(read) if isinstance(read, str) else raw.decode("latin-1")


def _flux(specification: DictionaryObject) -> StreamObject | None:
    embedded = resolved(specification, "/EF")
    if isinstance(embedded, DictionaryObject):
        for key in ("/UF", "/F"):
            flux = resolved(embedded, key)
            if isinstance(flux, StreamObject):
                return flux
    return None


def facture(content: Content, factures: list[EmbeddedFile], others: list[str]) -> Content | Motif:
    """Give the invoice of a Factur-X, or IRR_SYNTAX when there isn't exactly one.

    Args:
        content: the PDF.
        factures: the files that it carries under the name of the invoice.
        others: the names of the other files that it carries.
    """
    if len(factures) == 1:
        return from_memory(factures[0].content, XML_NAME, content.name)
    if factures:
        carried = f"porte {len(factures)} fichiers joints nommés {XML_NAME} au lieu d'un seul"
    elif others:
        carried = f"ne porte pas de fichier joint nommé {XML_NAME}, mais {_carried(others)}"
    else:
        carried = "ne porte aucun fichier joint"
    return syntax(
        content,
        Regle.FACTUR_X,
        f"Le PDF « {shown(content.name)} » {carried}.",
        f"Joignez au PDF une facture XML, une seule, sous le nom exact {XML_NAME}.",
        values={"nom": XML_NAME},
    )


def _carried(names: list[str]) -> str:
    """Name the files that a PDF carries instead of the invoice, and what they are known for."""
    told = [
        f"« {excerpt(name)} »" + (f" ({_OTHER_NAMES[key]})" if key in _OTHER_NAMES else "")
        for name, key in ((name, name.lower()) for name in names[:_TOLD])
    ]
    more = len(names) - len(told)
    return ", ".join(told) + (f" et {more} de plus" if more else "")


def admitted_profile(content: Content, identifiers: list[str], line: int | None) -> Schema | Motif:
    """Give the schema of the invoice's profile, or IRR_SYNTAX when G2B doesn't accept it.

    Source: profile EN16931 at least, [CP] 3.2.3.2 (documented).

    Args:
        content: the invoice.
        identifiers: the profiles that it states, one when it is right.
        line: where it states the last of them, None when it states none.
    """
    schema = profile(identifiers[0]) if len(identifiers) == 1 else None
    if schema is None:
        return syntax(
            content,
            Regle.PROFIL,
            f"Le {content.called} {_declared(identifiers, line)}.",
            f"Produisez la facture au profil EN16931 (BT-24 : {next(iter(PROFILES))}) ou EXTENDED.",
            line=line,
            place=_PROFILE,
        )
    return schema


def _declared(identifiers: list[str], line: int | None) -> str:
    """Say what is wrong with the profiles that an invoice states."""
    if not any(identifiers):
        return "ne déclare aucun profil (BT-24)"
    seen = ", ".join(f"« {shown(text)} »" for text in identifiers[:3])
    if len(identifiers) > 1:
        return f"déclare {len(identifiers)} profils (BT-24), {seen}, au lieu d'un seul"
    return f"déclare pour profil (BT-24), ligne {line}, {seen}, qui n'est pas admis"
