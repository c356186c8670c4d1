"""What expat tells of an XML document: what stands before its content, where it breaks off."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO
from xml.parsers import expat

from depot_flux_simulator.controls.places import shortened

_STEP = 2048
# The root element must come within about as many bytes.
_PROLOGUE = 1 << 20
# As many tags, declarations among them, are known again.
_TAGS = 2
# Elements of a path that are told.
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Prologue:
    """What stands before the content of an XML document.

    Attributes:
        encoding: the encoding it states or shows, in upper case; UTF-8 when it states none.
        dtd: whether it has a document type declaration.
        root: namespace and local name of the root element, None when there is none to be read.
        line: where it ends, from 1: that of the declaration or of the root, None for neither.
    """

    encoding: str = "UTF-8"
    dtd: bool = False
    root: tuple[str, str] | None = None
    line: int | None = None


class _Enough(Exception):  # noqa: N818 - not an error: the prologue has been read
    pass


class _Seen:
    """What a parser has met on its way to the root element; entities are never reached."""

    def __init__(self) -> None:
        self.encoding = "UTF-8"
        self.dtd = False
        self.root: tuple[str, str] | None = None

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = (encoding or "UTF-8").upper()

    def doctype(self, *_: object) -> None:
        self.dtd = True
        raise _Enough

    def element(self, name: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self.root = (namespace, local)
        raise _Enough


def prologue(source: BinaryIO) -> Prologue:
    """Read the prologue of a document.

    An error of syntax is not reported here: reading the whole document will.
    """
    start = source.read(_STEP)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:4]:
        return Prologue(encoding="UTF-16")
    # Those of one program begin alike, with a declaration and the tag of the root as a rule.
    parts = start.split(b">", _TAGS)
    if len(parts) == _TAGS + 1:
        told = _known(b">".join([*parts[:_TAGS], b""]))
        if told.root:
            return told
    return _read(start, source)


@lru_cache(maxsize=64)
def _known(beginning: bytes) -> Prologue:
    return _read(beginning, BytesIO())


def _read(start: bytes, source: BinaryIO) -> Prologue:
    seen = _Seen()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.XmlDeclHandler = seen.declaration
    parser.StartDoctypeDeclHandler = seen.doctype
    parser.StartElementHandler = seen.element
    try:
        step = _STEP
        while start and step < _PROLOGUE:
            parser.Parse(start, False)  # noqa: FBT003 - expat takes it by position
            # An older expat reads an unfinished tag again with each piece: ever bigger pieces
            # keep that linear.
            step *= 2
            start = source.read(step)
    except (_Enough, expat.ExpatError, ValueError, LookupError):
        # ValueError: an encoding that Python knows and expat can't use; LookupError: that Python
        # does not know either.
        pass
    line = parser.CurrentLineNumber if seen.dtd or seen.root else None
    return Prologue(seen.encoding, seen.dtd, seen.root, line)


def open_elements(source: BinaryIO) -> str:
    """Give the path of the element in which a document breaks off, "" for none."""
    path: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: path.append(name.rpartition(":")[2])
    parser.EndElementHandler = lambda _name: path.pop()
    with suppress(expat.ExpatError, ValueError, LookupError):
        parser.ParseFile(source)
    return shortened("/".join(path[-_DEPTH:]))
