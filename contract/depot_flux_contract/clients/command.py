"""`depot-flux-contract verify-client`: the options, the exit codes, what is printed."""

from pathlib import Path
from typing import Any

import click

from depot_flux._command.display import json_text
from depot_flux_contract.clients.checks import Check
from depot_flux_contract.clients.runner import chosen, telling, tried
from depot_flux_contract.clients.stand import PATIENCE, WINDOW, Asked, Stand, stand
from depot_flux_contract.errors import ContractError
from depot_flux_contract.options import (
    contract_option,
    json_option,
    junit_option,
    list_option,
    only_option,
)
from depot_flux_contract.verify.reports.machine import as_check, write_junit
from depot_flux_contract.verify.reports.text import outcome_lines, sum_line
from depot_flux_contract.verify.runner import Outcome, Run, State
from depot_flux_simulator.errors import ConfigurationError

FINDINGS, USAGE, DEPOSITS_NOTHING = 1, 2, 3
_FIRST = "plain-deposit"


def as_json(made: Stand, run: Run) -> dict[str, Any]:
    """The whole run."""
    return {
        "command": list(made.asked.command),
        "holds": run.holds,
        "calls": run.calls,
        "seconds": round(run.seconds, 1),
        "checks": [as_check(telling(made), outcome) for outcome in run.outcomes],
    }


def run_command(
    asked: Asked, checks: tuple[Check, ...], junit: Path | None, *, in_json: bool
) -> int:
    """Try a client and tell; the exit code: 0 all holds, 1 findings, 3 it deposits nothing."""
    with stand(asked) as made:
        tell = telling(made)

        def came(outcome: Outcome) -> None:
            if not in_json:
                for line in outcome_lines(tell, outcome):
                    click.echo(line)

        run, code = tried(made, chosen([_FIRST])), DEPOSITS_NOTHING
        [first] = run.outcomes
        if first.state is State.FOUND:
            came(first)
            click.echo(f"Error: {_helped(made)}", err=True)
        else:
            run = tried(made, checks, told=came)
            code = 0 if run.holds else FINDINGS
        if in_json:
            click.echo(json_text(as_json(made, run), indent=2))
        else:
            click.echo(f"\n{sum_line(run)}")
        if junit:
            write_junit(tell, run, junit, "verify-client")
        return code


def _helped(made: Stand) -> str:
    said = made.secrets.hide(made.outputs[-1][1]).strip().splitlines()
    last = f"; it printed last: {said[-1]}" if said else ""
    return f"the command does not deposit what it was told to where nothing goes wrong{last}"


@click.command("verify-client")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@contract_option
@list_option
@only_option
@click.option(
    "--interface",
    default="FSO3110A",
    show_default=True,
    metavar="CODE",
    help="Interface code of the file that is to be deposited.",
)
@click.option(
    "--timeout",
    "window",
    type=click.FloatRange(min=0, min_open=True),
    default=WINDOW,
    show_default=True,
    help="Seconds that one run of the command may take.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0, min_open=True),
    default=PATIENCE,
    show_default=True,
    help="Seconds that an answer is held back for a client that gives up waiting.",
)
@junit_option
@json_option
def command(
    command: tuple[str, ...],
    *,
    listed: bool,
    only: tuple[str, ...],
    junit: Path | None,
    in_json: bool,
    **said: Any,
) -> None:
    """Try a client, in any language, against a simulator at fault.

    COMMAND, after --, deposits the file that DEPOT_FLUX_FICHIER names, and ends with 0 once it is
    deposited. Addresses, secrets and file are told in its environment and, as {name}, in its
    arguments: DEPOT_FLUX_BASE_URL is {base_url}. Exit code: 0 all that was verified holds,
    1 findings, 2 usage, 3 it deposits nothing even where nothing goes wrong.
    """
    try:
        checks = chosen(only)
        if listed:
            width = max(len(check.name) for check in checks)
            click.echo("\n".join(f"{check.name:<{width}}  {check.says}" for check in checks))
            return
        asked = Asked(command=command, **said)
        code = run_command(asked, checks, junit, in_json=in_json)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    except (ContractError, ConfigurationError) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    raise SystemExit(code)
