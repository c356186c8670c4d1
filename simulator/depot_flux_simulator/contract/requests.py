"""Requests checked against the contract by a library, and read by role."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from depot_flux_simulator.contract.codes import Codes
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.errors import ConfigurationError

_SHOWN = 100
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Breach:
    """A way in which a request breaks the contract.

    Attributes:
        where: the parameter, part or property at fault, as the contract names it.
        message: what is wrong, in French like the platform's own errors.
        missing: whether the element is absent, rather than ill-formed.
    """

    where: str
    message: str
    missing: bool = False


class Parameter:
    """A parameter of an operation.

    Attributes:
        name: its name.
        place: path, query, header or cookie.
        required: whether a call must have it.
        role: the role it plays, if any.
        codes: how it writes interface codes, where it states one.
    """

    def __init__(self, document: Document, node: Node) -> None:
        node = document.resolve(node)
        self.name: str = node["name"]
        self.place: str = node["in"]
        self.required: bool = bool(node.get("required"))
        self.role = document.role(node)
        if "content" in node:
            (media,) = node["content"].values()
            self.schema: Node = media.get("schema", {})
            self._read: Reader = _json_text
        else:
            self.schema = node.get("schema", {})
            exploded = node.get("explode", node.get("style", "form") == "form")
            separator = "" if exploded and self.place in ("query", "cookie") else ","
            self._read = reader(document, self.schema, separator)
        self._validator = document.validator(self.schema)
        self.codes = Codes(document, self.schema)

    def typed(self, text: str) -> Any:
        """Its value in the type of the contract, as it came over the wire."""
        return self._read([text])

    def breaches(self, values: Sequence[str]) -> list[Breach]:
        """What is wrong with its values as they came over the wire, none when it is absent."""
        if not values:
            return [missing(self.name)] if self.required else []
        value = self._read(values)
        if self._validator.is_valid(value):
            return []
        return broken(self._validator.iter_errors(value), self.name)


Reader = Callable[[Sequence[str]], Any]


def reader(document: Document, schema: Node, separator: str = "") -> Reader:
    """What turns texts from the wire into the type of a schema.

    A text that does not have that type stays a text, for the validator to name.

    Args:
        document: the contract.
        schema: the schema of the value.
        separator: between the items of an array; "" when each item is a text of its own.
    """
    node = document.whole(schema)
    kinds = node.get("type", "object" if "properties" in node else "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        one = reader(document, node.get("items", {}))
        if separator:
            return lambda values: [one([item]) for item in ",".join(values).split(separator)]
        return lambda values: [one([value]) for value in values]
    if "object" in kinds:
        return _json_text
    readers = [_SCALARS[kind] for kind in kinds if kind in _SCALARS]
    if not readers or "string" in kinds:
        return lambda values: values[-1]
    (read, *_) = readers
    return lambda values: read(values[-1])


def _json_text(values: Sequence[str]) -> Any:
    try:
        return from_json(values[-1])
    except ValueError:
        return values[-1]


def from_json(text: str) -> Any:
    """Read JSON from the wire: finite numbers, texts that are Unicode, no deeper than one reads.

    Raises:
        ValueError: it is no such JSON.
    """
    try:
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=without_repetition,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return value
    raise ValueError("nested too deep")


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, for the json module.

    Raises:
        ValueError: it says something twice, and two readers might each take another.
    """
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands twice")
    return value


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair, which JSON can escape, is no letter
        return ()
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list) else ()


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _integer(text: str) -> Any:
    return int(text) if re.fullmatch(r"-?[0-9]{1,300}", text, re.ASCII) else text


def _number(text: str) -> Any:
    found = re.fullmatch(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?", text, re.ASCII)
    return float(text) if found else text


def _boolean(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def broken(errors: Iterable[Any], name: str) -> list[Breach]:
    """What a validator found wrong, each thing once.

    Args:
        errors: the validator's errors.
        name: what was validated; "" for a body, whose errors name the place inside it.
    """
    breaches: list[Breach] = []
    for error in errors:
        if error.validator == "required":
            absent = (key for key in error.validator_value if key not in error.instance)
            breaches.extend(missing(key) for key in absent)
            continue
        where = name or "/".join(str(part) for part in error.absolute_path) or "corps"
        breaches.append(
            Breach(
                where,
                f"{where} : {_short(error.instance)} ne respecte pas la règle {error.validator} "
                f"({_short(error.validator_value, str)}) du contrat.",
            )
        )
    return list(dict.fromkeys(breaches))


def missing(name: str) -> Breach:
    """The breach of leaving out what is required."""
    return Breach(name, f"{name} : obligatoire, absent de la requête.", missing=True)


def _short(value: Any, show: Callable[[Any], str] = repr) -> str:
    shown = show(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"


def only_path(paths: Sequence[tuple[str, ...]], what: str) -> tuple[str, ...] | None:
    """The one place of a role, None for none.

    Raises:
        ConfigurationError: there are several.
    """
    distinct = list(dict.fromkeys(paths))
    if len(distinct) > 1:
        named = ", ".join(".".join(path) for path in distinct)
        raise ConfigurationError(f"contract: {what} is played by {named}; leave it to one of them")
    return distinct[0] if distinct else None
