"""Identifiers of the form the contract asks for."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.errors import ConfigurationError

# Short enough for JavaScript's whole numbers, long enough never to be drawn twice in practice;
# the store refuses the second all the same.
_DIGITS = 15


def identifier_source(document: Document, schema: Node) -> Callable[[], Any]:
    """A function that draws identifiers which the schema accepts.

    Raises:
        ConfigurationError: none of the known forms fits the schema.
    """
    node = document.resolve(schema)
    length = max(_DIGITS, node.get("minLength", 0))
    length = min(length, node.get("maxLength", length))
    forms: tuple[Callable[[], Any], ...] = (
        lambda: 1 + secrets.randbelow(10**_DIGITS - 1),
        lambda: str(10 ** (length - 1) + secrets.randbelow(9 * 10 ** (length - 1))),
        lambda: str(uuid4()),
    )
    validator = document.validator(schema)
    for draw in forms:
        if validator.is_valid(draw()):
            return draw
    raise ConfigurationError(f"contract: no known form of identifier fits {node}")
