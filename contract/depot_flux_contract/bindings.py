"""Where each role of the contract stands in the generated client: `generated/bindings.json`.

The facade reads this table and nothing else of the contract. The names of functions, arguments and
classes are the generator's own, taken from what it parsed.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from openapi_python_client.parser.bodies import Body
from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import EnumProperty, ModelProperty, Property
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty

from depot_flux_contract.errors import ContractError
from depot_flux_contract.places import words
from depot_flux_contract.rules import is_binary, kinds
from depot_flux_contract.telling import addresses
from depot_flux_simulator.contract.codes import Codes
from depot_flux_simulator.contract.dates import date_form
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import DATES, ROLE, VALUES, OperationRole, Role, several
from depot_flux_simulator.errors import ConfigurationError

VERSION = 3
"""Of the table's form; the facade reads no other."""

_PROBLEM = "probleme_"

# How a value is written as the generated function takes it; a text where nothing is said. A UUID
# too: the function takes it as a text, and a header as a text alone.
_TYPES: dict[type[PropertyProtocol], str] = {
    DateTimeProperty: "date-time",
    DateProperty: "date",
    IntProperty: "integer",
    FloatProperty: "number",
    BooleanProperty: "boolean",
}


def bindings(contract: Node, parsed: GeneratorData) -> Node:
    """The table of a contract and the client generated from it.

    Args:
        contract: the effective contract.
        parsed: what the generator made of it.

    Raises:
        ContractError: the generator left out an operation that deposits or consults; a date has
            no form that is known.
    """
    document = Document(contract)
    found = {
        str(node[ROLE]): (path, method, node)
        for path, method, node in document.operations()
        if node.get(ROLE) in set(OperationRole)
    }
    made = dict(endpoints(parsed))
    operations = {
        role: _Operation(document, path, method, node, made).table()
        for role in OperationRole
        if (place := found.get(role)) is not None
        for path, method, node in [place]
        if role is not OperationRole.SUPERVISER or (method, unnamed(path)) in made
    }
    return {
        "version": VERSION,
        "addresses": [list(each) for each in dict.fromkeys(addresses(contract))],
        "operations": operations,
        "problem": _problem(document, [node for _, _, node in found.values()]),
    }


class _Operation:
    """One operation, as the contract has it and as the generator made it."""

    def __init__(
        self,
        document: Document,
        path: str,
        method: str,
        node: Node,
        endpoints: dict[tuple[str, str], tuple[str, Endpoint]],
    ) -> None:
        self._document, self._path, self._method, self._node = document, path, method, node
        try:
            self._module, self._endpoint = endpoints[method, unnamed(path)]
        except KeyError:
            raise ContractError(
                f"the generated client has no function for {method.upper()} {path}: the generator "
                "left it out"
            ) from None

    def table(self) -> Node:
        """What the facade knows of it."""
        return {
            "module": self._module,
            "path": self._path,
            "parameters": list(self._parameters()),
            "body": self._body(),
            "answers": {
                str(code).upper(): [
                    *(
                        _place(self._document, role, path, schema)
                        for role, path, schema in _answer(self._document, answer)
                        if not role.startswith(_PROBLEM)
                    ),
                    *_headers(self._document, answer),
                ]
                for code, answer in self._node.get("responses", {}).items()
            },
        }

    def _parameters(self) -> Iterator[Node]:
        item = self._document.resolve(self._document.root["paths"][self._path])
        nodes = map(
            self._document.resolve, [*item.get("parameters", ()), *self._node.get("parameters", ())]
        )
        # What an operation says of a parameter replaces what its path says.
        by_name = {(str(node["in"]), str(node["name"])): node for node in nodes}
        for place in ("path", "query", "header", "cookie"):
            properties: list[Property] = getattr(self._endpoint, f"{place}_parameters")
            for each in properties:
                name = each.name.get_untrusted_value()
                node = by_name[place, name]
                yield {
                    "argument": str(each.python_name),
                    "name": name,
                    "role": self._document.role(node),
                    "required": each.required,
                    "value": only_value(self._document.whole(node.get("schema", {}))),
                    "codes": self._codes(self._document.role(node), node.get("schema", {})),
                    "fresh": _is_fresh(self._document, node),
                    **_kind(each),
                }

    def _body(self) -> Node | None:
        request = self._document.resolve(self._node.get("requestBody", {}))
        content: Node = request.get("content", {})
        made = {
            body.content_type.get_untrusted_value(): body
            for body in self._endpoint.bodies
            if isinstance(body, Body)
        }
        # Parts are streamed from the disk; every other form is made in memory.
        for media_type in sorted(content, key=lambda name: not name.startswith("multipart/")):
            if media_type in made:
                schema = content[media_type].get("schema", {})
                form = self._form(made[media_type].prop, schema)
                if form is not None:
                    return {"media_type": media_type, **form}
        return None

    def _form(self, made: Property, schema: Node) -> Node | None:
        if isinstance(made, FileProperty):
            return {"form": "raw", "model": None, "part": None, "properties": []}
        if not isinstance(made, ModelProperty):
            return None
        attributes = {
            each.name.get_untrusted_value(): each
            for each in [*(made.required_properties or ()), *(made.optional_properties or ())]
        }
        parts = [
            str(attributes[name].python_name)
            for name, inner in _properties(self._document, schema)
            if self._document.role(inner) == Role.FICHIER
            and isinstance(attributes.get(name), FileProperty)
        ]
        return {
            "form": "parts" if parts else "json",
            "model": str(made.class_info.name),
            "part": parts[0] if parts else None,
            "properties": list(self._said(schema)),
        }

    def _codes(self, role: str | None, schema: Node) -> dict[str, Any]:
        """Interface code -> the contract's value, where it writes others."""
        if role != Role.CODE_INTERFACE:
            return {}
        return Codes(self._document, schema).written

    def _said(self, schema: Node, within: frozenset[str] = frozenset()) -> Iterator[Node]:
        """What the properties of a body say, at any depth; a schema inside itself ends there."""
        within |= self._document.referred(schema)
        required = self._document.whole(schema).get("required", ())
        for name, inner in _properties(self._document, schema):
            whole = self._document.whole(inner)
            circle = within & self._document.referred(inner)
            if whole.get("readOnly"):  # the platform's to say
                continue
            yield {
                "name": name,
                "role": self._document.role(inner),
                "required": name in required,
                "value": only_value(whole),
                "type": _said_as(whole, self._document.role(inner)),
                "codes": self._codes(self._document.role(inner), inner),
                "properties": [] if circle else list(self._said(inner, within)),
            }


