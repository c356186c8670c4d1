"""A contract as the client's generator understands it; the contract itself stays as it is."""

import json
from collections.abc import Iterator
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_contract.reading import references
from depot_flux_simulator.contract.document import Document as Resolver


def simplified(document: Document) -> Document:
    """A copy of an effective contract without what the generator fails on or takes for another."""
    copy = json.loads(json.dumps(document))
    made: Document = _for_generator(_plain_headers(_called_only(_open_unions(copy))))
    return made


def request_bodies(document: Document) -> Iterator[Document]:
    """The request body of every operation that has one."""
    resolver = Resolver(document)
    for _, _, node in resolver.operations():
        if "requestBody" in node:
            yield resolver.resolve(node["requestBody"])


def _open_unions(document: Document) -> Document:
    """The document in which alternatives that lead back to themselves may be anything.

    The generator leaves out such a schema, and with it every answer that holds one.
    """
    schemas = document.get("components", {}).get("schemas", {})
    leads_to = {name: {target for _, target in references(node)} for name, node in schemas.items()}
    for name, node in schemas.items():
        if ("oneOf" in node or "anyOf" in node) and _reaches_itself(name, leads_to):
            schemas[name] = {}
    return document


def _reaches_itself(name: str, leads_to: dict[str, set[str]]) -> bool:
    reached: set[str] = set()
    pending = [name]
    while pending:
        for target in leads_to.get(pending.pop(), ()):
            following = target.removeprefix("#/components/schemas/")
            if following not in reached:
                reached.add(following)
                pending.append(following)
    return name in reached


def _called_only(document: Document) -> Document:
    """The document without callbacks: no function of a client comes from what others call.

    The generator fails on a `$ref` there. Of webhooks it reads nothing.
    """
    paths = {path: _without_callbacks(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths}


def _without_callbacks(item: Document) -> Document:
    return {
        key: {name: part for name, part in value.items() if name != "callbacks"}
        if isinstance(value, dict)
        else value
        for key, value in item.items()
    }


def _plain_headers(document: Document) -> Document:
    """The document in which a header's identifier is a text.

    The generated function would put a UUID into the headers as the object it is, which httpx
    refuses.
    """
    resolver = Resolver(document)

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(each) for each in node]
        if not isinstance(node, dict):
            return node
        schema = node.get("schema")
        if node.get("in") == "header" and isinstance(schema, dict):
            whole = resolver.whole(schema)
            if whole.get("format") == "uuid":
                return {**node, "schema": {k: v for k, v in whole.items() if k != "format"}}
        return {key: plain(value) for key, value in node.items()}

    made: Document = plain(document)
    return made


def _for_generator(node: Any) -> Any:
    """The document as the generator understands it; the contract itself stays as it is.

    It would name classes after French titles, and knows files by OpenAPI 3.0's `format` only.
    """
    if isinstance(node, dict):
        # A property may itself be called title; then its value is a schema, not a text.
        kept = {
            key: _for_generator(value)
            for key, value in node.items()
            if key != "title" or not isinstance(value, str) or "version" in node
        }
        if node.get("type") == "string" and node.get("contentMediaType"):
            kept |= {} if node.get("contentEncoding") else {"format": "binary"}
        if isinstance(node.get("requestBody"), dict):
            _make_raw(kept["requestBody"])
        if isinstance(node.get("responses"), dict):
            _prefer_json(kept["responses"])
        return _enumerated(_two_way(kept))
    return [_for_generator(item) for item in node] if isinstance(node, list) else node


def _two_way(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that requires neither what only answers say nor what only requests do.

    The generator makes one class for both.
    """
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return schema
    marks = ("readOnly", "writeOnly")
    ours = [n for n in required if not any((properties.get(n) or {}).get(m) for m in marks)]
    return {**schema, "required": ours} if len(ours) < len(required) else schema


def _enumerated(schema: dict[str, Any]) -> dict[str, Any]:
    """Alternatives that are one value each as the enumeration they are.

    Of several `const` the generator's client reads the first alone.
    """
    for keyword in ("oneOf", "anyOf"):
        alternatives = schema.get(keyword)
        if isinstance(alternatives, list) and alternatives:
            values = [each.get("const") for each in alternatives if isinstance(each, dict)]
            if len(values) == len(alternatives) and all(isinstance(v, str) for v in values):
                rest = {key: value for key, value in schema.items() if key != keyword}
                return {**rest, "type": "string", "enum": values}
    return schema


def _prefer_json(responses: dict[str, Any]) -> None:
    """Of an answer in JSON or in bytes the client reads the JSON; it reads one form alone."""
    for response in responses.values():
        content = response.get("content") if isinstance(response, dict) else None
        if isinstance(content, dict) and any("json" in name for name in content):
            response["content"] = {k: v for k, v in content.items() if "json" in k}


def _make_raw(body: dict[str, Any]) -> None:
    """OpenAPI 3.1 says of a raw body no more than its media type."""
    for media_type, media in body.get("content", {}).items():
        structured = ("json", "multipart/", "urlencoded")
        if not any(word in media_type for word in structured) and not media.get("schema"):
            media["schema"] = {"type": "string", "format": "binary"}
    # Of several kinds of bytes the client sends the first: the generator cannot tell them apart.
    for name in raw_types(body)[1:]:
        del body["content"][name]


def raw_types(body: Document) -> list[str]:
    """The media types of a request body that are a file and nothing else."""
    return [
        name
        for name, media in body.get("content", {}).items()
        if "multipart/" not in name and media.get("schema", {}).get("format") == "binary"
    ]
