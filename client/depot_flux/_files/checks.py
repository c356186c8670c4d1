"""What can be said of a file before it is sent, and the interface code that suits it.

The same rules as the platform's, as far as they need nothing but the file itself.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

MAX_NAME = 256
FORBIDDEN = frozenset("%$!&/\\:;«»#@")
MAX_SIZE = 100_000_000
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_START = 1024
_PROLOGUE = 1 << 16
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CDAR = "CrossDomainAcknowledgementAndResponse"

# Interface codes and what they announce; documented [CP] 5.2.4.
EXTENSIONS = {"FSO3110A": "xml", "FSO3117A": "pdf", "FSO3300A": "xml", "FSO6000A": "xml"}
_ROOTS = {
    f"{_UBL}Invoice-2 Invoice": "FSO3110A",
    f"{_UBL}CreditNote-2 CreditNote": "FSO3110A",
    f"urn:un:unece:uncefact:data:standard:{_CDAR}:100 {_CDAR}": "FSO3300A",
    "Report": "FSO6000A",
}


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
    prologue = content.read(_PROLOGUE)
    start = prologue[:_START]
    return Inspection(name, size, start, _root(prologue) if _kind(start) == "xml" else None)


def faults(inspection: Inspection, code_interface: str) -> list[str]:
    """What is wrong with a file for an interface code; nothing when no fault was found."""
    return [
        *name_faults(inspection.name),
        *_size_faults(inspection),
        *_type_faults(inspection, code_interface),
    ]


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
    """The interface code that suits a file, None when it is not obvious."""
    if inspection.name.lower().endswith(".tar.gz"):
        code = inspection.name[:8]
        return code if code in EXTENSIONS else None
    if _kind(inspection.start) == "pdf":
        return "FSO3117A"
    return _ROOTS.get(inspection.root or "")


def _size_faults(inspection: Inspection) -> Iterator[str]:
    # Nothing but blanks is empty: assumed.
    if not inspection.start.strip():
        yield "the file is empty"
    if inspection.size > MAX_SIZE:
        yield f"the file has {inspection.size} bytes, {MAX_SIZE} at most are allowed"


def _type_faults(inspection: Inspection, code_interface: str) -> Iterator[str]:
    extension = EXTENSIONS.get(code_interface)
    if extension is None or not inspection.start.strip():
        return
    own = inspection.name.rpartition(".")[2].lower() if "." in inspection.name else ""
    if own != extension:
        yield f"{code_interface} takes .{extension} files"
    elif _kind(inspection.start) != extension:
        yield f"the content is no {extension.upper()}, whatever the name says"
    elif _ROOTS.get(inspection.root or "", code_interface) != code_interface:
        yield f"the content belongs to {_ROOTS[inspection.root or '']}, not to {code_interface}"


def _kind(start: bytes) -> str | None:
    if start.startswith(b"\x1f\x8b"):
        return "gz"
    if b"%PDF-" in start:
        return "pdf"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"<") or start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"\0\0\0<")):
        return "xml"
    return None


class _FoundError(Exception):
    """The root was read; there is no need to go on."""


def _root(prologue: bytes) -> str | None:
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
        parser.Parse(prologue, False)  # noqa: FBT003
    return found[0] if found else None
