"""The roles that were given to a contract's elements, and the overlay that gives them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from depot_flux_contract.effective import found_at, read_yaml
from depot_flux_contract.errors import ContractError, Document
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.roles import ROLE, VALUES

INFERRED = "x-depot-flux-infere"
"""Marks an action of the overlay that nobody wrote: a digest of what was inferred."""

_SHOWN = 5


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
        action = {"target": self.target, "description": said, "update": update}
        return {**action, INFERRED: _digest(action)}


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


class Given(NamedTuple):
    """The roles that somebody gave.

    Attributes:
        actions: actions of an overlay.
        notes: what became of others, one sentence each.
        ours: whether they are those of this project's own contract, which needs no others.
    """

    actions: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    ours: bool = False


def given(path: Path) -> list[dict[str, Any]]:
    """The actions of an overlay.

    Raises:
        ContractError: it cannot be read or is no overlay.
    """
    actions = read_yaml(path).get("actions") or []
    if not isinstance(actions, list) or not all(isinstance(each, dict) for each in actions):
        raise ContractError(f"{path}: actions must be a list of mappings")
    return actions


def kept(base: Document, current: list[dict[str, Any]], ours: list[dict[str, Any]]) -> Given:
    """What somebody wrote or changed in the current overlay, as far as a new contract has it.

    Args:
        base: the new contract.
        current: the actions of the current overlay.
        ours: those of this project's own contract, which speak of no other.
    """
    by_hand = [
        {key: value for key, value in action.items() if key != INFERRED}
        for action in current
        if action.get(INFERRED) != _digest(action) and action not in ours
    ]
    actions = [action for action in by_hand if _fits(base, action)]
    gone = [_named(action) for action in by_hand if action not in actions]
    notes = []
    if actions:
        notes.append(f"roles kept as they were given before: {_listed(map(_named, actions))}")
    if gone:
        notes.append(
            "roles given before and left out, since this contract has no such place or none "
            f"of these values there: {_listed(gone)}"
        )
    return Given(actions, tuple(notes))


def _fits(base: Document, action: dict[str, Any]) -> bool:
    """Whether the element is there, with the values by which a status is spelled."""
    found = found_at(base, action.get("target"))
    update = action.get("update")
    spelled = update.get(VALUES) if isinstance(update, dict) else None
    if not found or not isinstance(spelled, dict) or not isinstance(found[0], dict):
        return bool(found)
    allowed = Resolver(base).whole(found[0]).get("enum")
    values = [
        value for each in spelled.values() for value in (each if isinstance(each, list) else [each])
    ]
    return allowed is None or all(value in allowed for value in values)


def _named(action: dict[str, Any]) -> str:
    update = action.get("update")
    role = update.get(ROLE) if isinstance(update, dict) else None
    return f"{role or 'an action'} at {action.get('target')}"


def _listed(named: Iterable[str]) -> str:
    names = list(named)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _digest(action: dict[str, Any]) -> str:
    """Of the role and its element: what a person changes when the inference was wrong."""
    said = json.dumps([action.get("target"), action.get("update")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:12]
