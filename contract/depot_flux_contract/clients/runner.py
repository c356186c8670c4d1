"""The run: each check by itself; what could not be checked is not verified, and never passed."""

import time
from collections.abc import Callable, Collection

from depot_flux_contract.clients.checks import CHECKS
from depot_flux_contract.clients.checks.check import Check
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.exchanges import Finding, Side
from depot_flux_contract.exchanges.told import Told
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_contract.verify.runner import Outcome, Run, State, named


def chosen(names: Collection[str]) -> tuple[Check, ...]:
    """The checks of some names, a family by what stands before its first dash; all for none.

    Raises:
        LookupError: there is no such check.
    """
    return named(CHECKS, names)


def tried(
    stand: Stand,
    checks: Collection[Check] = CHECKS,
    *,
    told: Callable[[Outcome], None] = lambda _outcome: None,
) -> Run:
    """Make checks.

    Args:
        stand: what they work with.
        checks: which.
        told: is called with each outcome as it comes.
    """
    run = Run()
    began = time.monotonic()
    for check in checks:
        outcome = _outcome(stand, check)
        run.outcomes.append(outcome)
        told(outcome)
    run.calls = stand.calls
    run.seconds = time.monotonic() - began
    return run


def _outcome(stand: Stand, check: Check) -> Outcome:
    began = time.monotonic()
    stand.begin(check.name)
    found: list[Finding] = []
    why = ""
    try:
        for breach in check.look(stand):
            found.append(Finding(check.name, breach.rule, breach.came, Side.CLIENT))  # noqa: PERF401
    except NotVerifiedError as error:
        why = str(error)
    state = State.FOUND if found else State.NOT_VERIFIED if why else State.HOLDS
    return Outcome(check, state, tuple(found), (), why, time.monotonic() - began)


def telling(stand: Stand) -> Callable[[Finding], Told]:
    """How a finding is shown: with the line that repeats it, and no secret."""
    hide = stand.secrets.hide

    def told(finding: Finding) -> Told:
        repeat = f"depot-flux-contract verify-client --only {finding.check} -- {stand.repeat}"
        rule = finding.rule
        came = hide(finding.came)
        return Told(finding, rule.says, str(rule.origin), came, "", hide(repeat), "")

    return told
