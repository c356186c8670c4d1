"""The only module that knows the generated client: operations, bodies and answers by their role.

The effective contract travels inside the generated client. Its roles tell which operation deposits,
which property is the file and how a status is spelled, so that another contract changes nothing
beyond this module.
"""

import base64
import json
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib import import_module
from importlib.resources import files
from inspect import signature
from typing import IO, Any, BinaryIO, cast, get_args, get_type_hints
from urllib.parse import unquote, urlsplit

import attrs
import httpx

import depot_flux_client.api
from depot_flux.exceptions import ReponseError
from depot_flux.models import Statut
from depot_flux_client import Client
from depot_flux_client.types import File

Node = dict[str, Any]

_ROLE = "x-depot-flux-role"
_VALUES = "x-depot-flux-valeurs"
_PROBLEM = "probleme_"
_BASE64 = "fichier in base64"
# What generated models raise on a body that is not theirs.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a deposit says, whatever form the contract gives it.

    Attributes:
        name: name of the file.
        code_interface: e.g. FSO3110A.
        content: the bytes, read from the start.
    """

    name: str
    code_interface: str
    content: IO[bytes]


class Operation:
    """One operation: its functions in the generated client and its parameters by role."""

    def __init__(self, contract: "Contract", role: str) -> None:
        self.path, self.method, self.node = contract.operation(role)
        name = self.node.get("operationId") or f"{self.method}_{self.path}"
        self._module = _module(name)
        self._parameters = {
            _plain(parameter["name"]): contract.role(parameter) or parameter["name"].lower()
            for parameter in map(contract.resolve, self.node.get("parameters", ()))
        }

    @cached_property
    def body_types(self) -> tuple[Any, ...]:
        """The types of body that the generated function takes; none without a body."""
        hint = get_type_hints(self._module.sync_detailed).get("body")
        return () if hint is None else get_args(hint) or (hint,)

    @cached_property
    def _roles(self) -> dict[str, str]:
        """Roles of the generated function's parameters, by their names there."""
        names = signature(self._module.sync_detailed).parameters
        return {
            name: self._parameters[plain]
            for name in names
            if (plain := _plain(name)) in self._parameters
        }

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments of the generated function: its parameters whose role has a value."""
        return {name: values[role] for name, role in self._roles.items() if role in values}

    def sync(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """Call it and give the generated `Response`.

        Raises:
            ReponseError: the generated client cannot read the answer.
        """
        try:
            return self._module.sync_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    async def call_async(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """The same as a coroutine."""
        try:
            return await self._module.asyncio_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None


class Contract:
    """The three operations and how to read their answers."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self.deposer = Operation(self, "deposer")
        self.consulter = Operation(self, "consulter")
        # A contract may have no operation of supervision.
        self.superviser = Operation(self, "superviser") if self._has("superviser") else None

    def depot(
        self, submission: Submission, account: str, *, in_memory: bool = False
    ) -> dict[str, Any]:
        """Arguments of the deposit's function.

        Args:
            submission: what to deposit; its bytes are read from the start.
            account: value of `cpro-account`.
            in_memory: whether a body that is the bare file must be read beforehand, because an
                asynchronous client takes no open file there.
        """
        submission.content.seek(0)
        fichier = File(payload=cast("BinaryIO", submission.content), file_name=submission.name)
        values = {
            "fichier": fichier,
            "code_interface": submission.code_interface,
            "nom_fichier": submission.name,
        }
        arguments = self.deposer.arguments({**values, **self.access(account)})
        body = self._deposit_body(values)
        if isinstance(body, File) and in_memory:
            body.payload = cast("BinaryIO", submission.content.read())
        if body is not None:
            arguments["body"] = body
        return arguments

    def consultation(self, id_flux: str, account: str) -> dict[str, Any]:
        """Arguments of the consultation's function."""
        return self.consulter.arguments({"id_flux": id_flux, **self.access(account)})

    def access(self, account: str) -> dict[str, str]:
        """Values of the access headers, for a contract that makes parameters of them."""
        return {"cpro-account": account, "authorization": "Bearer"}

    def id_flux(self, response: Any) -> str:
        """The identifier in a deposit's answer: in its body, else at the end of `Location`.

        Raises:
            ReponseError: there is none.
        """
        played = self._played(response, self.deposer)
        identifier = next((value for role, value, _ in played if role == "id_flux"), None)
        if identifier is None and "location" in response.headers:
            identifier = unquote(urlsplit(response.headers["location"]).path.rsplit("/", 1)[-1])
        if identifier in {None, ""}:
            raise ReponseError("the platform's answer to the deposit holds no identifier")
        return str(identifier)

    def statut(self, response: Any) -> tuple[Statut, datetime | None]:
        """The status in a consultation's answer, and since when.

        Raises:
            ReponseError: there is none, or it is not one of the contract's.
        """
        played = list(self._played(response, self.consulter))
        statuts = [
            Statut(state)
            for role, value, node in played
            if role.startswith("statut")
            for state, spelled in node.get(_VALUES, {}).items()
            if str(spelled) == str(value)
        ]
        if not statuts:
            raise ReponseError("the platform's answer holds no status that the contract knows")
        date = next((value for role, value, _ in played if role == "date_statut"), None)
        # Where the temporary and the final status have each a field, the final one counts once it
        # is there.
        return max(statuts, key=lambda statut: statut.final), _instant(date)

    def problem(self, response: httpx.Response) -> dict[str, Any]:
        """The fields of an error's body by their role without `probleme_`; empty if unreadable."""
        try:
            body = response.json()
        except ValueError:
            return {}
        return {
            name: body[property_name]
            for name, property_name in self._problem_names().items()
            if isinstance(body, dict) and property_name in body
        }

    def operation(self, role: str) -> tuple[str, str, Node]:
        """Path, method and node of the operation that plays a role."""
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                node = item.get(method)
                if node and node.get(_ROLE) == role:
                    shared = item.get("parameters", [])
                    return path, method, {**node, "parameters": [*shared, *_parameters(node)]}
        raise LookupError(f"no operation of the contract plays the role {role}")

    def resolve(self, node: Node) -> Node:
        """Follow references until there is none."""
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def role(self, node: Node) -> str | None:
        """The role of a node, or of what it refers to."""
        resolved = self.resolve(node)
        role = node.get(_ROLE) or resolved.get(_ROLE)
        if role is None and "schema" in resolved:
            return self.role(resolved["schema"])
        return role

    def _has(self, role: str) -> bool:
        try:
            self.operation(role)
        except LookupError:
            return False
        return True

    def _deposit_body(self, values: Mapping[str, Any]) -> Any:
        """The deposit's body, None when the contract has none."""
        if self._form is None:
            return None
        model, roles = self._form
        if model is File:
            return values["fichier"]
        arguments = {name: values[role] for name, role in roles.items() if role != _BASE64}
        for name in (name for name, role in roles.items() if role == _BASE64):
            content = values["fichier"].payload.read()
            arguments[name] = base64.b64encode(content).decode("ascii")
        return model(**arguments)

    @cached_property
    def _form(self) -> tuple[Any, dict[str, str]] | None:
        """The first form of body that the generated client can send: its class, roles by name."""
        content = self.resolve(self.deposer.node.get("requestBody", {})).get("content", {})
        for media_type in sorted(content, key=lambda name: not name.startswith("multipart/")):
            schema = self._flat(content[media_type].get("schema", {}))
            for model in self.deposer.body_types:
                if model is File and not schema["properties"]:
                    return File, {}
                if attrs.has(model) and (roles := self._roles(model, schema)):
                    return model, roles
        return None

    def _roles(self, model: Any, schema: Node) -> dict[str, str]:
        """Roles of a generated model's arguments; empty if it is not this schema's."""
        attributes = {_plain(a.name): a for a in attrs.fields(model)}
        if not set(map(_plain, schema["properties"])) <= set(attributes):
            return {}
        roles = {}
        for name, node in schema["properties"].items():
            attribute = attributes[_plain(name)]
            role = self.role(node)
            if role == "fichier" and not _takes_file(model, attribute.name):
                role = _BASE64
            if role in {"fichier", "code_interface", "nom_fichier", _BASE64}:
                roles[attribute.alias or attribute.name] = str(role)
        return roles

    def _played(self, response: Any, operation: Operation) -> Iterator[tuple[str, Any, Node]]:
        """Role, value and node of all that plays a role in an answer's body, at any depth."""
        answers = operation.node["responses"]
        declared = answers.get(str(int(response.status_code))) or answers.get("default", {})
        media: Node = next(iter(self.resolve(declared).get("content", {}).values()), {})
        return self._pairs(_body(response), media.get("schema") or {})

    def _flat(self, schema: Node) -> Node:
        """A schema with the properties of its `allOf` beside its own."""
        schema = self.resolve(schema)
        properties = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            properties.update(self._flat(part).get("properties", {}))
        return {**schema, "properties": properties}

    def _pairs(self, body: Any, schema: Node) -> Iterator[tuple[str, Any, Node]]:
        role = self.role(schema)
        if role and body is not None:
            yield role, body, {**self.resolve(schema), **schema}
        if isinstance(body, dict):
            for name, node in self._flat(schema)["properties"].items():
                if name in body:
                    yield from self._pairs(body[name], node)

    @cache  # noqa: B019 (one contract lives as long as the program)
    def _problem_names(self) -> dict[str, str]:
        return {
            role.removeprefix(_PROBLEM): name
            for node in _nodes(self._document)
            for name, inner in _properties(node)
            if (role := _of_problem(inner))
        }


