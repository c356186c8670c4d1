"""Properties of other names than the contract's, beyond it, or never there."""

from collections.abc import Iterator
from typing import Any

from depot_flux_contract.learn.bodies import Objects
from depot_flux_contract.learn.evidence import Evidence
from depot_flux_contract.learn.paths import escaped, target
from depot_flux_contract.places import Field
from depot_flux_contract.rules import PROBLEM_RULES, RULES, Rule
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import ROLE

_RULES: dict[str, Rule] = {**{str(r): rule for r, rule in RULES.items()},
                           **{str(rule.role): rule for rule in PROBLEM_RULES}}  # fmt: skip
Told = tuple[str, str, str, int, tuple[dict[str, Any], ...]]


def key_differences(found: Evidence) -> Iterator[Told]:
    """What differs in the names of properties, as arguments of `Difference`."""
    for pointer, objects in found.bodies.objects.items():
        look = _Look(found.held.document, pointer, objects)
        if objects.error:
            yield from look.error()
        else:
            yield from look.success()


def renamings(found: Evidence) -> list[tuple[str, str, str]]:
    """Pointer of an object's schema, a property of it, and the key that stands for it."""
    return [
        (pointer, old, new)
        for pointer, objects in found.bodies.objects.items()
        for old, new in _Look(found.held.document, pointer, objects).renamed.items()
    ]


class _Look:
    """The objects seen at one schema, and what their keys say of it."""

    def __init__(self, document: Document, pointer: str, objects: Objects) -> None:
        self._document, self._pointer, self._objects = document, pointer, objects
        self._properties: Node = objects.schema["properties"]
        self._unknown = [key for key in objects.keys if key not in self._properties]
        self._gone = [key for key in self._properties if key not in objects.keys]

    @property
    def renamed(self) -> dict[str, str]:
        """The unknown key that stands for each property which was never there.

        Of a success those that are required: others may just not have come.
        """
        required = self._objects.schema.get("required", ())
        gone = [name for name in self._gone if self._objects.error or name in required]
        scored = [(self._score(name, key), name, key) for name in gone for key in self._unknown]
        # What a name says goes first, the plainest first; then what its values can be.
        ranked = sorted((each for each in scored if each[0]), key=lambda each: -each[0])
        found: dict[str, str] = {}
        for _, name, key in ranked:
            if name not in found and key not in found.values():
                found[name] = key
        if not self._objects.error:
            for name in gone:
                left = [key for key in self._unknown if key not in found.values()]
                new = None if name in found else self._fitting(name, left)
                found |= {name: new} if new else {}
        return found

    def success(self) -> Iterator[Told]:
        """Each property that has another name, is beyond the contract, or is missing."""
        required = self._objects.schema.get("required", ())
        renamed = self.renamed
        for old, new in renamed.items():
            actions = self._renaming({old: new})
            yield self._told(old, f"there is a property {old}", f"it is called {new}", new, actions)
        for name in self._unknown:
            if name not in renamed.values():
                seen = f"there is {name}, of type {schema_of(self._values(name)).get('type')}"
                yield self._told(None, "there is no other property", seen, name,
                                 [self._adding({name: schema_of(self._values(name))})])  # fmt: skip
        for name in required:
            missing = self._objects.count - self._objects.keys[name]
            if missing and name not in renamed:
                yield (
                    self._at(name), f"{name} is always there", "it is absent", missing,
                    tuple(self._optional(name)),
                )  # fmt: skip

    def error(self) -> Iterator[Told]:
        """An error of other keys: one difference, whatever their number."""
        if not self._unknown:
            return
        renamed = self.renamed
        rest = [key for key in self._unknown if key not in renamed.values()]
        actions = self._renaming(renamed)
        if rest:
            actions.append(self._adding({key: schema_of(self._values(key)) for key in rest}))
        count = max(self._objects.keys[key] for key in self._unknown)
        yield (
            self._at(next(iter(renamed or self._properties))),
            f"an error has {', '.join(self._properties)}",
            f"it has {', '.join(self._objects.keys)}",
            count,
            tuple(actions),
        )

    def _score(self, name: str, key: str) -> int:
        """How much a key says that it stands for a property."""
        rule = _RULES.get(str(self._document.role(self._properties[name])))
        if rule is None:
            return 0
        node = schema_of(self._values(key))
        field = Field(key, (key,), node, "", "", "", required=False, kind="body", context="")
        return rule.score(field)[0]

    def _fitting(self, name: str, candidates: list[str]) -> str | None:
        """The one key whose values a property could have."""
        valid = self._document.validator(self._properties[name]).is_valid
        fitting = [key for key in candidates if all(map(valid, self._values(key)))]
        return fitting[0] if len(fitting) == 1 else None

    def _renaming(self, renamed: dict[str, str]) -> list[dict[str, Any]]:
        if not renamed:
            return []
        required = list(self._objects.schema.get("required", ()))
        moved = {new: self._with_role(old) for old, new in renamed.items()}
        actions: list[dict[str, Any]] = [self._adding(moved)]
        actions += [{"target": target(self._at(old)), "remove": True} for old in renamed]
        if set(required) & renamed.keys():
            names = [renamed.get(name, name) for name in required]
            actions += self._requiring(names)
        return actions

    def _with_role(self, name: str) -> Node:
        schema: Node = self._properties[name]
        role = self._document.role(schema)
        if role is None or "$ref" in schema:
            return schema
        return {**schema, ROLE: role}

    def _optional(self, name: str) -> list[dict[str, Any]]:
        return self._requiring([n for n in self._objects.schema["required"] if n != name])

    def _requiring(self, names: list[str]) -> list[dict[str, Any]]:
        # What an overlay says of a list is added to it: it has to go first.
        removed = {"target": target(f"{self._pointer}/required"), "remove": True}
        if not names:
            return [removed]
        return [removed, {"target": target(self._pointer), "update": {"required": names}}]

    def _adding(self, properties: Node) -> dict[str, Any]:
        return {"target": target(f"{self._pointer}/properties"), "update": properties}

    def _told(
        self, old: str | None, assumed: str, seen: str, new: str, actions: list[dict[str, Any]]
    ) -> Told:
        element = self._at(old) if old else self._pointer
        return element, assumed, seen, self._objects.keys[new], tuple(actions)

    def _at(self, name: str) -> str:
        return f"{self._pointer}/properties/{escaped(name)}"

    def _values(self, key: str) -> list[Any]:
        return self._objects.values.get(key, [])


_TYPES: list[tuple[type, str]] = [
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
    (dict, "object"),
]  # fmt: skip


def schema_of(values: list[Any]) -> Node:
    """The plainest schema of some values: their type and an example."""
    told = [value for value in values if value is not None]
    if not told:
        return {"nullable": True}
    kind = next((name for of, name in _TYPES if isinstance(told[0], of)), "string")
    schema: Node = {"type": kind}
    if kind == "array":
        schema["items"] = schema_of([item for value in told for item in value][:20])
    if kind == "object":
        names = dict.fromkeys(name for value in told if isinstance(value, dict) for name in value)
        schema["properties"] = {
            name: schema_of([v[name] for v in told if isinstance(v, dict) and name in v])
            for name in names
        }
    if kind not in {"array", "object"}:
        schema["example"] = told[0]
    return schema
