"""Where every element of the contract comes from, and how surely.

`spec/provenance.yaml` names elements by JSON pointer; each entry gives source, section and class.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_contract.places import operations
from depot_flux_contract.reading import escape as _escape
from depot_flux_simulator.contract.document import METHODS
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.roles import ROLE

CLASSES = ("documented", "inferred", "assumed", "observed", "official")

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
        for method in METHODS:
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


def verdicts(provenance: Document, current: Document, new: Document) -> list[tuple[str, str, str]]:
    """What a new contract says of each element that was assumed or inferred.

    Elements are found again by their role, then by their place; names may differ.

    Args:
        provenance: the provenance of the current contract.
        current: the current effective contract.
        new: the new one.

    Returns:
        Pointer, class, and "confirmed" or "refuted: …" for each, in the order of the file.
    """
    known = _index(new)
    return [
        (pointer, entry["class"], _verdict(pointer, current, new, known))
        for entry in provenance.get("entries", [])
        if entry["class"] in ("assumed", "inferred")
        for pointer in entry["elements"]
    ]


_Known = dict[str, list[tuple[str, dict[str, Any]]]]


def _index(document: Document) -> _Known:
    """Names and schemas of the fields that play each role."""
    found: _Known = {}
    for place in operations(document):
        fields = [each for listed in place.bodies.values() for each in listed]
        answered = [each for listed in place.answers.values() for each in listed]
        for each in (*fields, *answered, *place.parameters):
            if each.role:
                found.setdefault(each.role, []).append((each.name, each.node))
    return found


def _verdict(pointer: str, current: Document, new: Document, known: _Known) -> str:
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    if keys[:2] == ["components", "schemas"]:
        return _field_verdict(keys, current, new, known)
    if keys[:2] == ["components", "securitySchemes"]:
        return _same(_value(current, keys), _value(new, keys))
    if keys[:2] == ["components", "responses"]:
        types = {
            media_type
            for place in operations(new)
            for code, response in place.node["responses"].items()
            if not str(code).startswith("2")
            for media_type in Resolver(new).resolve(response).get("content", {})
        }
        return _among(keys[-1], types, "errors")
    return _operation_verdict(keys, current, new)


def _operation_verdict(keys: list[str], current: Document, new: Document) -> str:
    _, path, method, *rest = keys
    role = current["paths"][path][method].get(ROLE)
    for place in operations(new):
        if role and place.role == role:
            if not rest:
                return _same(f"{method} {path}", f"{place.method} {place.path}")
            if rest[0] == "requestBody":
                return _among(rest[2], set(place.bodies), "the deposit")
            if rest[0] == "responses" and len(rest) == 2:
                return _among(rest[1], set(place.answers), "the operation")
    return _same(_value(current, keys), _value(new, keys))


def _field_verdict(keys: list[str], current: Document, new: Document, known: _Known) -> str:
    named = "properties" in keys[-2:-1]
    limit = None if named else keys[-1] if len(keys) > 3 else None
    schema = _value(current, keys if named else keys[:-1])
    role = Resolver(current).role(schema) if isinstance(schema, dict) else None
    fields = known.get(role or "", [])
    if role is None or not fields:
        found = _value(new, keys)
        return "confirmed" if found == _value(current, keys) else "refuted: not in the contract"
    if named:
        return _among(keys[-1], {name for name, _ in fields}, "it")
    was = _value(current, keys)
    if any(node.get(str(limit)) == was for _, node in fields):
        return "confirmed"
    return f"refuted: {limit} is {fields[0][1].get(str(limit), 'not given')}"


def _same(was: Any, now: Any) -> str:
    if now is None:
        return "refuted: not in the contract"
    return "confirmed" if was == now else f"refuted: {now}"


def _among(was: str, now: set[str], what: str) -> str:
    if was in now:
        return "confirmed"
    return f"refuted: {what} has {', '.join(sorted(now)) or 'nothing'}"


def _value(document: Document, keys: list[str]) -> Any:
    node: Any = document
    for key in keys:
        if isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return None
    return node


def official(document: Document, name: str) -> Document:
    """The provenance of a contract that was adopted: every element is official.

    Args:
        document: the adopted contract.
        name: the file it came from.
    """
    info = document.get("info", {})
    return {
        "sources": {"officiel": f"{info.get('title')} {info.get('version')} ({name})"},
        "entries": [
            {
                "class": "official",
                "source": "officiel",
                "section": name,
                "elements": elements(document),
            }
        ],
    }
