"""Schema keywords that no part of this project reads: an error, never a silent gap.

What is understood: every keyword that the library validates a value by, and the annotations of
JSON Schema 2020-12 and of OpenAPI's schema object, which change no value.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS30Validator, OAS31Validator

from depot_flux_contract.errors import ContractError
from depot_flux_contract.reading import escape
from depot_flux_simulator.contract.document import Document, Node, keys

_ANNOTATIONS = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly",
    "writeOnly", "discriminator", "xml", "externalDocs", "contentEncoding", "contentMediaType",
    "contentSchema", "$comment", "$schema", "$id", "$anchor", "$defs", "definitions",
    "then", "else", "minContains", "maxContains", "exclusiveMinimum", "exclusiveMaximum",
})  # fmt: skip
# A habit of OpenAPI 3.0 that means nothing in 3.1, and is met there all the same.
_HABITS = frozenset({"nullable"})

_ONE = ("items", "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")

# Outside schemas: what holds data, and what is keyed by free names.
_DATA = frozenset({"example", "examples"})
_MAPS = frozenset({"headers", "content", "responses", "links", "callbacks", "parameters"})

_Place = tuple[str | int, ...]


def see_that_all_are_understood(contract: Node, name: str) -> None:
    """Look at every schema that an operation of the contract leads to.

    Args:
        contract: an OpenAPI document.
        name: of its file.

    Raises:
        ContractError: a schema has a keyword that is none; the message gives its JSON pointer.
    """
    document = Document(contract)
    modern = document.version.startswith("3.1")
    validator = OAS31Validator if modern else OAS30Validator
    understood = _ANNOTATIONS | _HABITS | set(validator.VALIDATORS)
    unknown = [
        "".join(f"/{escape(str(part))}" for part in (*place, keyword))
        for place, schema in _schemas(document)
        for keyword in schema
        if keyword not in understood and not keyword.startswith("x-")
    ]
    if unknown:
        raise ContractError(
            f"{name}: {', '.join(unknown[:5])}: no keyword of a schema, so what it asks would be "
            "passed over; correct it, call it x-…, or remove it with an overlay given as --roles"
        )


def _schemas(document: Document) -> Iterator[tuple[_Place, Node]]:
    """Every schema that an operation leads to, once, with its place."""
    seen: set[int] = set()
    pending: list[tuple[_Place, Any]] = [
        (("paths", path, method), node) for path, method, node in document.operations()
    ]
    while pending:
        place, node = pending.pop()
        if isinstance(node, list):
            pending += [((*place, rank), each) for rank, each in enumerate(node)]
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node.get("$ref"), str):
            pending.append((tuple(keys(node["$ref"])), document.at(node["$ref"])))
        if _is_schema(place):
            yield place, node
            pending += _inside(place, node)
        else:
            pending += [
                ((*place, key), value)
                for key, value in node.items()
                if key not in _DATA and not str(key).startswith("x-")
            ]


def _is_schema(place: _Place) -> bool:
    """Whether what stands there is a schema: it, or what is around it, stands under `schema`."""
    if place[:2] == ("components", "schemas"):
        return True
    return any(key == "schema" and before not in _MAPS for before, key in itertools.pairwise(place))


def _inside(place: _Place, schema: Node) -> Iterator[tuple[_Place, Any]]:
    for keyword in (*_ONE, *_SEVERAL):
        yield (*place, keyword), schema.get(keyword)
    for keyword in _NAMED:
        for name, inner in (schema.get(keyword) or {}).items():
            yield (*place, keyword, name), inner
