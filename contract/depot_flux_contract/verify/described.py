"""The contract as schemathesis is told it: with what its schemas leave to words."""

import json
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_simulator.contract import Contract, JsonBody
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.roles import Role


def said_in_words(document: Document) -> Document:
    """A copy of the contract with what its schemas leave to words.

    `format: byte` where a description says that a text is base64; the identifier of a consultation
    by POST is required; a digest, which no schema can tie to the file, is not stated; where an
    operation declares no error, any may come; an unknown flux is 404 whether declared or not.
    """
    document = json.loads(json.dumps(document))
    resolver = Resolver(document)
    contract = Contract(resolver)
    for operation in contract.operations:
        codes = operation.node["responses"]
        if not any(str(code)[0] in "45d" for code in codes):
            codes["default"] = {"description": "Erreur"}
        content = resolver.resolve(operation.node.get("requestBody", {})).get("content", {})
        for media in content.values():
            _tie(resolver, media.get("schema", {}))
    contract.consulter.node["responses"].setdefault("404", {"description": "Flux inconnu"})
    for body in contract.bodies:
        if isinstance(body, JsonBody):
            content = resolver.resolve(contract.deposer.node["requestBody"])["content"]
            for media in content.values():
                for role, place in resolver.places(media.get("schema", {})):
                    if role == Role.FICHIER:
                        resolver.resolve(place.schema).setdefault("format", "byte")
    return document


def linked(contract: Contract, document: Document) -> Document | None:
    """The contract with a link from the deposit's answer to the consultation.

    A contract without links gets one from its roles; where only an address comes back, there is
    none to give.

    Args:
        contract: the contract by role.
        document: the same as it is told.
    """
    deposit, consult = contract.deposer, contract.consulter
    resolver = Resolver(contract.document)
    success = resolver.resolve(deposit.node["responses"][str(deposit.success)])
    if success.get("links"):
        return document
    media: dict[str, Any] = next(iter(success.get("content", {}).values()), {})
    for role, place in resolver.places(media.get("schema", {})):
        if role == Role.ID_FLUX:
            pointer = "/".join(place.path)
            link = {
                "operationRef": "#/paths/" + consult.path.replace("/", "~1") + "/get",
                "parameters": {contract.id_parameter.name: f"$response.body#/{pointer}"},
            }
            node = document["paths"][deposit.path][deposit.method.lower()]
            node["responses"][str(deposit.success)] = {**success, "links": {"consult": link}}
            return document
    return None


def _tie(resolver: Resolver, schema: Document, within: frozenset[str] = frozenset()) -> None:
    if within & resolver.referred(schema):
        return
    within |= resolver.referred(schema)
    node = resolver.resolve(schema)
    for name, inner in list(node.get("properties", {}).items()):
        role = resolver.role(inner)
        if role == Role.SHA256:
            del node["properties"][name]
        elif role == Role.ID_FLUX:
            node["required"] = [*node.get("required", ()), name]
        else:
            _tie(resolver, inner, within)
    for part in node.get("allOf", ()):
        _tie(resolver, part, within)