@cache
def contract() -> Contract:
    """The contract that the installed generated client was made from."""
    document = files("depot_flux_client").joinpath("openapi.json").read_text(encoding="utf-8")
    return Contract(json.loads(document))


def client(base_url: str) -> Client:
    """The generated client for an address."""
    return Client(base_url=base_url)


def _module(name: str) -> Any:
    """The generated module of an operation, found by the letters of its name."""
    package = depot_flux_client.api
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.ispkg and _plain(found.name.rpartition(".")[2]) == _plain(name):
            return import_module(found.name)
    raise LookupError(f"the generated client has no operation {name}; generate it again")


def _plain(name: str) -> str:
    """A name without what the generator changes: case and punctuation."""
    return "".join(filter(str.isalnum, name)).lower()


def _takes_file(model: Any, attribute: str) -> bool:
    hint = get_type_hints(model, localns={"File": File})[attribute]
    return hint is File or File in get_args(hint)


def _unreadable(error: Exception) -> ReponseError:
    return ReponseError(
        f"the platform's answer cannot be read ({type(error).__name__}); it does not follow the "
        "contract, or something between here and there changed it"
    )


def _body(response: Any) -> Any:
    parsed = response.parsed
    if hasattr(parsed, "to_dict"):
        return parsed.to_dict()
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _instant(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _parameters(node: Node) -> list[Node]:
    return list(node.get("parameters", ()))


def _of_problem(node: Node) -> str | None:
    role = str(node.get(_ROLE) or "")
    # What older operations of the platform call the words of an error.
    return f"{_PROBLEM}detail" if role == "libelle_retour" else role * role.startswith(_PROBLEM)


def _properties(node: Node) -> Iterator[tuple[str, Node]]:
    properties = node.get("properties")
    if isinstance(properties, dict):
        yield from ((name, inner) for name, inner in properties.items() if isinstance(inner, dict))


def _nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
