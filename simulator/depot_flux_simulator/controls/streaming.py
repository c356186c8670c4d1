"""Validation of a document too big for a tree, and where its first fault stands.

libxml2 validates a stream without telling line or path: they are counted beside it.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from lxml import etree

from depot_flux_simulator.controls.content import BLOCK, Content
from depot_flux_simulator.controls.places import local, shortened
from depot_flux_simulator.controls.schemas import Schema
from depot_flux_simulator.controls.validation import Fault, fault

# huge_tree lifts libxml2's 10 Mo for one text, which an attachment may exceed. Entities cannot
# multiply, as no DTD gets that far, and depth stays bounded at 2048.
CAUTION: Final[dict[str, Any]] = {
    "no_network": True,
    "resolve_entities": False,
    "load_dtd": False,
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}

_Parser: TypeAlias = "etree.XMLPullParser[Any]"


def forget(element: etree._Element) -> None:
    """Let an element go that was looked at, and those before it."""
    parent = element.getparent()
    element.clear(keep_tail=True)
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet.

    Attributes:
        tag: its name, with its namespace.
        step: how a path names it, e.g. `InvoiceLine[2]`.
        line: where its tag ends.
        children: how many children of each name it has had.
    """

    tag: str
    step: str
    line: int
    children: Counter[str] = field(default_factory=Counter)


class _Path:
    """The open elements of a document that is read piece by piece, and where each stands."""

    def __init__(self, parser: _Parser) -> None:
        self._parser = parser
        self._open: list[_Open] = []
        self._line = 1

    def feed(self, piece: bytes) -> list[_Open]:
        """Read on; give the path of the last element opened in the piece, else before it."""
        reached = list(self._open)
        self._line += piece.count(b"\n")
        self._parser.feed(piece)
        for event, element in self._parser.read_events():
            if event == "start":
                self._enter(str(element.tag))
                reached = list(self._open)
            else:
                self._open.pop()
                forget(element)
        return reached

    def _enter(self, tag: str) -> None:
        rank = 1
        if self._open:
            siblings = self._open[-1].children
            siblings[tag] += 1
            rank = siblings[tag]
        # Whether the first one is alone is not known yet.
        step = local(tag) if rank == 1 else f"{local(tag)}[{rank}]"
        self._open.append(_Open(tag, step, self._line))


def validate(content: Content, schema: Schema) -> list[Fault]:
    """Give the first fault of a well-formed document, where it stands.

    Args:
        content: the document; its prologue has been admitted.
        schema: the schema to apply; it has an XSD.
    """
    parser = _parser(schema, "end")
    for rank, block in enumerate(_blocks(content)):
        parser.feed(block)
        for _, element in parser.read_events():
            forget(element)
        if message := _message(parser):
            return [_located(content, schema, rank, message)]
    with suppress(etree.XMLSyntaxError):
        # Only now libxml2 says what may be wrong with the whole.
        parser.close()
    message = _message(parser)
    return [fault(message, schema, None, "")] if message else []


def _located(content: Content, schema: Schema, faulty: int, message: str) -> Fault:
    """Read again, line by line, and tag by tag from the block that holds the first fault on."""
    parser = _parser(schema, "start", "end")
    path = _Path(parser)
    for rank, block in enumerate(_blocks(content)):
        for piece in _lines(block) if rank < faulty else _tags(block):
            reached = path.feed(piece)
            if _message(parser):
                return _told(message, reached, schema)
    return fault(message, schema, None, "")


def _told(message: str, reached: list[_Open], schema: Schema) -> Fault:
    """Tell a fault of the innermost element that its message is about."""
    while reached and f"'{reached[-1].tag}'" not in message:
        reached.pop()
    line = reached[-1].line if reached else None
    return fault(message, schema, line, shortened("/".join(each.step for each in reached)))


def _parser(schema: Schema, *events: Literal["start", "end"]) -> _Parser:
    return etree.XMLPullParser(events=events, schema=schema.xsd, **CAUTION)


def _message(parser: _Parser) -> str:
    """What libxml2 said first, "" while it said nothing."""
    return next((entry.message for entry in parser.feed_error_log), "")


def _blocks(content: Content) -> Iterator[bytes]:
    with content.open() as source:
        while block := source.read(BLOCK):
            yield block


def _lines(block: bytes) -> Iterator[bytes]:
    """Cut a block before each end of a line, so that all of a piece stands in one line."""
    first, *others = block.split(b"\n")
    yield first
    yield from (b"\n" + other for other in others)


def _tags(block: bytes) -> Iterator[bytes]:
    """Cut a block behind each tag."""
    *tags, rest = block.split(b">")
    yield from (tag + b">" for tag in tags)
    yield rest
