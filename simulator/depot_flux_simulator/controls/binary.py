"""Bytes written as text in an XML document: base64 as the XSD has it.

Source: XML Schema Part 2, 3.2.16 base64Binary (RFC 2045 with its padding). libxml2 skips letters
that are no base64, so that an attachment nobody can decode would pass: it is read again here.
"""

import binascii
import re
from collections.abc import Iterator

from depot_flux_simulator.controls.content import BLOCK
from depot_flux_simulator.controls.names import excerpt

# The blanks of XML, allowed between any two letters; a no-break space is none of them.
_BLANKS = " \t\r\n"
_REMOVED = dict.fromkeys(map(ord, _BLANKS))
_FOREIGN = re.compile(rf"[^A-Za-z0-9+/={_BLANKS}]")
_TEMPLATE = re.compile(
    r"\{\{.{0,80}?\}\}|\$\{.{0,80}?\}|\{%.{0,80}?%\}|<%.{0,80}?%>|\[[^\[\]]{1,80}\]|%[A-Za-z_]{1,80}%"
)
# Where two "=" are looked for, blanks between them.
_PADDING = 256
# The last letter before one "=", before two: the bits left over are zero.
_LAST = {1: frozenset("AEIMQUYcgkosw048"), 2: frozenset("AQgw")}


def fault(text: str) -> str | None:
    """Say in French why a text is no base64, None when it is."""
    if foreign := _FOREIGN.search(text):
        return _foreign(text, foreign)
    # An attachment may be big: no copy is made of it.
    end = text.find("=")
    end = len(text) if end < 0 else end
    padding = text[end : end + _PADDING].translate(_REMOVED)
    if padding not in {"", "=", "=="} or text[end + _PADDING :].strip(_BLANKS):
        return "le signe « = » n'y est pas seulement à la fin, une ou deux fois"
    letters = end - sum(text.count(blank, 0, end) for blank in _BLANKS) + len(padding)
    if letters % 4:
        count = f"{letters} caractère{'s' if letters > 1 else ''}"
        return (
            f"il compte {count}, ce qui n'est pas un multiple de 4 (contenu tronqué, ou « = »"
            " manquant à la fin)"
        )
    last = next((text[rank] for rank in range(end - 1, -1, -1) if text[rank] not in _BLANKS), "")
    if padding and last not in _LAST[len(padding)]:
        return "ses derniers caractères ne terminent aucun octet"
    return None


def _foreign(text: str, found: re.Match[str]) -> str:
    start = text.lstrip(_BLANKS)[:10]
    if template := _TEMPLATE.search(text):
        return f"il contient un modèle qui n'a pas été rempli, « {excerpt(template[0])} »"
    if start[:5].lower() == "data:":
        return "il commence par « data: », l'en-tête d'une adresse, à retirer avec sa virgule"
    if start == "-----BEGIN":
        return "il est entre les lignes « -----BEGIN » et « -----END » d'un fichier PEM, à retirer"
    return _foreign_letter(found)


def _foreign_letter(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in "-_":
        return f"il emploie l'alphabet base64 des adresses web (« {letter} »), au lieu de + et /"
    if letter == "\\":
        sequence = found.string[found.start() : found.start() + 2]
        return f"il contient la suite « {sequence} » écrite en toutes lettres"
    if letter in "\"'":
        return f"il contient un guillemet ({letter})"
    rank = found.start() + 1
    return f"son caractère n° {rank}, « {excerpt(letter)} » (U+{ord(letter):04X}), n'en est pas un"


def decoded(text: str) -> Iterator[bytes]:
    """Decode base64 piece by piece.

    Raises:
        ValueError: it is none; what stands before has been given.
    """
    rest = ""
    for start in range(0, len(text), BLOCK):
        block = rest + text[start : start + BLOCK].translate(_REMOVED)
        whole = len(block) - len(block) % 4
        rest = block[whole:]
        yield binascii.a2b_base64(block[:whole], strict_mode=True)
        if rest and block[:whole].endswith("="):
            raise ValueError("letters after the padding")
    if rest:
        raise ValueError("the last letters make no byte")
