"""Where nothing goes wrong."""

from collections.abc import Iterator

from depot_flux_contract.clients.checks.check import Breach, Check, breach
from depot_flux_contract.clients.demands import DEPOSITS
from depot_flux_contract.clients.stand import Stand


def deposit(stand: Stand) -> Iterator[Breach]:
    """One file, on a platform that works."""
    attempt = stand.attempt()
    if len(attempt.stored) != 1:
        yield breach(DEPOSITS, f"{len(attempt.stored)} flux instead of one", attempt)
    elif attempt.stored[0] != stand.sha256:
        yield breach(DEPOSITS, "other bytes than those of the file", attempt)
    elif not attempt.succeeded:
        yield breach(DEPOSITS, "deposited, and yet no exit code 0", attempt)


CHECKS = (Check("plain-deposit", "a file is deposited once, as it is, with exit code 0", deposit),)
