"""What was seen in JSON bodies, at each schema of the contract."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.exchanges import Held
from depot_flux_contract.exchanges.trails import trail
from depot_flux_contract.learn.paths import escaped, keys
from depot_flux_simulator.contract.document import Node

_KEPT = 200
_DEEPEST = 20


@dataclass
class Objects:
    """The objects seen at one schema.

    Attributes:
        schema: the schema, references followed.
        error: whether it is of an error's body.
        count: how many there were.
        keys: how often each key was seen.
        values: some values of each key.
        pointers: of the schema of each property that the contract has.
    """

    schema: Node
    error: bool
    count: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[Any]] = field(default_factory=dict)


@dataclass
class Values:
    """The single values seen at one schema.

    Attributes:
        schema: the schema, references followed.
        count: how many there were.
        seen: how often each was, a bounded number of different ones.
    """

    schema: Node
    count: int = 0
    seen: Counter[Any] = field(default_factory=Counter)


class Bodies:
    """Walks bodies along their schemas.

    Attributes:
        objects: what was seen, by JSON pointer of the object's schema.
        values: what was seen, by JSON pointer of the value's schema.
        fields: how often each property was seen, by its JSON pointer.
    """

    def __init__(self, held: Held) -> None:
        self._document = held.document
        self.objects: dict[str, Objects] = {}
        self.values: dict[str, Values] = {}
        self.fields: Counter[str] = Counter()

    def see(self, schema: Node, body: Any, way: list[Any], *, error: bool = False) -> None:
        """Take a body, or what is in one, into account.

        Args:
            schema: its schema.
            body: what was read.
            way: keys from the document's root to the schema.
            error: whether it is of an error's body.
        """
        if len(way) > _DEEPEST * 3:
            return
        node = self._document.resolve(schema)
        here = trail(self._document, way)[-1]
        for number, part in enumerate(node.get("allOf", ())):
            self.see(part, body, [*way, "allOf", number], error=error)
        if isinstance(body, dict) and "properties" in node:
            self._object(node, body, way, here, error=error)
        elif isinstance(body, list) and isinstance(node.get("items"), dict):
            for each in body:
                self.see(node["items"], each, [*way, "items"], error=error)
        elif not isinstance(body, dict | list) and "allOf" not in node:
            self._value(node, body, here)

    def told(self, schema: Node, text: str, way: list[Any]) -> None:
        """Take a parameter that was accepted into account."""
        node = self._document.resolve(schema)
        if node.get("type", "string") == "string":
            self._value(node, text, trail(self._document, way)[-1])

    def sent(self, schema: Node, way: list[Any]) -> None:
        """Take a request's body that was accepted into account: it had what is required."""
        node = self._document.resolve(schema)
        here = trail(self._document, way)[-1]
        for name in node.get("required", ()):
            self.fields[f"{here}/properties/{escaped(name)}"] += 1

    def renamed(self, pointer: str, old: str, new: str) -> None:
        """Take the values of a key for those of a property that it stands for.

        Args:
            pointer: of the object's schema.
            old: name of the property.
            new: the key.
        """
        seen = self.objects[pointer]
        way = [*keys(pointer), "properties", old]
        for value in seen.values[new]:
            self.see(seen.schema["properties"][old], value, way, error=seen.error)

    def _object(
        self, node: Node, body: dict[str, Any], way: list[Any], here: str, *, error: bool
    ) -> None:
        seen = self.objects.setdefault(here, Objects(node, error))
        seen.count += 1
        for key, value in body.items():
            seen.keys[key] += 1
            kept = seen.values.setdefault(key, [])
            if len(kept) < _KEPT:
                kept.append(value)
            if key in node["properties"]:
                self.fields[f"{here}/properties/{escaped(key)}"] += 1
                if value is not None:
                    inner = node["properties"][key]
                    self.see(inner, value, [*way, "properties", key], error=error)

    def _value(self, node: Node, value: Any, here: str) -> None:
        seen = self.values.setdefault(here, Values(node))
        seen.count += 1
        if value in seen.seen or len(seen.seen) < _KEPT:
            seen.seen[value] += 1
