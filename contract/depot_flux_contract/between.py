"""The differences between two contracts, neither of them adopted."""

from pathlib import Path
from typing import NamedTuple

from depot_flux_contract.adopt import in_words, is_ours, understood
from depot_flux_contract.compare import Change, breaking_first, compare
from depot_flux_contract.effective import effective_contract, read_yaml
from depot_flux_contract.errors import Document
from depot_flux_contract.folders import CONFIGURATION, OVERLAY, RECONSTRUCTION
from depot_flux_contract.generate import parsed
from depot_flux_contract.names import renamed
from depot_flux_contract.survey import survey


class Between(NamedTuple):
    """What two contracts differ in.

    Attributes:
        changes: the differences, breaking ones first.
        notes: what could not be compared by role, one sentence each.
    """

    changes: list[Change]
    notes: list[str]


def between(first: Path, second: Path) -> Between:
    """Compare two contracts, and the clients that would be generated from them.

    Args:
        first: a contract in any form that can be adopted.
        second: another.

    Raises:
        ContractError: one of them cannot be read, or no client can be generated from it.
    """
    notes: list[str] = []
    before, after = (_effective(path, notes) for path in (first, second))
    configuration = RECONSTRUCTION / CONFIGURATION
    old, new = (parsed(document, configuration) for document in (before, after))
    changes = [*compare(before, after), *renamed(before, old, after, new)]
    return Between(breaking_first(changes), notes)


def _effective(path: Path, notes: list[str]) -> Document:
    source, base = understood(path)
    with in_words(source.name):
        if is_ours(base):
            return effective_contract(base, read_yaml(RECONSTRUCTION / OVERLAY))
        bindings, obstacles = survey(base, [])
        if obstacles:
            notes.append(
                f"{source.name}: not every role can be told; what has none is compared by name"
            )
        return effective_contract(base, bindings.overlay("", []))
