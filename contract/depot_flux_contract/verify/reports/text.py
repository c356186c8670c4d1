"""A run for people: one line a check, each finding as a report."""

from collections.abc import Iterator

from depot_flux_contract.exchanges.told import Tell
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.runner import Outcome, Run, State

_MARKS = {State.HOLDS: "ok", State.FOUND: "FOUND", State.NOT_VERIFIED: "-"}
_WIDTH = 24


def outcome_lines(tell: Tell, outcome: Outcome) -> Iterator[str]:
    """A check in one line, then its findings."""
    line = f"{_MARKS[outcome.state]:<6} {outcome.check.name:<{_WIDTH}} {outcome.check.says}"
    if outcome.state is State.NOT_VERIFIED:
        line += f"  [not verified: {outcome.why}]"
    if outcome.accepted:
        line += f"  [{len(outcome.accepted)} in the baseline]"
    yield line
    for finding in outcome.findings:
        yield from (f"       {each}" for each in tell(finding).lines())
        yield ""


def end_lines(bench: Bench, run: Run) -> Iterator[str]:
    """What was deposited, and the sum."""
    if run.deposits:
        yield ""
        yield "Deposited:"
        for what, name, id_flux in run.deposits:
            yield f"  {id_flux or 'no identifier':<26} {name}  ({what})"
    yield ""
    yield f"{sum_line(run)}, seed {bench.plan.seed}"


def sum_line(run: Run) -> str:
    """How many checks ended how."""
    return (
        f"{run.count(State.HOLDS)} hold, {len(run.findings)} findings in "
        f"{run.count(State.FOUND)} checks, {run.count(State.NOT_VERIFIED)} not verified; "
        f"{run.calls} calls in {run.seconds:.0f} s"
    )
