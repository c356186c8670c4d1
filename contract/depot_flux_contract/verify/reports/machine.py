"""A run for machines: JSON, which is a baseline too, and JUnit."""

import json
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from depot_flux._command.files import replace
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges.told import Tell, told
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.runner import Outcome, Run, State


def as_json(bench: Bench, run: Run) -> dict[str, Any]:
    """The whole run."""
    tell = partial(told, bench.platform)
    return {
        "platform": bench.platform.configuration.base_url,
        "contract": bench.held.contract.document["info"].get("title", ""),
        "seed": bench.plan.seed,
        "holds": run.holds,
        "calls": run.calls,
        "seconds": round(run.seconds, 1),
        "checks": [as_check(tell, outcome) for outcome in run.outcomes],
        "deposits": [
            {"for": str(what), "name": name, "identifier": id_flux}
            for what, name, id_flux in run.deposits
        ],
    }


def baseline(path: Path) -> frozenset[str]:
    """Keys of the findings that a report in JSON holds: they are known and accepted.

    Raises:
        ContractError: the file is no such report.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return frozenset(
            finding["key"]
            for check in report["checks"]
            for finding in (*check["findings"], *check["accepted"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractError(
            f"{path}: is no report that `verify --json` wrote ({type(error).__name__}: {error})"
        ) from None


def write_junit(tell: Tell, run: Run, path: Path, name: str = "verify") -> None:
    """Write the run of a command as JUnit XML: one test a check."""
    suite = TestSuite(f"depot-flux-contract {name}")
    for outcome in run.outcomes:
        family = outcome.check.name.partition("-")[0]
        case = TestCase(outcome.check.name, f"depot_flux_contract.{name}.{family}", outcome.seconds)
        results: list[FinalResult] = []
        for finding in outcome.findings:
            shown = tell(finding)
            failure = Failure(_plain(shown.rule), str(finding.rule.origin.kind))
            failure.text = _plain("\n".join(shown.lines()))
            results.append(failure)
        if outcome.state is State.NOT_VERIFIED:
            results.append(Skipped(_plain(f"not verified: {outcome.why}")))
        case.result = results
        suite.add_testcase(case)
    document = JUnitXml(f"depot-flux-contract {name}")
    document.add_testsuite(suite)
    written = BytesIO()
    document.write(written, pretty=True)
    replace(path, written.getvalue().decode("utf-8"))


def as_check(tell: Tell, outcome: Outcome) -> dict[str, Any]:
    """A check and what became of it."""
    return {
        "name": outcome.check.name,
        "says": outcome.check.says,
        "state": str(outcome.state),
        "why": outcome.why,
        "seconds": round(outcome.seconds, 3),
        "findings": [tell(finding).as_json() for finding in outcome.findings],
        "accepted": [
            {**finding.as_json(), "came": tell(finding).came} for finding in outcome.accepted
        ],
    }


def _plain(text: str) -> str:
    """A text that XML can hold: what a platform answers may be anything."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
