"""Every check, in the order in which they run: one family a module."""

from depot_flux_contract.verify.checks import (
    access,
    answers,
    cases,
    deposit,
    identifiers,
    life_cycle,
    limits,
    sharing,
    supervision,
    token,
)
from depot_flux_contract.verify.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *token.CHECKS,
    *access.CHECKS,
    *deposit.CHECKS,
    *life_cycle.CHECKS,
    *identifiers.CHECKS,
    *sharing.CHECKS,
    *limits.CHECKS,
    *cases.CHECKS,
    # Last, for they look at what all the others saw.
    *life_cycle.LAST,
    *supervision.CHECKS,
    *answers.CHECKS,
)
"""Every check of `verify`."""

__all__ = ["CHECKS", "Check"]
