"""Reading an OpenAPI document: references and the schemas behind them."""

import json
import re
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from http import HTTPMethod
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from jsonschema import ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS30Validator, OAS31Validator

from depot_flux_simulator.contract.roles import NO_ROLE, ROLE
from depot_flux_simulator.errors import ConfigurationError

Node = dict[str, Any]

METHODS = tuple(method.lower() for method in HTTPMethod if method is not HTTPMethod.CONNECT)
"""The HTTP methods under which a path of an OpenAPI document has operations."""

ITEM = "[]"
"""In the path of a role: an item of an array."""

_DEEPEST = 20
_DOLLAR = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)

_PACKAGED = Path(__file__).parents[1] / "openapi.json"
_CHECKOUT = Path(__file__).parents[3] / "generated" / "openapi.json"
DEFAULT_CONTRACT = _PACKAGED if _PACKAGED.exists() else _CHECKOUT
"""The contract that is served unless another is named: the reconstruction, or what was adopted."""


class Place(NamedTuple):
    """Where a role stands in a body.

    Attributes:
        path: names of the properties that lead there, none for the body itself.
        schema: its schema.
    """

    path: tuple[str, ...]
    schema: Node


def kinds(node: Node) -> set[str]:
    """The types a schema declares; none where it declares none."""
    declared = node.get("type", ())
    return {declared} if isinstance(declared, str) else set(declared)


