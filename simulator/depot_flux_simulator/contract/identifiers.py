"""Identifiers of the form the contract asks for."""

import re
import secrets
from collections.abc import Callable, Iterator
from random import SystemRandom
from typing import Any
from uuid import uuid4

from rstr import Rstr

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.errors import ConfigurationError

APPLICATION = "CPP001"
"""Code of the platform itself, with which its numbers of flux begin on the sibling API Factures."""

# Short enough for JavaScript's whole numbers, long enough never to be drawn twice in practice;
# the store refuses the second all the same.
_DIGITS = 15
_LONGEST = 256
_TRIALS = 50
_SAMPLES = 200
_SAMPLE = "FSO3110A"

_random = Rstr(SystemRandom())


Draw = Callable[[str], Any]
"""Draws an identifier for a flux of an interface code; "" where none is known."""


def identifier_source(document: Document, schema: Node) -> Draw:
    """A function that draws identifiers which the schema accepts.

    By default they are composed as the sibling API Factures does: the platform's application code,
    the interface's 4 digits, 15 digits (inferred).

    Raises:
        ConfigurationError: none of the known forms fits the schema, or so few identifiers do
            that they would soon be drawn twice.
    """
    node = document.resolve(schema)
    is_valid = document.validator(schema).is_valid
    for draw in _forms(node):
        if not all(is_valid(draw(_SAMPLE)) for _ in range(_SAMPLES)):
            continue
        if len({draw(_SAMPLE) for _ in range(_SAMPLES)}) < _SAMPLES - 2:
            raise ConfigurationError(
                f"contract: too few identifiers of a flux fit {_in_short(node)}"
            )
        return draw
    raise ConfigurationError(
        f"contract: no known form of identifier of a flux fits {_in_short(node)}"
    )


def _forms(node: Node) -> Iterator[Draw]:
    low, high = _bounds(node)
    step = node.get("multipleOf", 1)
    if isinstance(step, int) and low // step < high // step:
        first, count = -(-low // step), high // step - -(-low // step) + 1
        yield lambda _code: step * (first + secrets.randbelow(count))
    yield _composed
    length = max(_DIGITS, node.get("minLength", 0))
    length = min(length, node.get("maxLength", length), _LONGEST)
    if length > 0:
        yield lambda _code: _digits(length)
    yield lambda _code: str(uuid4())
    yield lambda _code: secrets.token_hex(_LONGEST)[:length]
    if "pattern" in node:
        shortest, longest = node.get("minLength", 0), node.get("maxLength", _LONGEST)
        yield lambda _code: _matching(node["pattern"], shortest, longest)


def _composed(code_interface: str) -> str:
    interface = "".join(re.findall("[0-9]", code_interface))[:4]
    return f"{APPLICATION}{interface:0>4}{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def _digits(length: int) -> str:
    return str(10 ** (length - 1) + secrets.randbelow(9 * 10 ** (length - 1)))


def _matching(pattern: str, shortest: int, longest: int) -> str:
    text = ""
    for _ in range(_TRIALS):
        text = _random.xeger(pattern)
        if shortest <= len(text) <= longest:
            break
    return text


def _bounds(node: Node) -> tuple[int, int]:
    top = 2**31 - 1 if node.get("format") == "int32" else 10**_DIGITS - 1
    low, high = node.get("minimum", 1), node.get("maximum", top)
    # A number in OpenAPI 3.1, a flag beside the bound in 3.0.
    above, below = node.get("exclusiveMinimum", False), node.get("exclusiveMaximum", False)
    low = low + 1 if above is True else low if above is False else max(low, above + 1)
    high = high - 1 if below is True else high if below is False else min(high, below - 1)
    return int(low), int(high)


def _in_short(node: Node) -> str:
    keys = ("type", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "enum")
    return str({key: node[key] for key in keys if key in node})
