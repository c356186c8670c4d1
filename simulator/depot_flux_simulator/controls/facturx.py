"""Factur-X: a PDF that carries its invoice as XML, and other files perhaps.

Source: FSO3117A is a Factur-X of profile EN16931 at least, [CP] 3.2.3.2 (documented); the XML is
called factur-x.xml, Factur-X 1.0 § 6 (documented). Conformity to PDF/A-3 is not looked at.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from pypdf import PdfReader, apply_configuration
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from depot_flux_simulator.controls.content import Content, from_memory
from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.controls.schemas import profile
from depot_flux_simulator.controls.xml import syntax
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

XML_NAME = "factur-x.xml"

_END = 2048
_DEPTH = 32
_OCTETS_PER_PIECE = 50_000_000

# pypdf warns of every oddity of a PDF; a hostile one would fill the log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class PdfUnreadableError(Exception):
    """A PDF cannot be read; the message says why, in French."""


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
        """Whether its name says that it is the invoice."""
        return self.name.lower() == XML_NAME


def unreadable(content: Content, why: str) -> Motif:
    """IRR_SYNTAX: the PDF cannot be read."""
    return syntax(
        content,
        Regle.PDF,
        f"Le PDF « {shown(content.name)} » {why}.",
        "Produisez de nouveau le fichier, en PDF/A-3 non chiffré.",
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
    with content.open() as source:
        source.seek(max(0, content.size - _END))
        if b"%%EOF" not in source.read():
            raise PdfUnreadableError("est tronqué : sa marque de fin (%%EOF) manque")
        source.seek(0)
        with apply_configuration(zlib_maximum_output_length=_OCTETS_PER_PIECE):
            try:
                yield from _read(PdfReader(source), max_count, max_octets)
            except (PdfUnreadableError, GeneratorExit):
                raise
            # A hostile PDF may make pypdf raise anything.
            except Exception as error:
                raise PdfUnreadableError(f"ne peut pas être lu ({type(error).__name__})") from error


def _read(pdf: PdfReader, max_count: int, max_octets: int) -> Iterator[EmbeddedFile]:
    if pdf.is_encrypted:
        raise PdfUnreadableError("est chiffré")
    root = pdf.root_object
    seen: set[int] = set()
    for rank, (name, specification) in enumerate(_specifications(root)):
        if rank >= max_count:
            raise PdfUnreadableError(f"porte plus de {max_count} fichiers joints")
        flux = _flux(specification)
        if flux is None or id(flux) in seen:
            continue
        seen.add(id(flux))
        if max_octets <= 0:
            raise PdfUnreadableError("porte des fichiers joints démesurés une fois décompressés")
        data = flux.get_data()
        max_octets -= len(data)
        yield EmbeddedFile(_name(specification) or name, data)


def _specifications(root: DictionaryObject) -> Iterator[tuple[str, DictionaryObject]]:
    """Give every file specification: name tree, associated files, in that order."""
    names = _object(root, "/Names")
    if isinstance(names, DictionaryObject):
        yield from _tree(_object(names, "/EmbeddedFiles"), 0)
    associated = _object(root, "/AF")
    if isinstance(associated, ArrayObject):
        for element in associated:
            specification = element.get_object()
            if isinstance(specification, DictionaryObject):
                yield "", specification


def _object(dictionary: DictionaryObject, key: str) -> object:
    value = dictionary.get(key)
    return None if value is None else value.get_object()


def _tree(node: object, depth: int) -> Iterator[tuple[str, DictionaryObject]]:
    if not isinstance(node, DictionaryObject):
        return
    if depth > _DEPTH:
        raise PdfUnreadableError("a une liste de fichiers joints cyclique ou trop profonde")
    leaves = _object(node, "/Names")
    if isinstance(leaves, ArrayObject):
        for name, value in zip(leaves[::2], leaves[1::2], strict=False):
            specification = value.get_object()
            if isinstance(specification, DictionaryObject):
                yield str(name), specification
    children = _object(node, "/Kids")
    if isinstance(children, ArrayObject):
        for child in children:
            yield from _tree(child.get_object(), depth + 1)


def _name(specification: DictionaryObject) -> str:
    for key in ("/UF", "/F"):
        value = _object(specification, key)
        if isinstance(value, str) and value:
            return str(value)
    return ""


def _flux(specification: DictionaryObject) -> StreamObject | None:
    embedded = _object(specification, "/EF")
    if isinstance(embedded, DictionaryObject):
        for key in ("/UF", "/F"):
            flux = _object(embedded, key)
            if isinstance(flux, StreamObject):
                return flux
    return None


def facture(content: Content, all_embedded: list[EmbeddedFile]) -> Content | Motif:
    """Give the invoice of a Factur-X, or IRR_SYNTAX when there isn't exactly one."""
    if len(all_embedded) != 1:
        return syntax(
            content,
            Regle.FACTUR_X,
            f"Le PDF « {shown(content.name)} » porte {len(all_embedded)} fichier {XML_NAME} joint.",
            f"Joignez au PDF la facture XML sous le nom {XML_NAME}.",
            values={"nom": XML_NAME},
        )
    return from_memory(all_embedded[0].content, XML_NAME, content.name)


def admitted_profile(content: Content, identifiers: list[str]) -> etree.XMLSchema | Motif:
    """Give the schema of the invoice's profile, or IRR_SYNTAX when G2B doesn't accept it.

    Source: profile EN16931 at least, [CP] 3.2.3.2 (documented).
    """
    schema = profile(identifiers[0]) if len(identifiers) == 1 else None
    if schema is None:
        seen = ", ".join(shown(text) for text in identifiers[:3]) or "aucun"
        return syntax(
            content,
            Regle.PROFIL,
            f"La facture de « {shown(content.fichier)} » déclare pour profil (BT-24) : {seen}.",
            "Produisez la facture au profil EN16931 ou EXTENDED.",
        )
    return schema
