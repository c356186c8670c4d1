"""The values that a schema allows, and what its texts say beside each of them."""

import re
from collections.abc import Iterator
from typing import Any

from depot_flux_contract.places import words
from depot_flux_simulator.contract.document import kinds


def values(node: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Every value a schema allows, and what is said beside it."""
    description = str(node.get("description", ""))
    listed = [value for value in node.get("enum", ()) if value is not None]
    alternatives = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    for each in alternatives:
        alone = [each["const"]] if "const" in each else each.get("enum", ())
        text = str(each.get("title") or each.get("description") or "")
        yield from ((value, text) for value in alone if value is not None)
    if not listed and not alternatives:
        listed = list(_described(node, description))
    named: list[Any] = next((node[key] for key in _NAMES if isinstance(node.get(key), list)), [])
    named = named or node.get("x-ms-enum", {}).get("values", [])
    names = [
        " ".join(map(str, each.values())) if isinstance(each, dict) else each for each in named
    ]
    told = [beside(value, description) for value in listed]
    if not any(told):
        before = [_before(value, description) for value in listed]
        told = before if all(before) else told
    for rank, value in enumerate(listed):
        yield value, (str(names[rank]) if rank < len(names) else "") or told[rank]


def _described(node: dict[str, Any], description: str) -> Iterator[Any]:
    """The values that a description alone tells: words in capitals, quoted words, numbers."""
    numbers = re.findall(rf"(?<![\w.])(\d{{1,4}})(?={_MARKS}{_SIGN})", description)
    if kinds(node) - {"null"} == {"integer"}:
        yield from map(int, numbers)
    elif kinds(node) <= {"string", "null"}:
        capitals = re.findall(r"\b[A-ZÉÀ][A-ZÉÀ_]{2,}\b", description)
        yield from capitals or re.findall(_QUOTED, description) or numbers


_QUOTED = r"[«“\"`]\s*([^\W\d][^«»“”\"`.,:]{2,40}?)\s*[»”\"`]"
_NAMES = ("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions")
_SIGN = r"\s*(?:[:=(–—|→-]|->|=>)+\s*"
_MARKS = r"[`'\"*«»]*"


def beside(value: Any, description: str) -> str:
    """What a description says beside a value, as in `1 : reçu` or a row of a table."""
    text = re.sub(r"<[^<>]{1,40}>", "\n", description)
    end = rf"(?=[;.\n)|]|$|,\s*(?:\d+\b|{_MARKS}[\w-]{{1,30}}{_MARKS}{_SIGN}))"
    found = re.search(rf"(?<![\w.]){re.escape(str(value))}{_MARKS}{_SIGN}([^;.\n)|]+?){end}", text)
    return _in_row(str(value), text) or (found[1] if found else "")


def _in_row(value: str, text: str) -> str:
    """The first cell beside a value, in a row of a table, that is no flag and no number."""
    for line in text.splitlines():
        cells = [cell.strip(" `'\"*") for cell in line.split("|")]
        if len(cells) > 1 and value in cells:
            at = cells.index(value)
            said = [cell for cell in cells[at + 1 :] + cells[:at] if cell]
            return next((e for e in said if not re.fullmatch(_FLAG, words(e))), "")
    return ""


_FLAG = r"oui|non|yes|no|true|false|vrai|faux|x|[on]|\d*"


def _before(value: Any, description: str) -> str:
    """What a description says before a value, as in `reçu = 1`."""
    text = re.sub(r"<[^<>]{1,40}>", "\n", description)
    found = re.search(rf"([^,;.\n(|:=]+?){_SIGN}{_MARKS}{re.escape(str(value))}(?![\w.])", text)
    return found[1] if found else ""