def _said_as(schema: Node, role: str | None) -> str:
    """What a property is said as: a second file as bytes; the open file takes its place later."""
    if is_binary(schema) and role != Role.FICHIER:
        return "bytes"
    return "integer" if "integer" in kinds(schema) else "text"


def _is_fresh(document: Document, parameter: Node) -> bool:
    """Whether a parameter identifies one call, so that each needs another."""
    if document.role(parameter) not in (None, Role.REPRIS) or not parameter.get("required"):
        return False
    name, schema = words(parameter["name"]), parameter.get("schema", {})
    if not re.search(r"correlation|request|trace|transaction|idempot", name):
        return False
    if document.whole(schema).get("format") == "uuid":
        return True
    identifies = re.search(r"\b(id|key|uuid|identifiant|identifier)\b|correlation|idempot", name)
    return bool(identifies) and bool(document.validator(schema).is_valid(str(UUID(int=0))))


def endpoints(parsed: GeneratorData) -> Iterator[tuple[tuple[str, str], tuple[str, Endpoint]]]:
    """Method and path without names of each generated function; its module and what it is."""
    for tag, collection in parsed.endpoint_collections_by_tag.items():
        for endpoint in collection.endpoints:
            path = unnamed(endpoint.path.get_untrusted_value())
            yield (endpoint.method.lower(), path), (f"api.{tag}.{endpoint.name}", endpoint)


def unnamed(path: str) -> str:
    """A path whose parameters have no names; the generator gives them others."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _properties(document: Document, schema: Node) -> Iterator[tuple[str, Node]]:
    yield from document.whole(schema).get("properties", {}).items()


def only_value(schema: Node) -> Any:
    """The value that something required has when nobody gives one: its only one, or its default."""
    values = schema.get("enum", ())
    candidates = (schema.get("const"), schema.get("default"), *values[: len(values) == 1])
    return next((value for value in candidates if value is not None), None)


def _kind(made: PropertyProtocol) -> Node:
    """The type of an argument, and the class of its values where they are enumerated."""
    if isinstance(made, UnionProperty):
        inner = [each for each in made.inner_properties if not isinstance(each, NoneProperty)]
        return _kind(inner[0]) if inner else {"type": "text", "enum": None}
    if isinstance(made, EnumProperty):
        kind = "integer" if made.value_type is int else "text"
        return {"type": kind, "enum": str(made.class_info.name)}
    if isinstance(made, ListProperty):
        return {"type": "list", "enum": None}
    return {"type": _TYPES.get(type(made), "text"), "enum": None}


def _answer(document: Document, answer: Node) -> Iterator[tuple[str, tuple[str, ...], Node]]:
    """Role, path and schema of what plays a role in an answer's body."""
    content: Node = document.resolve(answer).get("content", {})
    if not content:
        return
    media = next((name for name in content if "json" in name), next(iter(content)))
    for role, place in document.places(content[media].get("schema", {})):
        yield role, place.path, place.schema


def _headers(document: Document, answer: Node) -> Iterator[Node]:
    """The headers of an answer that play a role; of `Location` the facade knows by itself."""
    for name, header in document.resolve(answer).get("headers", {}).items():
        role = document.role(header)
        if role is not None and name.lower() != "location":
            yield {"role": role, "path": [], "values": {}, "date": None, "header": name}


def _place(document: Document, role: str, path: tuple[str, ...], schema: Node) -> Node:
    """A role, where it stands, and how it is spelled there.

    Of a status: state -> the contract's values; of a date: its form, as the simulator writes it.
    """
    spelled = document.whole(schema).get(VALUES) or {}
    values = {state: several(value) for state, value in spelled.items()}
    try:
        date = date_form(document, schema, ".".join(path)) if role in DATES else None
    except ConfigurationError as error:
        raise ContractError(str(error)) from None
    return {"role": role, "path": list(path), "values": values, "date": date, "header": None}


def _problem(document: Document, operations: list[Node]) -> dict[str, list[list[str]]]:
    """Where errors say what is wrong: paths by role without `probleme_`, errors' own first."""
    answers = [
        (str(code), answer)
        for node in operations
        for code, answer in node.get("responses", {}).items()
    ]
    found: dict[str, list[list[str]]] = {}
    for _, answer in sorted(answers, key=lambda each: each[0].startswith("2")):
        for role, path, _ in _answer(document, answer):
            # What older operations of the platform call the words of an error.
            name = "detail" if role == Role.LIBELLE_RETOUR else role.removeprefix(_PROBLEM)
            if name != role and list(path) not in found.setdefault(name, []):
                found[name].append(list(path))
    return dict(sorted(found.items()))
