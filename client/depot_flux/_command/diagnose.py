"""`depot-flux diagnostiquer`: each step with a tick, or what to do."""

from dataclasses import asdict

import click

from depot_flux._command.context import Context, json_option
from depot_flux._command.display import print_json, printable
from depot_flux._command.outcomes import REFUSED, USAGE, one_line
from depot_flux._programs.diagnose import wrong
from depot_flux.exceptions import ConfigurationError, LivreError
from depot_flux.models import Etape

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("-", "yellow")}
# Whose remedy is on this machine.
_HERE = {"reglages", "livre"}


@click.command()
@json_option
@click.pass_context
def diagnostiquer(ctx: click.Context) -> None:
    """Look at settings, network, access, platform and receipt book; deposit nothing."""
    context: Context = ctx.obj
    try:
        with context.client() as depot:
            steps = depot.diagnostic()
    except (ConfigurationError, LivreError) as error:
        name = "livre" if isinstance(error, LivreError) else "reglages"
        seen, _, what = one_line(error).partition("; ")
        steps = [wrong(name, seen, what)]
    if context.display.json:
        print_json({"etapes": [asdict(step) for step in steps]})
    else:
        for step in steps:
            _show(step)
    names = {step.nom for step in steps if step.reussie is False}
    ctx.exit(0 if not names else USAGE if names <= _HERE else REFUSED)


def _show(step: Etape) -> None:
    mark, color = _MARKS[step.reussie]
    first, *others = step.constat.splitlines() or [""]
    lines = [f"{click.style(mark, fg=color)} {step.nom}: {printable(first)}"]
    lines += [f"    {printable(line)}" for line in others]
    if step.remede:
        lines.append(f"  → {printable(step.remede)}")
    click.echo("\n".join(lines))
