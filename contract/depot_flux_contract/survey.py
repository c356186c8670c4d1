"""All that can be told of a contract's roles, and at once all that cannot."""

from typing import Any

from depot_flux_contract.binding import bind
from depot_flux_contract.effective import effective_contract, found_at
from depot_flux_contract.errors import ContractError, Document, UnboundError
from depot_flux_contract.given_roles import Bindings
from depot_flux_contract.spelling import FINAL, TEMPORARY
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.roles import ROLE, VALUES, OperationRole

Action = dict[str, Any]


def survey(base: Document, own: list[Action]) -> tuple[Bindings, list[ContractError]]:
    """Infer the roles of a contract; go on behind what cannot be told.

    Where a role cannot be told, its first candidate is supposed to play it, so that what follows
    is looked at too. What is found that way of a supposed operation is not told: the operation
    may be another one.

    Args:
        base: the contract.
        own: the actions of an overlay that go before what is inferred.

    Returns:
        What was inferred, nothing supposed among it; and the obstacles.

    Raises:
        ContractError: an action of `own` touches nothing or breaks the contract.
    """
    effective_contract(base, {"actions": own})
    supposed: dict[str, Action] = {}
    operations: list[tuple[str, str]] = []
    obstacles: list[ContractError] = []
    while True:
        found = Bindings()
        try:
            bind(effective_contract(base, {"actions": [*own, *supposed.values()]}), found)
        except UnboundError as error:
            astray = error.role in set(OperationRole) and operations
            if not astray and not any(_concerns(error, *each) for each in operations):
                obstacles.append(error)
            if astray or error.role in supposed or not error.candidates:
                return _outside(operations, found), obstacles
            label, target = error.candidates[0]
            supposed[error.role] = draft_action(error, target)
            if error.role in set(OperationRole):
                operations.append((label, target))
        except ContractError as error:
            return Bindings(), [*obstacles, error] if not supposed else obstacles
        else:
            return _outside(operations, found), obstacles


def _outside(operations: list[tuple[str, str]], found: Bindings) -> Bindings:
    """What was found outside the operations that were supposed."""
    inside = [target for _, target in operations]
    found.found = [each for each in found.found if not _inside(each.target, inside)]
    return found


def draft_action(error: UnboundError, target: str) -> Action:
    """The action that gives a role to one of its candidates, the spellings left open."""
    update: dict[str, Any] = {ROLE: str(error.role)}
    if error.values:
        update[VALUES] = dict.fromkeys((*TEMPORARY, *FINAL), "…")
    return {"target": target, "update": update}


def enumerated(base: Document, target: str) -> list[Any]:
    """The values that the schema at a target allows, none where it does not enumerate them."""
    found = found_at(base, target)
    node = Resolver(base).whole(found[0]) if found and isinstance(found[0], dict) else {}
    values: list[Any] = node.get("enum", [])
    return values


def _concerns(error: UnboundError, label: str, target: str) -> bool:
    places = [place for _, place in error.candidates]
    return label in error.why or any(_inside(place, [target]) for place in places)


def _inside(target: str, places: list[str]) -> bool:
    return any(target.startswith(place) for place in places)
