"""A check of a client: a name, what it demands, and a function that looks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from depot_flux_contract.clients.attempts import Attempt
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.exchanges import Rule
from depot_flux_contract.verify.checks.check import Breach

__all__ = ["Breach", "Check", "breach"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a client.

    Attributes:
        name: its name, by which it is chosen.
        says: what it demands, in one line.
        look: gives what does not hold; raises `NotVerifiedError` where it cannot be told.
    """

    name: str
    says: str
    look: Callable[[Stand], Iterator[Breach]]


def breach(rule: Rule, what: str, attempt: Attempt) -> Breach:
    """A rule that does not hold, with all that came."""
    return Breach(rule, f"{what}: {attempt.told}")
