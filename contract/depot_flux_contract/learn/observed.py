"""What was learned applied to `spec/`: base, roles and provenance, all of it or nothing."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from oas_patch.overlay import apply_overlay

from depot_flux_contract.adopt import in_words, swap, together
from depot_flux_contract.effective import as_yaml, effective_contract, found_at, read_yaml
from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.folders import (
    BASE,
    CONFIGURATION,
    OVERLAY,
    PROVENANCE,
    RECONSTRUCTION,
)
from depot_flux_contract.generate import generate
from depot_flux_contract.learn.proposal import DIFFERENCE, OBSERVED_OVERLAY, OBSERVED_PROVENANCE
from depot_flux_contract.provenance import elements, faults
from depot_flux_simulator.contract import Contract

_EXTENSION = "x-depot-flux-"
_FILES = (BASE, OVERLAY, PROVENANCE, CONFIGURATION)


def adopt_observed(
    folder: Path,
    spec: Path,
    generated: Path,
    *,
    dry_run: bool = False,
    check: Callable[[Path], None] = lambda _generated: None,
) -> list[str]:
    """Apply what was learned and accepted.

    Args:
        folder: holds the overlay and the provenance entries that `learn` wrote.
        spec: folder of the contract; made from ours if it is absent.
        generated: folder of what is generated.
        dry_run: find out everything, and leave both folders as they are.
        check: called with the new `generated` before it takes the place of the old.

    Returns:
        What was applied, one line each difference.

    Raises:
        ContractError: it cannot be applied; both folders are as before.
    """
    actions = _actions(folder)
    accepted = {action.get(DIFFERENCE) for action in actions}
    with TemporaryDirectory() as held, in_words(str(folder / OBSERVED_OVERLAY)):
        new_spec, new_generated = Path(held, "spec"), Path(held, "generated")
        _copy(spec, new_spec)
        _apply(new_spec, actions, read_yaml(folder / OBSERVED_PROVENANCE), accepted)
        generate(new_spec, new_generated)
        Contract.load(new_generated / "openapi.json")
        check(new_generated)
        if not dry_run:
            with together():
                swap([(new_spec, spec), (new_generated, generated)])
    told = [str(action.get("description", action["target"])) for action in actions]
    return list(dict.fromkeys(told))


def _actions(folder: Path) -> list[dict[str, Any]]:
    actions = read_yaml(folder / OBSERVED_OVERLAY).get("actions") or []
    if not isinstance(actions, list) or not all(
        isinstance(each, dict) and isinstance(each.get("target"), str) for each in actions
    ):
        raise ContractError(f"{folder / OBSERVED_OVERLAY}: actions must be a list of mappings")
    if not actions:
        raise ContractError(f"{folder / OBSERVED_OVERLAY}: holds nothing to apply")
    return actions


def _copy(spec: Path, target: Path) -> None:
    target.mkdir()
    source = spec if (spec / BASE).exists() else RECONSTRUCTION
    for name in _FILES:
        shutil.copyfile(source / name, target / name)


def _apply(
    spec: Path, actions: list[dict[str, Any]], observed: Document, accepted: set[Any]
) -> None:
    """Change the files of a folder."""
    base, roles = read_yaml(spec / BASE), read_yaml(spec / OVERLAY)
    # A parsed YAML anchor is one object in many places; an update must touch its target only.
    changed: Document = json.loads(json.dumps(base))
    fresh: dict[Any, list[str]] = {}
    for action in actions:
        before = set(elements(changed))
        changed = _changed(changed, _without_roles(action))
        new = [element for element in elements(changed) if element not in before]
        fresh.setdefault(action.get(DIFFERENCE), []).extend(new)
    roles["actions"] = [
        *(each for each in roles.get("actions", ()) if found_at(changed, each.get("target"))),
        *_role_actions(actions),
    ]
    effective_contract(changed, roles)
    entries = [each for each in observed.get("entries", ()) if each.get(DIFFERENCE) in accepted]
    current = read_yaml(spec / PROVENANCE)
    provenance = {
        "sources": {**current.get("sources", {}), **observed.get("sources", {})},
        "entries": _entries(elements(changed), current.get("entries", []), entries, fresh),
    }
    wrong = faults(changed, provenance)
    if wrong:
        raise ContractError(f"the provenance does not fit: {'; '.join(wrong[:3])}")
    for name, content in ((BASE, changed), (OVERLAY, roles), (PROVENANCE, provenance)):
        (spec / name).write_text(as_yaml(content), encoding="utf-8")


def _changed(document: Document, action: dict[str, Any]) -> Document:
    if not found_at(document, action["target"]):
        raise ContractError(
            f"{action['target']} is not in the contract; it was learned of another, or an "
            "action that it needs was removed"
        )
    try:
        changed: Document = apply_overlay(document, {"actions": [action]})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ContractError(f"{action['target']}: cannot be applied ({error})") from error
    return changed


def _without_roles(action: dict[str, Any]) -> dict[str, Any]:
    return {**action, "update": _stripped(action["update"])} if "update" in action else action


def _stripped(node: Any) -> Any:
    if isinstance(node, list):
        return [_stripped(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not str(key).startswith(_EXTENSION)}
    return {key: _stripped(value) for key, value in kept.items()}


def _role_actions(actions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Actions that give back the roles which stood in what was added."""
    for action in actions:
        if isinstance(action.get("update"), dict):
            yield from _roles(action["target"], action["update"])


def _roles(target: str, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    said = {key: value for key, value in node.items() if str(key).startswith(_EXTENSION)}
    if said:
        yield {"target": target, "update": said}
    for key, value in node.items():
        if isinstance(value, dict) and not str(key).startswith(_EXTENSION):
            yield from _roles(f"{target}['{key}']", value)


def _entries(
    needed: list[str],
    current: list[Document],
    observed: list[Document],
    fresh: dict[Any, list[str]],
) -> list[Document]:
    """The entries of what is there now: observed where it changed, as they were elsewhere."""
    told: list[Document] = []
    claimed: set[str] = set()
    for entry in observed:
        new = fresh.pop(entry[DIFFERENCE], [])
        touched = [each for each in entry["elements"] if each in needed]
        found = list(dict.fromkeys([*touched, *new])) or _within(entry["elements"], needed)
        own = [each for each in found if each in needed and each not in claimed]
        claimed |= set(own)
        rest = {key: value for key, value in entry.items() if key != DIFFERENCE}
        told.append({**rest, "elements": own})
    kept = [
        {**each, "elements": [e for e in each["elements"] if e in needed and e not in claimed]}
        for each in current
    ]
    return [each for each in (*kept, *told) if each["elements"]]


def _within(refuted: list[str], needed: list[str]) -> list[str]:
    """The nearest elements that what was refuted stands in."""
    found = []
    for each in refuted:
        pointer = each
        while pointer and pointer not in needed:
            pointer = pointer.rpartition("/")[0]
        found += [pointer] if pointer else []
    return found
