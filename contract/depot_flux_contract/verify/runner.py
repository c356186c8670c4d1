"""The run: each check by itself; what could not be checked is not verified, and never passed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

import httpx

from depot_flux_contract.exchanges import Finding
from depot_flux_contract.verify.behaviours import ANSWERED
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks import CHECKS, Check
from depot_flux_contract.verify.deposits import NotVerifiedError


class State(StrEnum):
    """What became of a check."""

    HOLDS = "holds"
    FOUND = "found"
    NOT_VERIFIED = "not verified"


class Named(Protocol):
    """What every check has, of a platform or of a client."""

    @property
    def name(self) -> str:
        """Its name: its family, a dash, what it looks at."""

    @property
    def says(self) -> str:
        """What it demands, in one line."""


AnyCheck = TypeVar("AnyCheck", bound=Named)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check and what became of it.

    Attributes:
        check: the check.
        state: what became of it.
        findings: what does not hold and is not accepted.
        accepted: what does not hold and is known: it stands in the baseline.
        why: why it is not verified.
        seconds: how long it took.
    """

    check: Named
    state: State
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    why: str = ""
    seconds: float = 0.0


@dataclass
class Run:
    """What a run found.

    Attributes:
        outcomes: one a check, in the order in which they ran.
        deposits: what was deposited: what for, name, identifier.
        calls: how many calls were made.
        seconds: how long it took.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    deposits: list[tuple[str, str, str]] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0

    @property
    def findings(self) -> list[Finding]:
        """All that does not hold and is not accepted."""
        return [finding for outcome in self.outcomes for finding in outcome.findings]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def count(self, state: State) -> int:
        """How many checks ended so."""
        return sum(outcome.state is state for outcome in self.outcomes)


def chosen(names: Collection[str]) -> tuple[Check, ...]:
    """The checks of some names, a family by what stands before its first dash; all for none.

    Raises:
        LookupError: there is no such check.
    """
    return named(CHECKS, names)


def named(checks: Sequence[AnyCheck], names: Collection[str]) -> tuple[AnyCheck, ...]:
    """Those of some checks that have these names; all for none.

    Raises:
        LookupError: there is no such check.
    """
    unknown = [name for name in names if not any(_is_named(check, name) for check in checks)]
    if unknown:
        raise LookupError(f"no check is called {', '.join(unknown)}; --list tells them all")
    return tuple(check for check in checks if not names or any(_is_named(check, n) for n in names))


def verify(
    bench: Bench,
    checks: Collection[Check] = CHECKS,
    *,
    baseline: Collection[str] = (),
    told: Callable[[Outcome], None] = lambda _outcome: None,
) -> Run:
    """Make checks.

    Args:
        bench: what they work with.
        checks: which.
        baseline: keys of the findings that are accepted.
        told: is called with each outcome as it comes.
    """
    run = Run()
    began = bench.timing.now()
    for check in checks:
        outcome = _outcome(bench, check, frozenset(baseline))
        run.outcomes.append(outcome)
        told(outcome)
    run.deposits = [(each.what, each.name, each.id_flux) for each in bench.deposits.made]
    run.calls = len(bench.exchanges)
    run.seconds = bench.timing.now() - began
    return run


def _outcome(bench: Bench, check: Check, baseline: frozenset[str]) -> Outcome:
    began = bench.timing.now()
    found: list[Finding] = []
    why = ""
    try:
        for finding in _found(bench, check):
            found.append(finding)  # noqa: PERF402 (those before an exception count too)
    except NotVerifiedError as error:
        why = str(error)
    except LookupError as error:
        why = str(error.args[0]) if error.args else type(error).__name__
    seconds = bench.timing.now() - began
    accepted = tuple(finding for finding in found if finding.key in baseline)
    left = tuple(finding for finding in found if finding.key not in baseline)
    state = State.FOUND if left else State.NOT_VERIFIED if why else State.HOLDS
    return Outcome(check, state, left, accepted, bench.platform.secrets.hide(why), seconds)


def _found(bench: Bench, check: Check) -> Iterator[Finding]:
    """The findings of a check; a call that is not answered is one of them."""
    if check.deep and not bench.plan.deep:
        raise NotVerifiedError("for platforms of one's own: --deep")
    try:
        for breach in check.look(bench):
            yield Finding(check.name, breach.rule, breach.came, exchange=breach.exchange)
    except httpx.TransportError as error:
        yield Finding(check.name, ANSWERED, f"{type(error).__name__}: {error}")


def _is_named(check: Named, name: str) -> bool:
    return name in {check.name, check.name.partition("-")[0]}
