"""What a file is that is no contract, so that a refusal can say what to ask for instead."""

import re
from typing import Any

_BYTES = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"PK\x03\x04", "a zip that was cut off; fetch it again"),
)
_TEXTS = (
    (r"<!doctype html|<html", "an HTML page; save the document itself, not the page that shows it"),
    (r"<(?:\w+:)?application\b[^>]*wadl", "a WADL; ask for the OpenAPI document"),
    (
        r"<(?:\w+:)?(?:definitions|description)\b[^>]*wsdl",
        "a WSDL, which describes SOAP; ask for the OpenAPI document of the REST API",
    ),
    (r"#%RAML", "RAML; export it as OpenAPI"),
    (r"FORMAT: *1A", "an API Blueprint; export it as OpenAPI"),
)
_KEYS = {
    "asyncapi": "AsyncAPI, which describes messages; ask for the OpenAPI document",
    "overlay": "an OpenAPI Overlay; hand over the contract, and this file as --roles",
    "arazzo": "Arazzo, which describes workflows; ask for the OpenAPI document",
    "__schema": "a GraphQL schema",
    "_postman_id": "a Postman collection; export the API itself as OpenAPI",
    "discoveryVersion": "a Google API discovery document",
    "$schema": "a JSON Schema; ask for the OpenAPI document",
}


def of_bytes(content: bytes) -> str:
    """What bytes that need no decoding tell, "" for nothing."""
    return next((what for start, what in _BYTES if content.startswith(start)), "")


def of_text(text: str) -> str:
    """What a text is by its beginning, "" where it may be JSON or YAML."""
    head = text.lstrip()[:3000]
    # What an XML document says before its first element says nothing of what it is.
    body = re.sub(r"^(?:\s*<(?:\?.*?\?|!--.*?--)>)*\s*", "", head, flags=re.DOTALL)
    for pattern, what in _TEXTS:
        if re.match(pattern, body, re.IGNORECASE):
            return what
    # YAML may begin with a merge: `<<: *all`.
    return "XML" if re.match(r"<[?!\w]", head) else ""


def of_document(document: Any) -> str:
    """What a parsed document is by its keys, "" where nothing tells."""
    if not isinstance(document, dict):
        return ""
    info = document.get("info")
    keys = {*document, *(info if isinstance(info, dict) else ())}
    if isinstance(document.get("data"), dict):
        keys |= set(document["data"])
    if isinstance(info, dict) and "postman" in str(info.get("schema")):
        keys.add("_postman_id")
    return next((what for key, what in _KEYS.items() if key in keys), "")
