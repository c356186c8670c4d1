"""The roles that were given to a contract's elements, and the overlay that gives them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_simulator.contract.roles import ROLE, VALUES


@dataclass(frozen=True)
class Binding:
    """One role given to one element.

    Attributes:
        role: the role.
        target: JSONPath of the element.
        label: the element, for people.
        reason: what speaks for it.
        certainty: certain, likely or to review.
        values: of a status, how each state is spelled.
    """

    role: str
    target: str
    label: str
    reason: str
    certainty: str
    values: dict[str, Any] = field(default_factory=dict)

    def action(self) -> dict[str, Any]:
        """The action of an OpenAPI Overlay that gives the role."""
        update: dict[str, Any] = {ROLE: str(self.role)}
        if self.values:
            update[VALUES] = self.values
        said = f"{self.label}: {self.reason} ({self.certainty})"
        return {"target": self.target, "description": said, "update": update}


@dataclass
class Bindings:
    """What was bound, and what was left.

    Attributes:
        found: every binding, in the order of the operations.
        notes: what a reviewer should know, one sentence each.
    """

    found: list[Binding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def overlay(self, title: str, own: Iterable[dict[str, Any]]) -> Document:
        """An OpenAPI Overlay with somebody's own actions first and the rest after them."""
        actions: dict[str, dict[str, Any]] = {}
        for binding in self.found:
            actions.setdefault(binding.target, binding.action())
        return {
            "overlay": "1.0.0",
            "info": {"title": title, "version": "0.1.0"},
            "actions": [*own, *actions.values()],
        }
