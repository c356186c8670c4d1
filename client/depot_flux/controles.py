"""What can be said of a file before it is sent, and the interface code that suits it.

The same rules as the platform's, as far as they need nothing but the file itself.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

LONGUEUR_NOM = 256
INTERDITS = frozenset("%$!&/\\:;«»#@")
TAILLE_FICHIER = 100_000_000
_ILLISIBLES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DEBUT = 1024
_PROLOGUE = 1 << 16
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CDAR = "CrossDomainAcknowledgementAndResponse"

# Interface codes and what they announce; documented [CP] 5.2.4.
EXTENSIONS = {"FSO3110A": "xml", "FSO3117A": "pdf", "FSO3300A": "xml", "FSO6000A": "xml"}
_RACINES = {
    f"{_UBL}Invoice-2 Invoice": "FSO3110A",
    f"{_UBL}CreditNote-2 CreditNote": "FSO3110A",
    f"urn:un:unece:uncefact:data:standard:{_CDAR}:100 {_CDAR}": "FSO3300A",
    "Report": "FSO6000A",
}


@dataclass(frozen=True, slots=True)
class Examen:
    """A file as far as it was looked at.

    Attributes:
        nom: the name it would be deposited under.
        taille: in bytes.
        debut: its first bytes, 1024 at most.
        racine: namespace and name of an XML document's root, None if there is none to read.
    """

    nom: str
    taille: int
    debut: bytes
    racine: str | None


def examiner(nom: str, contenu: IO[bytes], taille: int) -> Examen:
    """Look at a file.

    Args:
        nom: its name.
        contenu: its bytes, read from the start.
        taille: how many there are.
    """
    contenu.seek(0)
    prologue = contenu.read(_PROLOGUE)
    debut = prologue[:_DEBUT]
    return Examen(nom, taille, debut, _racine(prologue) if _genre(debut) == "xml" else None)


def fautes(examen: Examen, code_interface: str) -> list[str]:
    """What is wrong with a file for an interface code; nothing when no fault was found."""
    return [
        *fautes_nom(examen.nom),
        *_fautes_taille(examen),
        *_fautes_type(examen, code_interface),
    ]


def fautes_nom(nom: str) -> Iterator[str]:
    """What is wrong with a name.

    Source: 256 characters at most, none of `% $ ! & / \\ : ; « » # @`, [CP] 3.2.1.4.1
    (documented); no character that cannot be seen (assumed).
    """
    if not nom.strip():
        yield "the name is empty"
    if len(nom) > LONGUEUR_NOM:
        yield f"the name has {len(nom)} characters, {LONGUEUR_NOM} at most are allowed"
    if forbidden := sorted(INTERDITS.intersection(nom)):
        yield f"the name holds {' '.join(forbidden)}, which is not allowed"
    if any(unicodedata.category(character) in _ILLISIBLES for character in nom):
        yield "the name holds a character that cannot be seen"


def deviner(examen: Examen) -> str | None:
    """The interface code that suits a file, None when it is not obvious."""
    if examen.nom.lower().endswith(".tar.gz"):
        code = examen.nom[:8]
        return code if code in EXTENSIONS else None
    if _genre(examen.debut) == "pdf":
        return "FSO3117A"
    return _RACINES.get(examen.racine or "")


def _fautes_taille(examen: Examen) -> Iterator[str]:
    # Nothing but blanks is empty: assumed.
    if not examen.debut.strip():
        yield "the file is empty"
    if examen.taille > TAILLE_FICHIER:
        yield f"the file has {examen.taille} bytes, {TAILLE_FICHIER} at most are allowed"


def _fautes_type(examen: Examen, code_interface: str) -> Iterator[str]:
    extension = EXTENSIONS.get(code_interface)
    if extension is None or not examen.debut.strip():
        return
    own = examen.nom.rpartition(".")[2].lower() if "." in examen.nom else ""
    if own != extension:
        yield f"{code_interface} takes .{extension} files"
    elif _genre(examen.debut) != extension:
        yield f"the content is no {extension.upper()}, whatever the name says"
    elif _RACINES.get(examen.racine or "", code_interface) != code_interface:
        yield f"the content belongs to {_RACINES[examen.racine or '']}, not to {code_interface}"


def _genre(debut: bytes) -> str | None:
    if debut.startswith(b"\x1f\x8b"):
        return "gz"
    if b"%PDF-" in debut:
        return "pdf"
    text = debut.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"<") or debut.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"\0\0\0<")):
        return "xml"
    return None


class _FoundError(Exception):
    """The root was read; there is no need to go on."""


def _racine(prologue: bytes) -> str | None:
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
