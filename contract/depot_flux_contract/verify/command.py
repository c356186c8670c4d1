"""`depot-flux-contract verify`: the options, the exit codes, what is printed where."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from depot_flux import DepotFluxError
from depot_flux._command.display import json_text
from depot_flux.configuration import Configuration
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges import held_contract
from depot_flux_contract.exchanges.har import HarWriter
from depot_flux_contract.exchanges.told import told
from depot_flux_contract.learn.evidence import evidence
from depot_flux_contract.learn.proposal import Learned
from depot_flux_contract.options import (
    contract_option,
    json_option,
    junit_option,
    list_option,
    only_option,
)
from depot_flux_contract.production import is_production
from depot_flux_contract.verify.access import configured
from depot_flux_contract.verify.bench import Bench, bench
from depot_flux_contract.verify.checks import Check
from depot_flux_contract.verify.plan import (
    GENTLE_DEPOSITS,
    GENTLE_RATE,
    Plan,
    planned,
)
from depot_flux_contract.verify.preflight import AccessRefusedError, UnreachableError, preflight
from depot_flux_contract.verify.reports.machine import as_json, baseline, write_junit
from depot_flux_contract.verify.reports.page import write_page
from depot_flux_contract.verify.reports.text import end_lines, outcome_lines
from depot_flux_contract.verify.runner import Outcome, Run, chosen, verify

FINDINGS, USAGE, UNREACHABLE, REFUSED = 1, 2, 3, 4


class Reports:
    """Where a run is told.

    Args:
        in_json: whether the standard output gets the whole run as JSON instead of lines.
        junit: file of the JUnit XML, if any.
        html: file of the page, if any.
        learn: folder of what is learned, if any.
    """

    def __init__(
        self, *, in_json: bool, junit: Path | None, html: Path | None, learn: Path | None
    ) -> None:
        self._in_json, self._junit, self._html, self._learn = in_json, junit, html, learn

    def outcome(self, made: Bench, outcome: Outcome) -> None:
        """Tell of a check."""
        if not self._in_json:
            for line in outcome_lines(partial(told, made.platform), outcome):
                click.echo(line)

    def end(self, made: Bench, run: Run) -> None:
        """Tell of the whole."""
        if self._in_json:
            click.echo(json_text(as_json(made, run), indent=2))
        else:
            for line in end_lines(made, run):
                click.echo(line)
        if self._junit:
            write_junit(partial(told, made.platform), run, self._junit)
        if self._html:
            write_page(made, run, self._html)
        if self._learn:
            click.echo("\n".join(["", *_learned(made, self._learn)]), err=self._in_json)


def _learned(made: Bench, folder: Path) -> Iterator[str]:
    """Write what was called and what it says of the contract; what was learned, line by line."""
    folder.mkdir(parents=True, exist_ok=True)
    with HarWriter(folder / "exchanges.har", made.platform.secrets) as har:
        for exchange in made.exchanges:
            har.write(exchange)
    learned = Learned(evidence(made.held, made.exchanges, made.platform.base_path))
    learned.write(folder, made.platform.secrets)
    yield from learned.summary()
    if learned.differences:
        yield f"Apply what you accept: depot-flux-contract adopt --observed {folder}"


def run_command(
    own: Configuration,
    other: Configuration | None,
    contract: Path | None,
    plan: Plan,
    checks: tuple[Check, ...],
    known: Path | None,
    reports: Reports,
) -> int:
    """Verify and tell; the exit code: 0 all holds, 1 findings, 3 not reachable, 4 refused."""
    try:
        accepted = baseline(known) if known else frozenset()
        with bench(own, held_contract(contract), plan, other=other) as made:
            preflight(made)
            with _progress(len(checks)) as advance:

                def came(outcome: Outcome) -> None:
                    advance(outcome.check.name)
                    reports.outcome(made, outcome)

                run = verify(made, checks, baseline=accepted, told=came)
            reports.end(made, run)
            return 0 if run.holds else FINDINGS
    except (ContractError, DepotFluxError, ValueError) as error:
        return _failed(str(error), USAGE)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}", USAGE)
    except UnreachableError as error:
        return _failed(str(error), UNREACHABLE)
    except AccessRefusedError as error:
        return _failed(str(error), REFUSED)


def _failed(message: str, code: int) -> int:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    return code


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("verify", total=total)
        yield lambda name: bar.update(task, advance=1, description=name)


@click.command("verify")
@click.argument("url", required=False)
@click.option("--profile", metavar="NAME", help="A profile of the profiles' file.")
@click.option(
    "--second-profile", metavar="NAME", help="The access of another application, for isolation."
)
@contract_option
@list_option
@only_option
@click.option(
    "--interface",
    "interfaces",
    multiple=True,
    metavar="CODE",
    help="Deposit flux of this interface code. Repeatable.  [default: FSO3110A]",
)
@click.option(
    "--max-deposits",
    type=click.IntRange(min=0),
    help=f"At most so many flux.  [default: {GENTLE_DEPOSITS}; any number with --deep]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help=f"At most so many calls a second.  [default: {GENTLE_RATE:g}; any number with --deep]",
)
@click.option("--deep", is_flag=True, help="For a platform of one's own: every motif, the limits.")
@click.option("--production", is_flag=True, help="Verify a production platform; deposit nothing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Repeats the same cases.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Seconds that a flux is given to be judged.",
)
@junit_option
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@json_option
@click.option(
    "--baseline",
    "known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Accept the findings of this report of --json.",
)
@click.option(
    "--learn",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write here what the platform confirms and refutes, and what to change.",
)
def command(
    url: str | None,
    *,
    profile: str | None,
    second_profile: str | None,
    contract: Path | None,
    listed: bool,
    only: tuple[str, ...],
    production: bool,
    known: Path | None,
    **said: Any,
) -> None:
    """Hold a platform to the contract, gently.

    URL is the address of the API, its path included; the access comes from a profile or from
    DEPOT_FLUX_*. Exit code: 0 all that was verified holds, 1 findings, 2 usage, 3 not reachable,
    4 access refused. What could not be checked is told as not verified.
    """
    try:
        checks = chosen(only)
        if listed:
            click.echo("\n".join(_listed(checks)))
            return
        own, other = configured(profile, url, second_profile)
    except (LookupError, DepotFluxError) as error:
        raise click.UsageError(str(error.args[0])) from None
    if is_production(own) and not production:
        raise click.UsageError(
            f"{own.base_url} is a production platform; say --production to verify it: nothing is "
            "deposited then"
        )
    reports = Reports(**{name: said.pop(name) for name in ("in_json", "junit", "html", "learn")})
    plan = planned(deposits=not production, **said)
    raise SystemExit(run_command(own, other, contract, plan, checks, known, reports))


def _listed(checks: tuple[Check, ...]) -> Iterator[str]:
    width = max(len(check.name) for check in checks)
    for check in checks:
        yield f"{check.name:<{width}}  {check.says}{' (--deep)' if check.deep else ''}"
