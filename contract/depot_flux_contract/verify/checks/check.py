"""A check: a name, what it demands, and a function that looks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from depot_flux_contract.exchanges import Exchange, Rule
from depot_flux_contract.verify.bench import Bench


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold, before it is known under which check.

    Attributes:
        rule: the rule.
        came: what came instead.
        exchange: where it was seen, if in one exchange.
    """

    rule: Rule
    came: str
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check.

    Attributes:
        name: its name, by which it is chosen.
        says: what it demands, in one line.
        look: gives what does not hold; raises `NotVerifiedError` where it cannot be told.
        deep: whether it is made with --deep only.
    """

    name: str
    says: str
    look: Callable[[Bench], Iterator[Breach]]
    deep: bool = False
