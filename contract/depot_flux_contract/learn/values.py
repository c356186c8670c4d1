"""Single values that the contract does not allow: of enumerations, patterns, formats, types."""

import re
from collections.abc import Iterator
from typing import Any

from depot_flux_contract.learn.bodies import Values
from depot_flux_contract.learn.evidence import Evidence
from depot_flux_contract.learn.keys import Told, schema_of
from depot_flux_contract.learn.paths import target
from depot_flux_contract.places import words
from depot_flux_simulator.contract.document import Document, kinds
from depot_flux_simulator.contract.roles import VALUES, several

_SHOWN = 3
_LETTERS = (("0-9", r"[0-9]"), ("A-Z", r"[A-Z]"), ("a-z", r"[a-z]"), ("_", "_"), (".", r"\."),
            (":", ":"), ("-", "-"))  # fmt: skip


def value_differences(found: Evidence) -> Iterator[Told]:
    """What differs in single values, as arguments of `Difference`; one a rule that they break."""
    for pointer, values in found.bodies.values.items():
        broken: dict[str, list[Any]] = {}
        validator = found.held.document.validator(values.schema)
        for value in values.seen:
            for error in validator.iter_errors(value):
                broken.setdefault(str(error.validator), []).append(value)
        # A value of another type breaks what is said of the right one too.
        for rule in ["type"] if "type" in broken else broken:
            yield _told(found.held.document, pointer, values, rule, broken[rule])


def _told(document: Document, pointer: str, values: Values, rule: str, wrong: list[Any]) -> Told:
    schema = values.schema
    count = sum(values.seen[value] for value in wrong)
    name = pointer.rpartition("/")[2]
    shown = ", ".join(map(str, wrong[:_SHOWN])) + (", …" if len(wrong) > _SHOWN else "")
    actions = {
        "enum": _enum,
        "pattern": _pattern,
        "type": _type,
    }.get(rule, _without)(document, pointer, values, rule, wrong)
    element = f"{pointer}/{rule}" if rule != "type" else pointer
    return element, f"{name} keeps {rule} {schema.get(rule)}", shown, count, tuple(actions)


def _enum(
    document: Document, pointer: str, values: Values, _rule: str, wrong: list[Any]
) -> list[dict[str, Any]]:
    update: dict[str, Any] = {"enum": wrong}
    spelled = document.whole(values.schema).get(VALUES)
    if isinstance(spelled, dict):
        more: dict[str, list[Any]] = {}
        for value in wrong:
            state = _state(spelled, value)
            if state is not None:
                more.setdefault(state, several(spelled[state])).append(value)
        update |= {VALUES: more} if more else {}
    return [{"target": target(pointer), "update": update}]


def _state(spelled: dict[str, Any], value: Any) -> str | None:
    """The state whose word an unknown value has in it; None where none has, or several."""
    said = set(words(str(value)).split())
    alike = [
        state
        for state, known in spelled.items()
        if any(set(words(str(each)).split()) <= said for each in several(known))
    ]
    return alike[0] if len(alike) == 1 else None


def _pattern(
    _document: Document, pointer: str, values: Values, _rule: str, _wrong: list[Any]
) -> list[dict[str, Any]]:
    """The letters that were seen, in any number; nothing where there were others."""
    seen = "".join(map(str, values.seen))
    known = [
        written
        for written, pattern in _LETTERS
        if re.search(pattern, seen) or re.search(pattern, str(values.schema.get("example", "")))
    ]
    allowed = "".join(known)
    if re.fullmatch(f"[{allowed}]+", seen):
        return [{"target": target(pointer), "update": {"pattern": f"^[{allowed}]+$"}}]
    return [{"target": target(f"{pointer}/pattern"), "remove": True}]


def _type(
    _document: Document, pointer: str, values: Values, _rule: str, wrong: list[Any]
) -> list[dict[str, Any]]:
    new = schema_of(wrong)
    limits = ("format", "pattern", "enum", "minLength", "maxLength", "minimum", "maximum")
    gone = [
        {"target": target(f"{pointer}/{limit}"), "remove": True}
        for limit in limits
        if limit in values.schema
    ]
    return [*gone, {"target": target(pointer), "update": new}]


def _without(
    _document: Document, pointer: str, values: Values, rule: str, wrong: list[Any]
) -> list[dict[str, Any]]:
    """The schema without a limit; an example tells the form that came, of a date for instance."""
    actions: list[dict[str, Any]] = [{"target": target(f"{pointer}/{rule}"), "remove": True}]
    if "string" in kinds(values.schema):
        actions.append({"target": target(pointer), "update": {"example": wrong[-1]}})
    return actions
