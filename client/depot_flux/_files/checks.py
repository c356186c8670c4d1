"""What can be said of a file before it is sent, and the interface code that suits it.

The same rules as the platform's, as far as they need nothing but the file itself.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

MAX_NAME = 256
FORBIDDEN = frozenset("%$!&/\\:;«»#@")
MAX_SIZE = 100_000_000
MAX_BYTES = 30_000_000  # of a flux; [CP] 5.4.1, documented
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_START = 1024
# The root element of a document must come within about as many bytes; they are read piece by piece.
_PROLOGUE = 1 << 20
_STEP = 2048
_BEFORE = b"\xef\xbb\xbf \t\r\n"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_UNCEFACT = "urn:un:unece:uncefact:data:standard:"
_CDAR = "CrossDomainAcknowledgementAndResponse"
_CII = f"{_UNCEFACT}CrossIndustryInvoice:100 CrossIndustryInvoice"

# What each interface code announces: extension of its files, roots of its documents as namespace
# and name; documented [CP] 5.2.4.
_NATURES = {
    "FSO3110A": ("xml", (f"{_UBL}Invoice-2 Invoice", f"{_UBL}CreditNote-2 CreditNote")),
    "FSO3117A": ("pdf", ()),
    "FSO3300A": ("xml", (f"{_UNCEFACT}{_CDAR}:100 {_CDAR}",)),
    "FSO6000A": ("xml", ("Report",)),
}
EXTENSIONS = {code: extension for code, (extension, _) in _NATURES.items()}
_ROOTS = {root: code for code, (_, roots) in _NATURES.items() for root in roots}
_STATED = re.compile(r"([A-Z]{3}[0-9]{4}[A-Z])_")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file as far as it was looked at.

    Attributes:
        name: the name it would be deposited under.
        size: in bytes.
        start: its first bytes, 1024 at most.
        root: namespace and name of an XML document's root, None if there is none to read.
    """

    name: str
    size: int
    start: bytes
    root: str | None


def inspect(name: str, content: IO[bytes], size: int) -> Inspection:
    """Look at a file.

    Args:
        name: its name.
        content: its bytes, read from the start.
        size: how many there are.
    """
    content.seek(0)
    start = content.read(_START)
    content.seek(0)
    return Inspection(name, size, start, _root(content) if _kind(start) == "xml" else None)


def faults(inspection: Inspection, code_interface: str) -> list[str]:
    """What is wrong with a file for an interface code; nothing when no fault was found."""
    return [
        *name_faults(inspection.name),
        *_size_faults(inspection),
        *_type_faults(inspection, code_interface),
    ]


def flux_faults(name: str, size: int) -> Iterator[str]:
    """What is wrong with a flux whatever it holds.

    Source: 30 Mo at most [CP] 5.4.1, not empty [DG] 3.4.2 (documented).
    """
    yield from name_faults(name)
    if size == 0:
        yield "the file is empty"
    if size > MAX_BYTES:
        yield f"the file has {size} bytes, {MAX_BYTES} at most are allowed in one flux"


def name_faults(name: str) -> Iterator[str]:
    """What is wrong with a name.

    Source: 256 characters at most, none of `% $ ! & / \\ : ; « » # @`, [CP] 3.2.1.4.1
    (documented); no character that cannot be seen (assumed).
    """
    if not name.strip():
        yield "the name is empty"
    if len(name) > MAX_NAME:
        yield f"the name has {len(name)} characters, {MAX_NAME} at most are allowed"
    if forbidden := sorted(FORBIDDEN.intersection(name)):
        yield f"the name holds {' '.join(forbidden)}, which is not allowed"
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        yield "the name holds a character that cannot be seen"


def guess(inspection: Inspection) -> str | None:
    """The interface code that suits a file, None when nothing tells it.

    The name of an archive begins with it (documented [DG] 3.4.5), whether it is a known one or not;
    of any other file, what it begins with tells it (documented [CP] 5.2.4). What lies behind a
    document type declaration is not looked at.
    """
    stated = _STATED.match(inspection.name)
    if stated and inspection.name.lower().endswith(".tar.gz"):
        return stated[1]
    if _kind(inspection.start) == "pdf":
        return next(code for code, extension in EXTENSIONS.items() if extension == "pdf")
    return _ROOTS.get(inspection.root or "")


def unguessed(inspection: Inspection) -> str:
    """Why no interface code was guessed, and what can be done."""
    if inspection.root == _CII:
        return (
            "a CII alone has no interface code in G2B; put it into a Factur-X PDF (FSO3117A) or"
            " write the invoice as UBL (FSO3110A)"
        )
    return "the content does not tell its interface code; give one with --code"


def _size_faults(inspection: Inspection) -> Iterator[str]:
    # Nothing but blanks is empty: assumed.
    if _blank(inspection.start):
        yield "the file is empty"
    if inspection.size > MAX_SIZE:
        yield f"the file has {inspection.size} bytes, {MAX_SIZE} at most are allowed"


def _type_faults(inspection: Inspection, code_interface: str) -> Iterator[str]:
    extension = EXTENSIONS.get(code_interface)
    if extension is None or _blank(inspection.start):
        return
    own = inspection.name.rpartition(".")[2].lower() if "." in inspection.name else ""
    if own != extension:
        yield f"{code_interface} takes .{extension} files"
    elif _kind(inspection.start) != extension:
        yield f"the content is no {extension.upper()}, whatever the name says"
    elif inspection.root == _CII:
        yield unguessed(inspection)
    elif _ROOTS.get(inspection.root or "", code_interface) != code_interface:
        yield f"the content belongs to {_ROOTS[inspection.root or '']}, not to {code_interface}"


def _blank(start: bytes) -> bool:
    return not start.strip().lstrip(_BEFORE)


def _kind(start: bytes) -> str | None:
    # What a file begins with tells, after byte order marks and blanks at most: assumed.
    if start.startswith(b"\x1f\x8b"):
        return "gz"
    text = start.lstrip(_BEFORE)
    if text.startswith(b"%PDF-"):
        return "pdf"
    if text.startswith(b"<") or start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"\0\0\0<")):
        return "xml"
    return None


class _FoundError(Exception):
    """The root was read; there is no need to go on."""


def _root(content: IO[bytes]) -> str | None:
    """Namespace and name of the root of an XML document, read from where it stands."""
    step = _STEP
    block = content.read(step)
    if block.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in block[:4]:
        return None  # UTF-16, which no format of G2B admits
    found: list[str] = []

    def start(name: str, _attributes: Any) -> None:
        found.append(name)
        raise _FoundError

    def doctype(*_: Any) -> None:
        # Nothing is expanded on the word of a file.
        raise _FoundError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    with suppress(_FoundError, expat.ExpatError, ValueError, LookupError):
        while block and step < _PROLOGUE:
            parser.Parse(block, False)  # noqa: FBT003
            # Ever bigger pieces: an older expat reads an unfinished tag again with each.
            step *= 2
            block = content.read(step)
    return found[0] if found else None