def at(body: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of a body, None where the path ends early; `ITEM` is the last one."""
    for name in path:
        if name == ITEM:
            body = body[-1] if isinstance(body, list) and body else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


def keys(reference: str) -> list[str]:
    """The keys that lead from the document to what a reference into it names."""
    parts = reference.removeprefix("#/").split("/")
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in parts]


class Document:
    """An OpenAPI document whose references point into itself."""

    def __init__(self, root: Node) -> None:
        self.root = root
        modern = self.version.startswith("3.1")
        self._validator = extend(
            OAS31Validator if modern else OAS30Validator, {"pattern": _pattern}
        )
        self._formats = _forgiving(self._validator.FORMAT_CHECKER)

    @property
    def version(self) -> str:
        """The version of OpenAPI it is written in, e.g. 3.0.3."""
        return str(self.root.get("openapi", ""))

    @classmethod
    def load(cls, path: Path) -> "Document":
        """Read it from a JSON file.

        Raises:
            ConfigurationError: the file cannot be read or holds no OpenAPI 3 document.
        """
        try:
            root = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"contract {path}: cannot be read: {error}") from error
        if not isinstance(root, dict) or not str(root.get("openapi", "")).startswith("3."):
            raise ConfigurationError(f"contract {path}: is no OpenAPI 3 document")
        return cls(root)

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        """Path, HTTP method in lower case and node of every operation."""
        for path, item in self.root.get("paths", {}).items():
            for method, node in self.resolve(item).items():
                if method in METHODS:
                    yield path, method, node

    def resolve(self, node: Node) -> Node:
        """Follow `$ref` until there is none.

        Raises:
            ConfigurationError: a reference leads nowhere or in a circle.
        """
        seen = set()
        while "$ref" in node:
            reference = node["$ref"]
            if reference in seen:
                raise ConfigurationError(f"contract: {reference} refers to itself")
            seen.add(reference)
            node = self.at(reference)
        return node

    def validator(self, schema: Node, unasked: str = "") -> Any:
        """A validator of the library for a schema of this document, references resolved.

        Args:
            schema: the schema.
            unasked: `readOnly` for a request, `writeOnly` for an answer: what is marked so is
                required of the other one alone.
        """
        inlined = self.inlined(schema)
        if unasked:
            inlined = _asked(inlined, unasked)
        return self._validator(inlined, format_checker=self._formats)

    def inlined(self, schema: Any) -> Any:
        """A copy of a schema in which references are replaced by what they name.

        A schema that contains itself stands under `$defs`, and a reference leads there.
        """
        circles: list[str] = []
        whole = self._inlined(schema, (), circles)
        # Looking at one circle may find another.
        defined = [self._inlined(self.at(each), (each,), circles) for each in circles]
        named = {str(rank): node for rank, node in enumerate(defined)}
        return {**whole, "$defs": named} if named else whole

    def _inlined(self, schema: Any, trail: tuple[str, ...], circles: list[str]) -> Any:
        if isinstance(schema, list):
            return [self._inlined(item, trail, circles) for item in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference not in trail:
                return self._inlined(self.at(reference), (*trail, reference), circles)
            if reference not in circles:
                circles.append(reference)
            return {"$ref": f"#/$defs/{circles.index(reference)}"}
        # A discriminator points at schemas by name, which are no longer there; the alternatives
        # themselves tell which one a value is.
        return {
            key: self._inlined(value, trail, circles)
            for key, value in schema.items()
            if not (key == "discriminator" and isinstance(value, dict) and "propertyName" in value)
        }

    def role(self, node: Node) -> str | None:
        """The role given to a node, to what it refers to or to its schema."""
        given = self.given(node)
        return None if given == NO_ROLE else given

    def given(self, node: Node) -> str | None:
        """The same; `NO_ROLE` where the overlay says that it plays none."""
        own = node.get(ROLE)
        if own is None:
            resolved = self.resolve(node)
            own = resolved.get(ROLE)
            if own is None and isinstance(resolved.get("schema"), dict):
                return self.given(resolved["schema"])
            if own is None and len(resolved.get("allOf", ())) == 1:
                # The way to describe a reference in OpenAPI 3.0.
                return self.given(resolved["allOf"][0])
        return own

    def whole(self, schema: Node) -> Node:
        """A schema with its references followed and its `allOf` merged into it."""
        node = self.resolve(schema)
        # What an overlay wrote beside a reference holds for this place only.
        beside = {key: value for key, value in schema.items() if key.startswith("x-")}
        node = {**node, **beside} if beside and "$ref" in schema else node
        parts = [self.whole(part) for part in (*node.get("allOf", ()), *self._only(node))]
        if not parts:
            return node
        merged: Node = {}
        for part in (*parts, {key: value for key, value in node.items() if key != "allOf"}):
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            required = [*merged.get("required", ()), *part.get("required", ())]
            merged = {**merged, **part}
            if properties:
                merged["properties"] = properties
            if required:
                merged["required"] = list(dict.fromkeys(required))
        return merged

    def _only(self, node: Node) -> list[Node]:
        """The one alternative of a schema beside null, if there is one alone."""
        for keyword in ("anyOf", "oneOf"):
            rest = [each for each in node.get(keyword, ()) if each.get("type") != "null"]
            if len(rest) == 1 and len(rest) < len(node[keyword]):
                return rest
        return []

    def places(
        self, schema: Node, trail: tuple[str, ...] = (), within: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, Place]]:
        """Every role inside a schema, and the properties, or `ITEM`, that lead there.

        Args:
            schema: the schema.
            trail: what leads to it.
            within: references around it; a schema that contains itself is looked at once.
        """
        if within & self.referred(schema):
            return
        within |= self.referred(schema)
        role = self.role(schema)
        if role is not None:
            yield role, Place(trail, schema)
            return
        if len(trail) > _DEEPEST:
            raise ConfigurationError(f"contract: {'.'.join(trail[:3])}… is nested too deep")
        node = self.whole(schema)
        for name, inner in node.get("properties", {}).items():
            yield from self.places(inner, (*trail, name), within)
        for keyword in ("oneOf", "anyOf"):
            for inner in node.get(keyword, ()):
                yield from self.places(inner, trail, within)
        if isinstance(node.get("items"), dict):
            yield from self.places(node["items"], (*trail, ITEM), within)

    def referred(self, schema: Node) -> frozenset[str]:
        """The references that a schema itself is made of: its own, and those it is merged from."""
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        merged = (*schema.get("allOf", ()), *self._only(schema))
        parts = (self.at(own[0]),) if own else merged
        return frozenset(own).union(*map(self.referred, parts))

    def example(self, node: Node) -> Any:
        """The example a schema gives, None when it gives none."""
        node = self.resolve(node)
        examples = node.get("examples")
        first = examples[0] if isinstance(examples, list) and examples else None
        return node.get("example", first)

    def at(self, reference: str) -> Node:
        """What a reference names.

        Raises:
            ConfigurationError: it leaves the document, or leads nowhere.
        """
        if not reference.startswith("#/"):
            raise ConfigurationError(f"contract: {reference} leaves the document")
        node: Any = self.root
        for key in keys(reference):
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                raise ConfigurationError(f"contract: {reference} leads nowhere")
        if not isinstance(node, dict):
            raise ConfigurationError(f"contract: {reference} is no object")
        return node


def _asked(node: Any, mark: str, marked: frozenset[str] = frozenset()) -> Any:
    """A copy of a schema that requires none of the properties marked so."""
    if isinstance(node, list):
        return [_asked(each, mark, marked) for each in node]
    if not isinstance(node, dict):
        return node
    marked |= _marked(node, mark)
    made = {
        key: _asked(value, mark, marked if key == "allOf" else frozenset())
        for key, value in node.items()
    }
    if isinstance(made.get("required"), list):
        made["required"] = [name for name in made["required"] if name not in marked]
    return made


def _marked(node: Node, mark: str) -> frozenset[str]:
    """The properties that a schema, or a part it is merged from, marks so."""
    found: set[str] = set()
    for part in (node, *node.get("allOf", ())):
        properties = part.get("properties")
        for name, each in properties.items() if isinstance(properties, dict) else ():
            if isinstance(each, dict) and each.get(mark) is True:
                found.add(name)
    return frozenset(found)


def _forgiving(formats: Any) -> Any:
    """The same formats; a text that breaks a check off has not that format.

    The library's own check of `byte` raises UnicodeEncodeError on a letter that is not ASCII.
    """
    own = copy(formats)
    own.checkers = {name: (check, ValueError) for name, (check, _) in formats.checkers.items()}
    return own


def _pattern(
    validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not _compiled(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A contract's expression, whose `$` is the very end, as in JavaScript: Python's lets a line
    feed through."""
    return re.compile(_DOLLAR.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern))
