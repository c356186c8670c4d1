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
from depot_flux.modeles import Statut
from depot_flux_client import Client
from depot_flux_client.types import File

Node = dict[str, Any]

_ROLE = "x-depot-flux-role"
_VALEURS = "x-depot-flux-valeurs"
_PROBLEME = "probleme_"
# What generated models raise on a body that is not theirs.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
_METHODES = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Envoi:
    """What a deposit says, whatever form the contract gives it.

    Attributes:
        nom: name of the file.
        code_interface: e.g. FSO3110A.
        contenu: the bytes, read from the start.
    """

    nom: str
    code_interface: str
    contenu: IO[bytes]


class Operation:
    """One operation: its functions in the generated client and its parameters by role."""

    def __init__(self, contrat: "Contrat", role: str) -> None:
        self.chemin, self.methode, self.node = contrat.operation(role)
        name = self.node.get("operationId") or f"{self.methode}_{self.chemin}"
        self._module = _module(name)
        self._parametres = {
            _plain(parametre["name"]): contrat.role(parametre) or parametre["name"].lower()
            for parametre in map(contrat.resolve, self.node.get("parameters", ()))
        }

    @cached_property
    def corps(self) -> Any:
        """The type of the body that the generated function takes, None without a body."""
        return get_type_hints(self._module.sync_detailed).get("body")

    def arguments(self, valeurs: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments of the generated function: its parameters whose role has a value."""
        found = {}
        for name in signature(self._module.sync_detailed).parameters:
            role = self._parametres.get(_plain(name))
            if role is not None and role in valeurs:
                found[name] = valeurs[role]
        return found

    def sync(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """Call it and give the generated `Response`.

        Raises:
            ReponseError: the generated client cannot read the answer.
        """
        try:
            return self._module.sync_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    async def asynchrone(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """The same as a coroutine."""
        try:
            return await self._module.asyncio_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None


class Contrat:
    """The three operations and how to read their answers."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self.deposer = Operation(self, "deposer")
        self.consulter = Operation(self, "consulter")
        self.superviser = Operation(self, "superviser")
        self._statuts = dict(self._spellings())

    def depot(self, envoi: Envoi, *, en_memoire: bool = False) -> dict[str, Any]:
        """Arguments of the deposit's function.

        Args:
            envoi: what to deposit; its bytes are read from the start.
            en_memoire: whether a body that is the bare file must be read beforehand, because an
                asynchronous client takes no open file there.
        """
        envoi.contenu.seek(0)
        fichier = File(payload=cast("BinaryIO", envoi.contenu), file_name=envoi.nom)
        valeurs = {
            "fichier": fichier,
            "code_interface": envoi.code_interface,
            "nom_fichier": envoi.nom,
        }
        arguments = self.deposer.arguments(valeurs)
        corps = self.deposer.corps
        if corps is File:
            if en_memoire:
                fichier.payload = cast("BinaryIO", envoi.contenu.read())
            arguments["body"] = fichier
        elif corps is not None:
            arguments["body"] = self._model(corps, valeurs)
        return arguments

    def id_flux(self, reponse: Any) -> str:
        """The identifier in a deposit's answer: in its body, else at the end of `Location`.

        Raises:
            ReponseError: there is none.
        """
        found = self._values(_body(reponse), self._schema(self.deposer.node, reponse))
        identifiant = found.get("id_flux")
        if identifiant is None and "location" in reponse.headers:
            identifiant = unquote(urlsplit(reponse.headers["location"]).path.rsplit("/", 1)[-1])
        if identifiant in {None, ""}:
            raise ReponseError("the platform's answer to the deposit holds no identifier")
        return str(identifiant)

    def statut(self, reponse: Any) -> tuple[Statut, datetime | None]:
        """The status in a consultation's answer, and since when.

        Raises:
            ReponseError: there is none, or it is not one of the contract's.
        """
        body = _body(reponse)
        schema = self._schema(self.consulter.node, reponse)
        # A contract may hold the temporary and the final status in two fields: the final one,
        # once it is there, is what counts.
        statuts = [
            self._statuts[str(value)]
            for role, value in self._pairs(body, schema)
            if role.startswith("statut") and str(value) in self._statuts
        ]
        if not statuts:
            raise ReponseError("the platform's answer holds no status that the contract knows")
        date = self._values(body, schema).get("date_statut")
        return max(statuts, key=lambda statut: statut.final), _instant(date)

    def probleme(self, response: httpx.Response) -> dict[str, Any]:
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
            for method in _METHODES:
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

    def _model(self, model: Any, valeurs: Mapping[str, Any]) -> Any:
        """A body of the generated class `model`, its attributes filled by role."""
        schema = self._request_schema()
        arguments = {}
        for name, node in schema.get("properties", {}).items():
            value = valeurs.get(self.role(node) or "")
            if value is None:
                continue
            attribute = next(a for a in attrs.fields(model) if _plain(a.name) == _plain(name))
            if isinstance(value, File) and not _takes_file(model, attribute.name):
                value = base64.b64encode(value.payload.read()).decode("ascii")
            arguments[attribute.alias or attribute.name] = value
        return model(**arguments)

    def _request_schema(self) -> Node:
        content = self.resolve(self.deposer.node["requestBody"])["content"]
        return self._flat(next(iter(content.values()))["schema"])

    def _schema(self, operation: Node, reponse: Any) -> Node:
        answers = operation["responses"]
        declared = answers.get(str(int(reponse.status_code))) or answers.get("default", {})
        for media in self.resolve(declared).get("content", {}).values():
            return media.get("schema", {}) or {}
        return {}

    def _flat(self, schema: Node) -> Node:
        """A schema with the properties of its `allOf` beside its own."""
        schema = self.resolve(schema)
        properties = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            properties.update(self._flat(part).get("properties", {}))
        return {**schema, "properties": properties}

    def _values(self, body: Any, schema: Node) -> dict[str, Any]:
        return dict(self._pairs(body, schema))

    def _pairs(self, body: Any, schema: Node) -> Iterator[tuple[str, Any]]:
        """Role and value of all that is in a body, at any depth."""
        role = self.role(schema) if schema else None
        if role and body is not None:
            yield role, body
        if isinstance(body, dict):
            for name, node in self._flat(schema)["properties"].items():
                if name in body:
                    yield from self._pairs(body[name], node)

    def _spellings(self) -> Iterator[tuple[str, Statut]]:
        for node in _nodes(self._document):
            for state, spelled in (node.get(_VALEURS) or {}).items():
                for value in spelled if isinstance(spelled, list) else [spelled]:
                    yield str(value), Statut(state)

    @cache  # noqa: B019 (one contract lives as long as the program)
    def _problem_names(self) -> dict[str, str]:
        return {
            role.removeprefix(_PROBLEME): name
            for node in _nodes(self._document)
            for name, inner in _properties(node)
            if (role := str(inner.get(_ROLE) or "")).startswith(_PROBLEME)
        }


@cache
def contrat() -> Contrat:
    """The contract that the installed generated client was made from."""
    document = files("depot_flux_client").joinpath("openapi.json").read_text(encoding="utf-8")
    return Contrat(json.loads(document))


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


def _body(reponse: Any) -> Any:
    parsed = reponse.parsed
    if hasattr(parsed, "to_dict"):
        return parsed.to_dict()
    try:
        return json.loads(reponse.content)
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
