"""Where a role could stand in a contract: operations, parameters, fields, with their targets."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_contract.reading import escape
from depot_flux_simulator.contract.document import METHODS, keys
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.roles import ROLE


@dataclass(frozen=True)
class Field:
    """A parameter, header, part or property.

    Attributes:
        name: its name.
        trail: names of the properties that lead to it, itself included.
        node: its schema, references followed.
        target: JSONPath of where its role is written.
        says: what its description, title and example say.
        role: the role it has already, "" for none.
        required: whether the contract requires it.
        kind: body, path, query, header or cookie; whole for a body that is nothing else.
        context: where it stands, for messages.
    """

    name: str
    trail: tuple[str, ...]
    node: dict[str, Any]
    target: str
    says: str
    role: str
    required: bool
    kind: str
    context: str

    @property
    def label(self) -> str:
        """The field as messages name it."""
        return f"{'.'.join(self.trail) or self.name or 'all'} ({self.context})"


@dataclass(frozen=True)
class Place:
    """An operation.

    Attributes:
        path: its path.
        method: its method, in small letters.
        node: what the contract says of it.
        target: JSONPath of it.
        role: the role it has already, "" for none.
        parameters: its parameters.
        bodies: fields of its request body, by media type.
        answers: fields of its answers, by code.
    """

    path: str
    method: str
    node: dict[str, Any]
    target: str
    role: str
    parameters: list[Field] = field(default_factory=list)
    bodies: dict[str, list[Field]] = field(default_factory=dict)
    answers: dict[str, list[Field]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The operation as messages name it."""
        return f"{self.method.upper()} {self.path}"

    @property
    def success(self) -> list[Field]:
        """Fields of the first success that says something."""
        codes = sorted(code for code in self.answers if code.startswith("2"))
        return next((self.answers[code] for code in codes if self.answers[code]), [])

    @property
    def lacking(self) -> str:
        """What keeps it from being served at all; "" for nothing."""
        if any(code.startswith("2") for code in self.answers):
            return ""
        return f"{self.label} declares no success, an answer of a code from 200 to 299"

    @property
    def failures(self) -> list[Field]:
        """Fields of every error."""
        return [
            each
            for code, fields in self.answers.items()
            if not code.startswith(("1", "2", "3"))
            for each in fields
        ]


def operations(document: Document) -> list[Place]:
    """Every operation of a contract with its fields."""
    return list(_Walk(document).operations())


def words(*texts: object) -> str:
    """Texts as small plain words: no accents, camelCase cut, one space between words."""
    text = " ".join(str(text) for text in texts if text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def pointer(target: str) -> str:
    """The JSON pointer of a target of this module."""
    keys = re.findall(r"\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|\.(\w+)", target)
    return "".join("/" + escape("".join(found).replace("\\'", "'")) for found in keys)


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._resolver = Resolver(document)

    def operations(self) -> Iterator[Place]:
        for path, item in self._document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, item, method)

    def _operation(self, path: str, item: dict[str, Any], method: str) -> Place:
        node = item[method]
        target = f"$.paths[{_quoted(path)}].{method}"
        place = Place(path, method, node, target, node.get(ROLE, ""))
        for holder, at in ((item, f"$.paths[{_quoted(path)}]"), (node, target)):
            for number, parameter in enumerate(holder.get("parameters", ())):
                place.parameters.append(
                    self._parameter(parameter, f"{at}.parameters[{number}]", place.label)
                )
        body, at = self._follow(node.get("requestBody", {}), f"{target}.requestBody")
        for media_type, media in body.get("content", {}).items():
            here = f"{at}.content[{_quoted(media_type)}]"
            context = f"body of {place.label}"
            place.bodies[media_type] = list(self._media(media, here, context))
        for code, response in node.get("responses", {}).items():
            place.answers[code] = list(
                self._response(response, f"{target}.responses[{_quoted(code)}]", code, place)
            )
        return place

    def _response(
        self, response: dict[str, Any], target: str, code: str, place: Place
    ) -> Iterator[Field]:
        context = f"answer {code} of {place.label}"
        node, at = self._follow(response, target)
        for media_type, media in node.get("content", {}).items():
            yield from self._media(media, f"{at}.content[{_quoted(media_type)}]", context)
        for name, header in node.get("headers", {}).items():
            inner, here = self._follow(header, f"{at}.headers[{_quoted(name)}]")
            schema = self._resolver.whole(inner.get("schema", {}))
            said = words(inner.get("description"), schema.get("description"))
            role = inner.get(ROLE, "")
            required = bool(inner.get("required"))
            yield Field(name, (name,), schema, here, said, role, required, "header", context)

    def _parameter(self, node: dict[str, Any], target: str, label: str) -> Field:
        node, target = self._follow(node, target)
        schema = self._resolver.whole(node.get("schema", {}))
        says = words(
            node.get("description"), schema.get("description"), schema.get("title"),
            node.get("example"), schema.get("example"),
        )  # fmt: skip
        role = self._resolver.given(node) or ""
        # On the schema: the overlay library cannot write to an item of an array itself.
        target = f"{target}.schema" if "schema" in node else target
        name, required = str(node["name"]), bool(node.get("required"))
        return Field(name, (name,), schema, target, says, role, required, node["in"], label)

    def _media(self, media: dict[str, Any], target: str, context: str) -> Iterator[Field]:
        schema = media.get("schema")
        if schema is None:
            role = media.get(ROLE, "")
            yield Field("", (), {}, target, "", role, True, "whole", context)  # noqa: FBT003
            return
        yield from self._fields(schema, f"{target}.schema", (), context, required=True)

    def _fields(
        self,
        schema: dict[str, Any],
        target: str,
        trail: tuple[str, ...],
        context: str,
        within: tuple[str, ...] = (),
        *,
        required: bool,
    ) -> Iterator[Field]:
        node = self._resolver.whole(schema)
        says = words(
            schema.get("description"), node.get("description"), node.get("title"),
            node.get("example"),
        )  # fmt: skip
        kind = "body" if trail else "whole"
        name = trail[-1] if trail else ""
        role = self._resolver.given(schema) or ""
        yield Field(name, trail, node, target, says, role, required, kind, context)
        yield from self._inner(schema, target, trail, context, within)

    def _inner(
        self,
        schema: dict[str, Any],
        target: str,
        trail: tuple[str, ...],
        context: str,
        within: tuple[str, ...],
    ) -> Iterator[Field]:
        node, at = self._follow(schema, target)
        if at in within:  # a schema that contains itself is looked at once
            return
        within = (*within, at)
        needed = self._resolver.whole(node).get("required", ())
        for name, inner in node.get("properties", {}).items():
            here = f"{at}.properties[{_quoted(name)}]"
            required = name in needed
            yield from self._fields(inner, here, (*trail, name), context, within, required=required)
        if isinstance(node.get("items"), dict):
            yield from self._inner(node["items"], f"{at}.items", (*trail, "[]"), context, within)
        for keyword in ("allOf", "oneOf", "anyOf"):
            for number, inner in enumerate(node.get(keyword, ())):
                here = f"{at}.{keyword}[{number}]"
                yield from self._inner(inner, here, trail, context, within)

    def _follow(self, node: dict[str, Any], target: str) -> tuple[dict[str, Any], str]:
        """What a reference leads to, and where that stands."""
        while "$ref" in node:
            target = "$" + "".join(f"[{_quoted(key)}]" for key in keys(str(node["$ref"])))
            node = self._resolver.resolve({"$ref": node["$ref"]})
        return node, target


def _quoted(key: str) -> str:
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"
