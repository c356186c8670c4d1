"""From an operation to the element of the contract that a rule stands in, through references."""

from collections.abc import Iterable
from typing import Any

from depot_flux_contract.exchanges.origins import escape
from depot_flux_simulator.contract.document import Document, Node, keys


def trail(document: Document, start: Iterable[object], steps: Iterable[object] = ()) -> list[str]:
    """JSON pointers that lead to an element, the last one that of the element itself.

    Args:
        document: the contract.
        start: keys from the document's root to where the way begins.
        steps: keys from there on, as a validator gives them: references are followed.
    """
    here: list[object] = []
    found: list[str] = []
    node: Any = document.root
    for key in (*start, *(step for step in steps if step != "$ref")):
        node, here = _followed(document, node, here, found)
        node = _inner(node, key)
        here = [*here, key]
        found.append(escape(here))
    _followed(document, node, here, found)
    return found


def _followed(
    document: Document, node: Any, here: list[object], found: list[str]
) -> tuple[Any, list[object]]:
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        here = list(keys(node["$ref"]))
        node = document.at(node["$ref"])
        found.append(escape(here))
    return node, here


def _inner(node: Any, key: object) -> Any:
    if isinstance(node, list) and str(key).isdigit():
        number = int(str(key))
        return node[number] if number < len(node) else None
    if isinstance(node, dict):
        return node.get(key, node.get(str(key)))
    return None


def declared(responses: Node, status: int) -> str | None:
    """Under which name an operation declares a code: itself, its range or default; None if not."""
    by_name = {str(name).upper(): str(name) for name in responses}
    for name in (str(status), f"{status // 100}XX", "DEFAULT"):
        if name in by_name:
            return by_name[name]
    return None
