"""Each element of the contract, and what the traffic says of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from depot_flux_contract.learn.differences import Difference
from depot_flux_contract.learn.evidence import Evidence
from depot_flux_contract.learn.paths import at, keys
from depot_flux_contract.provenance import elements


class Verdict(StrEnum):
    """What became of an element."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NEVER_SEEN = "never seen"


@dataclass(frozen=True, slots=True)
class Row:
    """An element.

    Attributes:
        element: its JSON pointer.
        kind: the class it has in the provenance.
        place: file and line that say it; "" where unknown.
        verdict: what became of it.
        count: in how many exchanges it was seen so.
        seen: what was seen instead, where it is refuted.
    """

    element: str
    kind: str
    place: str
    verdict: Verdict
    count: int
    seen: str = ""


def table(found: Evidence, differences: list[Difference]) -> list[Row]:
    """Every element that has a provenance, in the contract's order."""
    refuted = {
        pointer: difference
        for difference in differences
        for pointer in (difference.element, *difference.others)
    }
    return [_row(found, element, refuted) for element in elements(found.held.contract.document)]


def _row(found: Evidence, element: str, refuted: dict[str, Difference]) -> Row:
    origin = found.held.origins.of([element])
    difference = refuted.get(element) or refuted.get(element.rpartition("/")[0])
    # One value of an enumeration is not refuted by another.
    if difference is not None and "/enum/" not in element:
        return Row(
            element, origin.kind, origin.place, Verdict.REFUTED, difference.count, difference.seen
        )
    count = max(_counts(found, element), default=0)
    verdict = Verdict.CONFIRMED if count else Verdict.NEVER_SEEN
    return Row(element, origin.kind, origin.place, verdict, count)


def _counts(found: Evidence, element: str) -> Iterator[int]:
    """How often an element was seen, in each way in which it can be."""
    yield found.operations[element]
    yield found.requests[element]
    yield found.bodies.fields[element]
    before, _, last = element.rpartition("/")
    name = keys(element)[-1]
    if before.endswith("/responses") and name.isdigit():
        codes = found.codes.get(before.removesuffix("/responses"), Counter[int]())
        yield codes[int(name)]
    if before.endswith("/content"):
        types = found.types.get(before.removesuffix("/content"), Counter[str]())
        yield types[name.split(";")[0].strip().lower()]
    values = found.bodies.values.get(before)
    if values is not None:
        yield values.count  # a limit that every value kept
    if before.endswith("/enum"):
        values = found.bodies.values.get(before.removesuffix("/enum"))
        value = at(found.held.contract.document, before)[int(last)]
        yield values.seen[value] if values else 0
