"""The plainest value a schema allows, for what plays no role."""

import json
import random
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rstr import Rstr

from depot_flux_simulator.contract.document import Document, Node

NONE: Any = object()
"""Where no value was found."""

_DEEPEST = 8
_LONGEST = 4096
_TRIALS = 20
_MANY = 100
_TEXTS = {
    "date": "2026-09-01",
    "date-time": "2026-09-01T08:00:00Z",
    "time": "08:00:00Z",
    "duration": "PT1H",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "a@b.example",
    "uri": "https://depot-flux.example/",
    "uri-reference": "/",
    "url": "https://depot-flux.example/",
    "hostname": "depot-flux.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "",
    "binary": "",
}


def plainest(document: Document, schema: Node) -> Any:
    """The plainest value: the schema's own default, example or first value, else one made up.

    Returns:
        A value that the schema accepts; `NONE` where none was found.
    """
    is_valid = document.validator(schema).is_valid
    return next((each for each in _candidates(document, schema, 0) if is_valid(each)), NONE)


def _candidates(document: Document, schema: Node, depth: int) -> Iterator[Any]:
    node = document.whole(schema)
    for key in ("const", "default"):
        if key in node:
            yield node[key]
    example = document.example(node)
    if example is not None:
        yield example
    yield from node.get("enum", ())
    if depth > _DEEPEST:
        return
    for alternative in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from _candidates(document, alternative, depth + 1)
    kinds = node.get("type", "object" if "properties" in node else ())
    for kind in [kinds] if isinstance(kinds, str) else [*kinds]:
        yield from _of_type(document, node, kind, depth)
    if not kinds:
        yield from ("", 0, {})


def _of_type(document: Document, node: Node, kind: str, depth: int) -> Iterator[Any]:
    if kind == "string":
        yield from _texts(node)
    elif kind in {"integer", "number"}:
        yield from _numbers(node)
    elif kind == "boolean":
        yield from (False, True)
    elif kind == "array":
        least = node.get("minItems", 0)
        yield _items(document, node, least, depth) if least else []
    elif kind == "object":
        properties = node.get("properties", {})
        made = {
            name: _inner(document, properties.get(name, {}), depth)
            for name in node.get("required", ())
        }
        yield {name: value for name, value in made.items() if value is not NONE}
    elif kind == "null":
        yield None


def _items(document: Document, node: Node, least: int, depth: int) -> list[Any]:
    item = node.get("items", {})
    first = _inner(document, item, depth)
    if first is NONE:
        return []
    if not node.get("uniqueItems"):
        return [first] * least
    is_valid = document.validator(item).is_valid
    found: list[Any] = []
    for each in islice(_candidates(document, item, depth + 1), _MANY):
        if len(found) < least and each not in found and is_valid(each):
            found.append(each)
    return found


def _inner(document: Document, schema: Node, depth: int) -> Any:
    is_valid = document.validator(schema).is_valid
    found = _candidates(document, schema, depth + 1)
    return next((each for each in found if is_valid(each)), NONE)


def _texts(node: Node) -> Iterator[str]:
    if node.get("format") in _TEXTS:
        yield _TEXTS[node["format"]]
    least = min(node.get("minLength", 0), _LONGEST)
    if "pattern" in node:
        yield from _matching(node["pattern"], least, node.get("maxLength", _LONGEST))
    yield from ("x" * least, "0" * least)
    yield from (str(rank).rjust(least, "0") for rank in range(1, _TRIALS))


def _matching(pattern: str, least: int, most: int) -> Iterator[str]:
    # Always the same: a sample is no secret, and tests like to see it again.
    made = Rstr(random.Random(pattern))  # noqa: S311
    try:
        for _ in range(_TRIALS):
            text = made.xeger(pattern)
            # What an unanchored end leaves open is filled up.
            yield text if len(text) >= least else text.ljust(least, text[-1:] or "x")
            yield text[:most]
    except (re.error, ValueError, KeyError, OverflowError, MemoryError, IndexError):
        return


def _numbers(node: Node) -> Iterator[float]:
    yield 0
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    step = node.get("multipleOf", 1)
    for bound in (low, high, above, below):
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            rounded = int(bound // step) * step
            yield from (bound, rounded, rounded + step, rounded - step)
    yield from (rank * step for rank in range(1, _TRIALS))


def shown(value: Any) -> str:
    """A value as notes show it."""
    return json.dumps(value, ensure_ascii=False)
