"""Every check of a client, in the order in which they are made: one family a module."""

from depot_flux_contract.clients.checks import lost, plain, printed, refusals, tokens, waiting
from depot_flux_contract.clients.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *plain.CHECKS,
    *lost.CHECKS,
    *waiting.CHECKS,
    *tokens.CHECKS,
    *refusals.CHECKS,
    # Last, for it looks at what was printed in all the others.
    *printed.CHECKS,
)
"""Every check of `verify-client`."""

__all__ = ["CHECKS", "Check"]
