"""XML documents: read as a stream, never expanded, validated on the way.

Source: XML is UTF-8, [DG] note 69; well-formed and valid, [DG] 3.4.3 (documented). That a DTD is
refused is assumed: no format of G2B has one, and it is how bombs and leaks begin.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from threading import Lock
from types import MappingProxyType

from lxml import etree

from depot_flux_simulator.controls import streaming, syntax_phrases, validation
from depot_flux_simulator.controls.content import IN_MEMORY, Content, Type
from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.controls.prologue import Prologue, open_elements
from depot_flux_simulator.controls.schemas import Schema
from depot_flux_simulator.controls.streaming import CAUTION, forget
from depot_flux_simulator.controls.terms import term
from depot_flux_simulator.controls.validation import Fault
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

# Up to this many elements and attributes, a document is held as a tree.
_TREE = 400_000
# No format has a tenth of these names, nor a tag that long.
_NAMES = 20_000
_TAG = 100_000
_OPENING = re.compile(rb"<[^>!?/\s]")
_WINDOW = 1 << 22
_BLANKS = " \t\r\n"
# More would not help anybody to mend a file.
MOTIFS_PER_FILE = 20
# Letters of libxml2's own words that are kept.
_WORDS = 2_000

_LOCK = Lock()

Look = Callable[[etree._Element], None]


class _OversizeError(Exception):
    """A document is too big to be read; the message says in what, in French."""


def syntax(
    content: Content,
    regle: Regle,
    message: str,
    remede: str,
    *,
    values: Mapping[str, object] = MappingProxyType({}),
    line: int | None = None,
    place: str = "",
    words: str = "",
) -> Motif:
    """IRR_SYNTAX on a file, or on the XML inside a PDF; arguments as `Motif.of` takes them."""
    return Motif.of(
        regle,
        message,
        remede,
        values=values,
        fichier=shown(content.fichier),
        piece_jointe=None if content.host is None else shown(content.name),
        ligne=line,
        lieu=place,
        terme=term(place),
        original=words[:_WORDS],
    )


def of_another_type(content: Content) -> Iterator[Motif]:
    """IRR_SYNTAX: what stands in the place of an XML is known to be something else."""
    if content.type not in {Type.XML, Type.UNKNOWN}:
        yield syntax(
            content,
            Regle.XML,
            f"Le {content.called} n'est pas du XML{content.looks_like}.",
            "Joignez le document XML lui-même, ni compressé ni encodé.",
        )


def admitted_prologue(content: Content, parsed: Prologue) -> Iterator[Motif]:
    """IRR_SYNTAX: encoding other than UTF-8, document type declaration."""
    if parsed.encoding not in {"UTF-8", "UTF8"}:
        yield syntax(
            content,
            Regle.UTF_8,
            f"Le {content.called} est encodé en {shown(parsed.encoding)}.",
            "Enregistrez le fichier en UTF-8 et déclarez cet encodage.",
        )
    if parsed.dtd:
        yield syntax(
            content,
            Regle.SANS_DTD,
            f"Le {content.called} contient, ligne {parsed.line}, une déclaration de type de"
            " document (DOCTYPE).",
            "Retirez la déclaration DOCTYPE et les entités qu'elle définit.",
            line=parsed.line,
        )


def walk(
    content: Content,
    schema: Schema | None,
    schema_name: str,
    wanted: Mapping[str, Look],
    *,
    max_elements: int,
) -> Iterator[Motif]:
    """Read a whole document, show chosen elements, then validate.

    Memory stays bounded whatever the document: a small one, or one of few elements, is held as a
    tree; any other passes by as a stream.

    Args:
        content: the document; its prologue has been admitted.
        schema: XSD to apply, None for none.
        schema_name: how people name it.
        wanted: for each name of element to be shown, as `{namespace}local`, what to call with each
            of them, complete.
        max_elements: elements and attributes at most.

    Yields:
        IRR_SYNTAX for each fault found, in the document's order, a bounded number of them.
    """
    unreadable: list[Fault] = []
    binary = schema.binary if schema else frozenset()
    check = validation.binary(unreadable, MOTIFS_PER_FILE, counted=content.size <= IN_MEMORY)

    def show(element: etree._Element) -> None:
        name = str(element.tag)
        if name in wanted:
            wanted[name](element)
        if name in binary:
            check(element)

    try:
        names = binary.union(wanted)
        tree = _read(content, names, show, max_elements, validated=schema is not None)
    except (etree.XMLSyntaxError, _OversizeError, OSError) as error:
        yield _not_read(content, error)
        return
    faults = _breaches(content, tree, schema) if schema else []
    for fault in validation.merged(unreadable, faults)[:MOTIFS_PER_FILE]:
        yield _nonconforming(content, schema_name, fault)


def _not_read(content: Content, error: Exception) -> Motif:
    if isinstance(error, etree.XMLSyntaxError):
        return _malformed(content, error)
    if isinstance(error, _OversizeError):
        return _oversize(content, error)
    # So lxml calls bytes that don't fit the encoding, too.
    line = _non_utf8_line(content)
    if line is None:
        raise error
    return _not_utf8(content, line)


def _breaches(content: Content, tree: etree._ElementTree | None, schema: Schema) -> list[Fault]:
    if schema.xsd is None:
        return []
    if tree is None:
        return streaming.validate(content, schema)
    return _validate(tree, schema.xsd, schema)


def _read(
    content: Content, names: frozenset[str], show: Look, max_elements: int, *, validated: bool
) -> etree._ElementTree | None:
    """Read a document to its end; give its tree if it will be validated and is small enough.

    Raises:
        etree.XMLSyntaxError: it isn't well-formed.
        _OversizeError: it is too big to be read.
        OSError: its bytes don't fit its encoding, or can't be read.
    """
    if content.size <= IN_MEMORY:
        tree = read_tree(content)
        # iter() without a name would give every element.
        for element in tree.iter(*names) if names else ():
            show(element)
        return tree
    _check_tags(content)
    count = _stream(content, names, show, max_elements)
    return read_tree(content) if validated and count <= _TREE else None


def read_tree(content: Content) -> etree._ElementTree:
    """Read a document whole; its prologue has been admitted.

    Raises:
        etree.XMLSyntaxError: it isn't well-formed.
    """
    with content.open() as source:
        if content.size > IN_MEMORY:
            return etree.parse(source, _parser())
        return etree.fromstring(source.read(), _parser()).getroottree()


@cache
def _parser() -> "etree.XMLParser[etree._Element]":
    parser: etree.XMLParser[etree._Element] = etree.XMLParser(remove_blank_text=True, **CAUTION)
    return parser


def _stream(content: Content, shown_names: frozenset[str], show: Look, limit: int) -> int:
    """Show elements of a big document as they pass; tell how many there were, and attributes.

    Raises:
        _OversizeError: more than the limit, or more names than any format has.
    """
    count = 0
    names: set[str | bytes] = set()
    with content.open() as source:
        for _, element in etree.iterparse(source, events=("end",), **CAUTION):
            attributes = element.attrib
            count += 1 + len(attributes)
            names.add(str(element.tag))
            names.update(attributes)
            if count > limit:
                raise _OversizeError(f"compte plus de {limit} éléments et attributs")
            # libxml2 keeps every name it has met.
            if len(names) > _NAMES:
                raise _OversizeError(f"compte plus de {_NAMES} noms d'éléments et d'attributs")
            if element.tag in shown_names:
                show(element)
            forget(element)
    return count


def _check_tags(content: Content) -> None:
    """Refuse a tag so long that reading it alone would fill the memory.

    Raises:
        _OversizeError: a tag is longer than any document needs.
    """
    with content.open() as source:
        end = b""
        while block := source.read(_WINDOW):
            if _has_long_tag(end + block, _TAG):
                raise _OversizeError(f"a une balise de plus de {_TAG} octets")
            end = block[-_TAG - 2 :]


def _has_long_tag(piece: bytes, most: int) -> bool:
    """Whether more than so many bytes without ">" follow what opens a tag.

    The expression `<[^>!?/\\s][^>]{most}` says the same, but reads on from each "<" there is.
    """
    length, start = most + 2, 0
    while (last := start + length) <= len(piece):
        # Whatever is too long and begins before a ">" cannot reach over it.
        if (end := piece.rfind(b">", start, last)) < 0:
            end = piece.find(b">", last)
            end = len(piece) if end < 0 else end
            if _OPENING.search(piece, start, end - most):
                return True
        start = end + 1
    return False


def _validate(tree: etree._ElementTree, xsd: etree.XMLSchema, schema: Schema) -> list[Fault]:
    # A schema holds the errors of its last validation: one at a time.
    with _LOCK:
        valid = xsd.validate(tree)
        if not valid and _without_blanks(tree, schema):
            valid = xsd.validate(tree)
        log = [] if valid else list(xsd.error_log)
    return validation.faults(log, tree.getroot(), schema)


def _without_blanks(tree: etree._ElementTree, schema: Schema) -> bool:
    """Strip dates of the blanks around them; tell whether there were any.

    XML Schema leaves them out before it compares (Part 2, 4.3.6 whiteSpace); libxml2 does so of
    numbers, but not of dates.
    """
    stripped = False
    for element in tree.iter(*instants) if (instants := schema.instants) else ():
        text = element.text or ""
        if len(element) == 0 and text != text.strip(_BLANKS):
            element.text = text.strip(_BLANKS)
            stripped = True
    return stripped


def _oversize(content: Content, error: _OversizeError) -> Motif:
    return syntax(
        content,
        Regle.DOCUMENT,
        f"Le {content.called} {error}.",
        "Répartissez le contenu entre plusieurs fichiers.",
    )


def _non_utf8_line(content: Content) -> int | None:
    """Give the line of the first byte that is no UTF-8, None if there is none."""
    with content.open() as source:
        for rank, line in enumerate(source, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return rank
    return None


def _not_utf8(content: Content, line: int) -> Motif:
    return syntax(
        content,
        Regle.UTF_8,
        f"Le {content.called} n'est pas encodé en UTF-8, ligne {line}.",
        "Enregistrez le fichier en UTF-8.",
        line=line,
    )


def _malformed(content: Content, error: etree.XMLSyntaxError) -> Motif:
    line, column = error.position
    said = syntax_phrases.in_french(error.msg)
    with content.open() as source:
        place = open_elements(source)
    return syntax(
        content,
        Regle.XML,
        f"Le {content.called} n'est pas du XML bien formé, ligne {line}, colonne {column}"
        f"{f', dans {_with_term(place)}' if place else ''} : {said.fault}.",
        said.remede,
        line=line,
        place=place,
        words=syntax_phrases.words(error.msg),
    )


def _nonconforming(content: Content, schema_name: str, fault: Fault) -> Motif:
    where = [
        *([f"ligne {fault.line}"] if fault.line else []),
        *([_with_term(fault.place)] if fault.place else []),
    ]
    return syntax(
        content,
        Regle.XSD,
        f"Le {content.called} ne respecte pas le schéma{''.join(f', {each}' for each in where)} :"
        f" {fault.phrase.fault}.",
        fault.phrase.remede,
        values={"schema": schema_name},
        line=fault.line,
        place=fault.place,
        words=fault.words,
    )


def _with_term(place: str) -> str:
    called = term(place)
    return f"{place} ({called})" if called else place
