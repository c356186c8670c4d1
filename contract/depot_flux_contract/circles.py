"""Schemas that contain themselves: those that no finite value fits are refused."""

from collections.abc import Iterator
from typing import Any

from depot_flux_contract.errors import ContractError, Document
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.contract.document import kinds


def check_circles(document: Document, name: str, targets: set[str]) -> None:
    """See that every schema that is referred to has a finite value.

    A schema may contain itself where it is optional: in a property that is not required, a list
    that may be empty, an alternative beside another, or where null does as well.

    Args:
        document: the contract.
        name: of its file.
        targets: what its references name.

    Raises:
        ContractError: a schema demands itself; the message names it.
    """
    resolver = Resolver(document)
    unsettled = sorted(targets)
    settled: set[str] = set()
    while True:
        found = [each for each in unsettled if _ends(resolver.at(each), settled)]
        if not found:
            break
        settled.update(found)
        unsettled = [each for each in unsettled if each not in settled]
    # What leads to a circle does not end either; it is the circle itself that is named.
    circles = [each for each in unsettled if each in _demanded(resolver, each, settled)]
    if circles:
        raise ContractError(
            f"{name}: {circles[0]} contains itself where it is required, so no value of it ever "
            "ends; make the property that leads back optional"
        )


def _ends(node: Any, settled: set[str]) -> bool:
    """Whether a finite value of a schema is known, once those of `settled` are."""
    if not isinstance(node, dict) or node.get("nullable") is True or "null" in kinds(node):
        return True
    reference = node.get("$ref")
    if isinstance(reference, str) and reference not in settled:
        return False
    return all(_ends(each, settled) for each in _parts(node)) and all(
        any(_ends(each, settled) for each in node[keyword])
        for keyword in ("oneOf", "anyOf")
        if node.get(keyword)
    )


def _parts(node: Document) -> Iterator[Any]:
    """What every value of a schema has."""
    yield from node.get("allOf") or ()
    properties = node.get("properties") or {}
    required = node.get("required")  # of a parameter: whether it is
    named = required if isinstance(required, list) else ()
    yield from (properties[key] for key in named if key in properties)
    if node.get("minItems"):
        yield node.get("items")


def _demanded(resolver: Resolver, target: str, settled: set[str]) -> set[str]:
    """What does not end and is reached from a target."""
    reached: set[str] = set()
    pending: list[Any] = [resolver.at(target)]
    while pending:
        node = pending.pop()
        if not isinstance(node, dict):
            continue
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in settled | reached:
            reached.add(reference)
            pending.append(resolver.at(reference))
        pending += [*_parts(node), *(node.get("oneOf") or ()), *(node.get("anyOf") or ())]
    return reached
