"""Answers in the contract's own shape: values by role become a body the schema accepts.

What each field says is settled once, when the contract is loaded; an answer only fills it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.plainest import NONE, plainest, shown
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.contract.values import ABSENT, Builder, value_builder
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.lifecycle import Step

Values = Mapping[Role, Any]
"""What is known, by role: a status, an instant in milliseconds, a text, a number, motifs."""

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer ready to be sent."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class AnswerEncoder:
    """Writes the answers of one response of one operation.

    Args:
        document: the contract.
        where: the response, for messages.
        status: the code it answers with when none is given.
        response: its node.
        available: the roles whose values will be known.
        notes: takes what a reader must know of the values that play no role.

    Raises:
        ConfigurationError: at construction, when the schema requires what no role, default,
            example or constant can fill.
    """

    def __init__(
        self,
        document: Document,
        where: str,
        status: int,
        response: Node,
        available: Iterable[Role],
        notes: list[str],
    ) -> None:
        self._document = document
        self._available = frozenset(available)
        self._where = where
        self._status = status
        self._notes = notes
        self._content_type = ""
        self._schema: Node = {}
        self._build: Builder | None = None
        self._write = _as_json
        self._headers = dict(self._header_builders(response))
        headers = response.get("headers", {}).values()
        self._header_roles = {document.role(header) for header in headers}
        media_type, media = _media(response.get("content", {}))
        if media is None:
            return
        self._schema = media.get("schema", {})
        self._build = self._builder(self._schema, where, _media_example(media), needed=True)
        if self._build is None:
            return
        self._content_type = "application/json" if "*" in media_type else media_type
        if media_type.startswith("text/"):
            self._write = _as_text

    @property
    def has_body(self) -> bool:
        """Whether the contract gives this response a body the simulator can write."""
        return self._build is not None

    def encode(
        self, values: Values, headers: dict[str, str] | None = None, status: int | None = None
    ) -> Answer:
        """The answer that says `values`."""
        headers = headers or {}
        for name, builder in self._headers.items():
            value = builder(values)
            if value is not ABSENT:
                headers = {**headers, name: str(value)}
        if self._build is None:
            return Answer(status or self._status, headers=headers)
        body = self._write(self._build(values))
        return Answer(status or self._status, body, self._content_type, headers)

    def wants(self, role: Role) -> bool:
        """Whether an answer says what plays this role."""
        return any(found == role for found, _ in self._document.places(self._schema))

    def tells(self, *roles: Role) -> bool:
        """Whether an answer says what plays one of these roles, in its body or a header."""
        return any(role in self._header_roles or self.wants(role) for role in roles)

    def check(self, samples: Iterable[Values]) -> None:
        """See that what will be answered is what the schema accepts.

        Raises:
            ConfigurationError: it is not; the message names the field and the rule.
        """
        if self._build is None:
            return
        validator = self._document.validator(self._schema, "writeOnly")
        for values in samples:
            built = self._build(values)
            if built is ABSENT:
                raise ConfigurationError(f"contract: {self._where}: nothing can be said in it")
            for error in validator.iter_errors(built):
                path = ".".join([self._where, *(str(part) for part in error.absolute_path)])
                state = f" (status {values[Role.STATUT]})" if Role.STATUT in values else ""
                raise ConfigurationError(
                    f"contract: {path}: {error.message}{state}; look at its role and "
                    "x-depot-flux-valeurs in the overlay"
                )

    # -- at load ---------------------------------------------------------------------------

    def _builder(
        self,
        schema: Node,
        where: str,
        example: Any,
        within: frozenset[str] = frozenset(),
        *,
        needed: bool,
    ) -> Builder | None:
        """What writes a value of this schema; None to leave it out.

        `within` holds the references around it: what contains itself says what it has to say once.
        """
        role = self._document.role(schema)
        if role is not None and Role(role) in self._available:
            inner = self._motifs if role == Role.MOTIFS else None
            return value_builder(self._document, Role(role), schema, where, inner)
        if not needed and not self._speaks(schema, within):
            return None
        node = self._document.whole(schema)
        within |= self._document.referred(schema)
        alternatives = (*node.get("oneOf", ()), *node.get("anyOf", ()))
        speaking = [each for each in alternatives if self._speaks(each, within)]
        if speaking:
            return self._one_of(speaking, where, example, within)
        if "properties" in node:
            return self._object(node, where, example, within)
        if isinstance(node.get("items"), dict) and self._speaks(node["items"], within):
            return self._history(node, where, within)
        return self._given(node, where, example)

    def _one_of(
        self, alternatives: list[Node], where: str, example: Any, within: frozenset[str]
    ) -> Builder | None:
        """What writes the first alternative that what is to be said fits: one for each status."""
        builders = [self._builder(e, where, example, within, needed=True) for e in alternatives]
        checks = [self._document.validator(each, "writeOnly").is_valid for each in alternatives]
        found = [each for each in zip(builders, checks, strict=True) if each[0] is not None]
        if len(found) < 2:
            return found[0][0] if found else None

        def build(values: Values) -> Any:
            made = [(write(values), fits) for write, fits in found if write is not None]
            return next((value for value, fits in made if fits(value)), made[0][0])

        return build

    def _speaks(self, schema: Node, within: frozenset[str]) -> bool:
        places = self._document.places(schema, within=within)
        return any(role in self._available for role, _ in places)

    def _object(self, node: Node, where: str, example: Any, within: frozenset[str]) -> Builder:
        required = set(node.get("required", ()))
        examples = _first(example, self._document.example(node))
        fields: list[tuple[str, Builder, bool]] = []
        for name, schema in node["properties"].items():
            if self._document.whole(schema).get("writeOnly"):
                continue
            needed = name in required
            inner = examples.get(name) if isinstance(examples, dict) else None
            builder = self._builder(schema, f"{where}.{name}", inner, within, needed=needed)
            if self._document.role(schema) == Role.REPRIS:
                builder = self._repeating(name, schema, builder)
            if builder is not None:
                fields.append((name, builder, needed and self._nullable(schema)))

        def build(values: Values) -> Any:
            built = {}
            for name, builder, nullable in fields:
                value = builder(values)
                if value is not ABSENT:
                    built[name] = value
                elif nullable:
                    built[name] = None
            return built

        return build

    def _repeating(self, name: str, schema: Node, otherwise: Builder | None) -> Builder:
        """What repeats a word of the deposit, where it had one that the schema takes."""
        is_valid = self._document.validator(schema).is_valid

        def build(values: Values) -> Any:
            value = values.get(Role.REPRIS, {}).get(name)
            if value is not None and is_valid(value):
                return value
            return ABSENT if otherwise is None else otherwise(values)

        return build

    def _history(self, node: Node, where: str, within: frozenset[str]) -> Builder | None:
        """What writes every status a flux has had, oldest first; the current one is the last.

        A list of whole flux has the one that was asked for; one with a limit, the latest.
        """
        item: Node = node["items"]
        write = self._builder(item, where, None, within, needed=True)
        if write is None:
            return None
        whole = any(role == Role.ID_FLUX for role, _ in self._document.places(item))
        most = 1 if whole else node.get("maxItems", _LONGEST)
        return lambda values: [write(each) for each in [*_each_status(values)][-most:]]

    def _nullable(self, schema: Node) -> bool:
        return bool(self._document.validator(schema).is_valid(None))

    def _given(self, node: Node, where: str, example: Any) -> Builder:
        for source, value in _givens(node, example):
            self._notes.append(
                f"{where} is required and plays no role: the contract's {source} is answered, "
                f"{shown(value)}"
            )
            return lambda _values: value
        value = plainest(self._document, node)
        if value is NONE:
            raise ConfigurationError(
                f"contract: {where} is required, plays no role, and no value is known that its "
                "schema accepts; give it an example or a role in the overlay"
            )
        if value not in ([], {}):
            self._notes.append(
                f"{where} is required and plays no role: {shown(value)} is answered, the plainest "
                "value its schema allows; give it an example in the overlay to change it"
            )
        return lambda _values: value

    def _motifs(self, item: Node, where: str) -> Builder:
        inner = AnswerEncoder.__new__(AnswerEncoder)
        inner.__dict__.update(self.__dict__)
        inner._available = frozenset({Role.MOTIF_CODE, Role.MOTIF_LIBELLE, Role.MOTIF_FICHIER})
        builder = inner._builder(item, where, None, needed=True)
        return builder or (lambda _values: ABSENT)

    def _header_builders(self, response: Node) -> Iterator[tuple[str, Builder]]:
        for name, header in response.get("headers", {}).items():
            node = self._document.resolve(header)
            role = self._document.role(node)
            schema = node.get("schema", {})
            where = f"{self._where}, header {name}"
            if name.lower() == "location" and role == Role.ID_FLUX:
                yield name, _location
            elif role is not None and Role(role) in self._available:
                yield name, value_builder(self._document, Role(role), schema, where)
            elif node.get("required"):
                yield name, self._given(self._document.resolve(schema), where, node.get("example"))


_LONGEST = 100
"""Items of a history without a limit; a flux has four states."""

HISTORY = "history"
"""Key of the values that says every status so far: steps of the life cycle, oldest first."""

LOCATION = "location"
"""Key of the values that says the address where the flux is consulted."""


def _each_status(values: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """The values at every status so far; those given, where no history is told."""
    steps: Iterable[Step] = values.get(HISTORY, ())
    if not steps:
        yield values
    for step in steps:
        yield {**values, Role.STATUT: step.statut, Role.DATE_STATUT: step.depuis}


def _location(values: Mapping[Any, Any]) -> Any:
    return values.get(LOCATION, ABSENT)


def _media(content: Node) -> tuple[str, Node | None]:
    """The media type to answer with: JSON, then anything, then text."""
    bare = {media_type.split(";")[0].strip().lower(): media_type for media_type in content}
    for fits in (
        lambda name: name.endswith("json"),
        lambda name: "*" in name,
        lambda name: name.startswith("text/"),
    ):
        for name, media_type in bare.items():
            if fits(name):
                return media_type, content[media_type]
    return "", None


def _media_example(media: Node) -> Any:
    examples = [node.get("value") for node in media.get("examples", {}).values()]
    return _first(media.get("example"), *examples)


def _givens(node: Node, example: Any) -> Iterator[tuple[str, Any]]:
    if "const" in node:
        yield "constant", node["const"]
    if len(node.get("enum", ())) == 1:
        yield "only value", node["enum"][0]
    if "default" in node:
        yield "default", node["default"]
    examples = node.get("examples")
    listed = examples[0] if isinstance(examples, list) and examples else None
    found = _first(example, node.get("example"), listed)
    if found is not None:
        yield "example", found


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _as_json(value: Any) -> bytes:
    return _to_json(value).encode()


def _as_text(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else _to_json(value).encode()
