"""Where every element of the contract comes from, and how surely.

`spec/provenance.yaml` names elements by JSON pointer; each entry gives source, section and class.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from depot_flux_contract.effective import Document

CLASSES = ("documented", "inferred", "assumed", "official")

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LIMITS = (
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
)


def elements(document: Document) -> list[str]:
    """JSON pointers of all that needs a provenance.

    Operations, parameters, media types, properties, status values, response codes, limits, links
    and security schemes; descriptions and examples need none.
    """
    found = [f"/components/securitySchemes/{name}" for name in _at(document, "securitySchemes")]
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                found += _operation(f"/paths/{_escape(path)}/{method}", item[method])
    for name, response in _at(document, "responses").items():
        found += _content(f"/components/responses/{_escape(name)}", response)
    for name, schema in _at(document, "schemas").items():
        found += _schema(f"/components/schemas/{_escape(name)}", schema)
    return found


def faults(document: Document, provenance: Document) -> list[str]:
    """What is wrong between a contract and its provenance, one sentence each.

    An element without entry, an entry without element, an element with two entries, an unknown
    source or class.
    """
    entries = provenance.get("entries", [])
    known = Counter(pointer for entry in entries for pointer in entry["elements"])
    needed = set(elements(document))
    found = [f"no provenance: {pointer}" for pointer in sorted(needed - known.keys())]
    found += [f"no such element: {pointer}" for pointer in sorted(known.keys() - needed)]
    found += [f"two entries: {pointer}" for pointer, count in known.items() if count > 1]
    for entry in entries:
        if entry["class"] not in CLASSES:
            found.append(f"unknown class {entry['class']}: {entry['elements'][0]}")
        if entry["source"] not in provenance.get("sources", {}):
            found.append(f"unknown source {entry['source']}: {entry['elements'][0]}")
    return found


def _operation(pointer: str, operation: dict[str, Any]) -> Iterator[str]:
    yield pointer
    for number, parameter in enumerate(operation.get("parameters", ())):
        yield f"{pointer}/parameters/{number}"
        yield from _schema(f"{pointer}/parameters/{number}/schema", parameter.get("schema", {}))
    yield from _content(f"{pointer}/requestBody", operation.get("requestBody", {}))
    for code, response in operation.get("responses", {}).items():
        yield f"{pointer}/responses/{code}"
        yield from _content(f"{pointer}/responses/{code}", response)
        for name in response.get("links", {}):
            yield f"{pointer}/responses/{code}/links/{_escape(name)}"


def _content(pointer: str, holder: dict[str, Any]) -> Iterator[str]:
    for media_type, media in holder.get("content", {}).items():
        here = f"{pointer}/content/{_escape(media_type)}"
        yield here
        yield from _schema(f"{here}/schema", media.get("schema", {}))


def _schema(pointer: str, schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        return
    for name, inner in schema.get("properties", {}).items():
        yield f"{pointer}/properties/{_escape(name)}"
        yield from _schema(f"{pointer}/properties/{_escape(name)}", inner)
    for number, _ in enumerate(schema.get("enum", ())):
        yield f"{pointer}/enum/{number}"
    yield from (f"{pointer}/{limit}" for limit in _LIMITS if limit in schema)
    if isinstance(schema.get("items"), dict):
        yield from _schema(f"{pointer}/items", schema["items"])
    for keyword in ("allOf", "oneOf", "anyOf"):
        for number, inner in enumerate(schema.get(keyword, ())):
            yield from _schema(f"{pointer}/{keyword}/{number}", inner)


def _at(document: Document, section: str) -> dict[str, Any]:
    found: dict[str, Any] = document.get("components", {}).get(section, {})
    return found


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
