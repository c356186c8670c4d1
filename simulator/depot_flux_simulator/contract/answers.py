"""Answers in the contract's own shape: values by role become a body the schema accepts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import VALUES, Role
from depot_flux_simulator.errors import ConfigurationError

Values = Mapping[Role, Any]
"""What is known, by role: a status, an instant in milliseconds, a text or a number."""

_ABSENT = object()
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_Builder = Callable[[Values], Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer ready to be sent."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class AnswerEncoder:
    """Writes the answers of one response of one operation.

    Raises:
        ConfigurationError: at construction, when the schema requires what no role, default or
            example can fill.
    """

    def __init__(self, document: Document, status: int, response: Node, available: set[Role]):
        self._document = document
        self._available = available
        self._status = status
        self._content_type = ""
        self._build: _Builder = _nothing
        content = response.get("content", {})
        for media_type, node in content.items():
            if media_type.split(";")[0].strip().endswith("json"):
                self._content_type = media_type
                self._build = self._builder(node.get("schema", {}), f"response {status}")
                break

    @property
    def has_body(self) -> bool:
        """Whether the contract gives this response a JSON body."""
        return bool(self._content_type)

    def encode(self, values: Values, headers: dict[str, str] | None = None) -> Answer:
        """The answer that says `values`."""
        if not self._content_type:
            return Answer(self._status, headers=headers or {})
        value = self._build(values)
        body = b"" if value is _ABSENT else _to_json(value).encode()
        return Answer(self._status, body, self._content_type, headers or {})

    def _builder(self, schema: Node, where: str) -> _Builder:
        role = self._document.role(schema)
        node = self._document.resolve(schema)
        if role is not None:
            if Role(role) not in self._available:
                return _nothing
            return _leaf(Role(role), node)
        if "properties" in node:
            return self._object(node, where)
        return _nothing

    def _object(self, node: Node, where: str) -> _Builder:
        fields: dict[str, _Builder] = {}
        required = set(node.get("required", ()))
        for name, schema in node["properties"].items():
            builder = self._builder(schema, f"{where}.{name}")
            if builder is _nothing and name in required:
                builder = self._given(schema, f"{where}.{name}")
            if builder is not _nothing:
                fields[name] = builder

        def build(values: Values) -> Any:
            built = {name: builder(values) for name, builder in fields.items()}
            return {name: value for name, value in built.items() if value is not _ABSENT}

        return build

    def _given(self, schema: Node, where: str) -> _Builder:
        node = self._document.resolve(schema)
        for key in ("default", "example", "const"):
            if key in node:
                value = node[key]
                return lambda _values: value
        raise ConfigurationError(
            f"contract: {where} is required, plays no role and has no default or example; "
            "give it a role in the overlay"
        )


def _nothing(_values: Values) -> Any:
    return _ABSENT


def _leaf(role: Role, node: Node) -> _Builder:
    convert = _converter(role, node)

    def build(values: Values) -> Any:
        value = values.get(role)
        return _ABSENT if value is None else convert(value)

    return build


def _converter(role: Role, node: Node) -> Callable[[Any], Any]:
    if role is Role.STATUT:
        spelling = node.get(VALUES)
        if not isinstance(spelling, dict):
            raise ConfigurationError(f"contract: the role {role} needs {VALUES} in the overlay")
        return lambda statut: spelling[str(statut)]
    if role is Role.DATE_STATUT:
        return _date
    return lambda value: value


def _date(instant: int) -> str:
    # RFC 3339 as `format: date-time` asks, to the millisecond.
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
