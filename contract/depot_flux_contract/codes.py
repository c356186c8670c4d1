"""Which of a contract's own values stand for an interface code, and which for a motif."""

import re
from collections.abc import Callable
from typing import Any

from depot_flux_contract.explained import beside
from depot_flux_contract.places import words
from depot_flux_simulator.contract.codes import OTHER
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.motifs import Code

Table = dict[str, Any]
"""Code -> the contract's value; a list where several stand for it."""

# [DG] table 1: what each interface carries.
_INTERFACES = (
    ("FSO3117A", r"factur ?x"),
    ("FSO3300A", r"cdar|cdv|cycle de vie|life ?cycle|\bstatuts?\b"),
    ("FSO6000A", r"e ?reporting|flux ?10|transaction|paiement|payment|\bfrr\b"),
    ("FSO3110A", r"\bubl\b"),
)

_PJ = r"(attach|piece|\bpj\b)"
_FILE = r"(fichier|\bfile\b|facture|invoice|document)"
_EMPTY, _SIZE = r"(\bvide|\bempty)", r"(taille|\bsize|volum|too (large|big)|trop gros)"
_TYPE, _NAME = r"(\btype|extension|\bkind)", r"(\bnom\b|\bname|caracter|character)"


def _both(one: str, other: str) -> str:
    return rf"{one}.*{other}|{other}.*{one}"


# The labels of [A7], in French and English; the narrower before the wider.
_MOTIFS = (
    (Code.IRR_ANTIVIRUS, r"virus"),
    (Code.IRR_UNICITE, r"unicit|unique|doublon|duplicat|already|deja"),
    (Code.IRR_VID_PJ, _both(_PJ, _EMPTY)),
    (Code.IRR_TAILLE_PJ, _both(_PJ, _SIZE)),
    (Code.IRR_NOM_PJ, _both(_PJ, _NAME)),
    (Code.IRR_EXT_DOC, _both(_PJ, _TYPE)),
    (Code.IRR_EXTRAC, r"extra(ct|ire)|decompress|unzip|\barchive"),
    (Code.IRR_CODE_INTER, r"interface"),
    (Code.IRR_CODE_APP, r"code app|application|raccordement|connection"),
    (Code.IRR_SYNTAX, r"synta|schema|\bx(sd|ml)\b|well ?formed|bien forme|malformed"),
    (Code.IRR_FORM, _both(r"(envelop|archive|flux|\bflow)", r"(\bformat|\bnom\b|\bname)")),
    (Code.IRR_VIDE_F, _both(_FILE, _EMPTY)),
    (Code.IRR_TAILLE_F, _both(_FILE, _SIZE)),
    (Code.IRR_TYPE_F, _both(_FILE, _TYPE)),
    (Code.IRR_NOM_F, _both(_FILE, _NAME)),
    (Code.IRR_VIDE, _EMPTY),
    (Code.IRR_TAILLE, _SIZE),
    (Code.IRR_TYPE, _TYPE),
    (OTHER, r"\bautres?\b|\bother|divers|technique|technical"),
)


def table(role: str, node: dict[str, Any]) -> tuple[Table, list[Any]]:
    """The codes of a field that enumerates other values for them, and the values that say none.

    Args:
        role: that it plays; any but an interface code's or a motif's has no table.
        node: its schema.
    """
    values = [value for value in node.get("enum", ()) if value is not None]
    code_of = _READ.get(role)
    if code_of is None or any(_is_code(value) for value in values):
        return {}, []
    told: dict[str, list[Any]] = {}
    unknown = []
    for value in values:
        code = code_of(value, str(node.get("description", "")))
        if code is None:
            unknown.append(value)
        else:
            told.setdefault(code, []).append(value)
    return {code: found[0] if len(found) == 1 else found for code, found in told.items()}, unknown


def tells_motifs(node: dict[str, Any]) -> bool:
    """Whether an enumeration has a value that stands for a motif, or the motifs' own codes."""
    told, _ = table(Role.MOTIF_CODE, node)
    return bool(told.keys() - {OTHER}) or any(value in set(Code) for value in node.get("enum", ()))


def _is_code(value: Any) -> bool:
    return value in set(Code) or bool(re.search(r"FSO\d", str(value)))


def _interface(value: Any, description: str) -> str | None:
    text = words(value, beside(value, description))
    return next((code for code, says in _INTERFACES if re.search(says, text)), None)


def _motif(value: Any, description: str) -> str | None:
    said = beside(value, description)
    named = re.search(rf"{re.escape(str(value))}\b[^\n]*?(IRR_[A-Z_]+)", description)
    if named and named[1] in set(Code):
        return named[1]
    for text in (words(value), words(said)):
        for code, says in _MOTIFS:
            if text and re.search(says, text):
                return str(code)
    return None


_READ: dict[str, Callable[[Any, str], str | None]] = {
    Role.CODE_INTERFACE: _interface,
    Role.MOTIF_CODE: _motif,
}
