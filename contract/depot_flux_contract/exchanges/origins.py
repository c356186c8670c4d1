"""Where a rule comes from: the provenance of a contract's elements, and their lines in `spec/`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from depot_flux_contract.errors import Document

UNSTATED = "unstated"
"""The class of what a contract says that came without its provenance."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rule comes from.

    Attributes:
        kind: its class: documented, inferred, assumed, observed, official or unstated.
        source: title of the document, or what stands for one.
        section: where in it.
        element: JSON pointer of the contract's element; "" for a rule of no element.
        place: file and line that say it in `spec/`, for whoever changes it; "" where unknown.
    """

    kind: str
    source: str
    section: str = ""
    element: str = ""
    place: str = ""

    def __str__(self) -> str:
        where = f"{self.source}, {self.section}" if self.section else self.source
        line = f"; {self.place}" if self.place else ""
        return f"{self.kind}: {where}{line}"


class Origins:
    """The origin of every element of a contract.

    Args:
        provenance: the content of its `provenance.yaml`, None without one.
        name: of the contract's file, for elements of which nothing is told.
        base: file that holds the elements, None where there is none to change.
    """

    def __init__(self, provenance: Document | None, name: str, base: Path | None = None) -> None:
        self._name = name
        self._base = base
        self._root = yaml.compose(base.read_text(encoding="utf-8")) if base else None
        self._known: dict[str, Origin] = {}
        sources = (provenance or {}).get("sources", {})
        for entry in (provenance or {}).get("entries", ()):
            source = str(sources.get(entry["source"], entry["source"]))
            told = Origin(str(entry["class"]), source, str(entry.get("section", "")))
            self._known |= dict.fromkeys(entry["elements"], told)

    def of(self, trail: Sequence[str]) -> Origin:
        """The origin of an element.

        Args:
            trail: JSON pointers from the operation to the element, through every reference; the
                nearest that has a provenance tells it.
        """
        element = trail[-1] if trail else ""
        found = next(filter(None, (self._nearest(each) for each in reversed(trail))), None)
        told = found or Origin(UNSTATED, self._name)
        return replace(told, element=element, place=self.place(element))

    def place(self, pointer: str) -> str:
        """File and line of an element in `spec/`, or of what it stands in; "" where unknown."""
        if self._root is None or self._base is None or not pointer:
            return ""
        node, line = self._root, 1
        for key in _keys(pointer):
            step = _step(node, key)
            if step is None:
                break
            node, line = step
        return f"spec/{self._base.name}:{line}"

    def _nearest(self, pointer: str) -> Origin | None:
        # An enumeration, like any list, has its provenance by items.
        return self._known.get(pointer) or self._known.get(f"{pointer}/0")


def escape(keys: Iterable[object]) -> str:
    """A JSON pointer of keys."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def _keys(pointer: str) -> list[str]:
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def _step(node: Any, key: str) -> tuple[Any, int] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value, name.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        value = node.value[int(key)]
        return value, value.start_mark.line + 1
    return None
