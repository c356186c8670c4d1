"""`depot-flux-simulator check`: the simulator's controls on local files, without a server."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from depot_flux_simulator.cli import options
from depot_flux_simulator.errors import ConfigurationError

if TYPE_CHECKING:
    from depot_flux_simulator.cli.given import Given
    from depot_flux_simulator.cli.report import Judged
    from depot_flux_simulator.controls.equipment import Equipment, Level

IRRECEVABLE = 1
UNJUDGED = 2
_INTERRUPTED = 130
_NOBODY_READS = 141
_APPLICATION = "AAA123"


def _code(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from depot_flux_simulator.controls.enveloppe import is_code  # noqa: PLC0415 (heavy)

    if value is not None and not is_code(value):
        raise click.BadParameter("three capitals, four digits, one capital: FSO3110A")
    return value


@click.command()
@click.argument("fichiers", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option(
    "--code",
    callback=_code,
    help="Interface code.  [default: what the envelope's name or the content tells]",
)
@click.option(
    "--application",
    help="Application code; the envelope's by default.",
    metavar="CODE",
)
@options.equipment
@click.option("--json", "as_json", is_flag=True, help="Verdicts as JSON.")
@click.pass_context
def check(
    context: click.Context,
    /,
    fichiers: tuple[str, ...],
    code: str | None,
    application: str | None,
    *,
    as_json: bool,
    **equipment: Any,
) -> None:
    """Put files through the simulator's controls, without a server.

    Each FILE is a flux: an archive, an XML or a PDF; a folder stands for the files below it, - for
    the standard input, and a pattern such as '*.xml' for what it matches. The verdict is the one
    that the server gives under the same code; a flux whose code nothing tells is irrecevable
    (IRR_CODE_INTER), there as here. Exit code: 0 when all are recevable, 1 when one is not, 2 when
    one could not be judged.
    """
    from depot_flux_simulator.cli import report  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.controls.equipment import Equipment  # noqa: PLC0415 (heavy)

    try:
        gathered = Equipment.gather(**equipment)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    judged: list[Judged] = []
    with _ended_as_said(context):
        for each in _judge(fichiers, code, application, gathered):
            judged.append(each)
            if not as_json:
                click.echo("\n".join(report.as_text(each)))
        if as_json:
            unicode = (
                (getattr(sys.stdout, "encoding", None) or "")
                .lower()
                .replace("-", "")
                .startswith("utf")
            )
            click.echo(report.as_json(judged, ascii_only=not unicode))
        elif len(judged) > 1:
            click.echo("\n".join(report.summary(judged)))
    context.exit(_exit_code(judged))


def _exit_code(judged: "list[Judged]") -> int:
    if any(each.verdict is None for each in judged):
        return UNJUDGED
    recevables = all(each.verdict and each.verdict.recevable for each in judged)
    return 0 if recevables else IRRECEVABLE


@contextmanager
def _ended_as_said(context: click.Context) -> Iterator[None]:
    """Let nothing but a verdict end the command with the code of a verdict.

    A letter that the console cannot print is written as its number.
    """
    from depot_flux_simulator.cli.given import reason  # noqa: PLC0415 (likewise)

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        context.exit(_INTERRUPTED)
    except BrokenPipeError:
        _write_no_more()
        context.exit(_NOBODY_READS)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is no verdict)
        _write_no_more()
        click.echo(f"check n'a pas pu finir : {reason(error)}.", err=True)
        context.exit(UNJUDGED)


def _write_no_more() -> None:
    """Let what is left to be written go: it could not be written either when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _judge(
    arguments: tuple[str, ...], code: str | None, application: str | None, equipment: "Equipment"
) -> "Iterator[Judged]":
    """Judge flux in order, each knowing what those before it claimed."""
    from depot_flux_simulator.cli.given import expanded  # noqa: PLC0415 (likewise)
    from depot_flux_simulator.cli.report import Judged  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.controls.equipment import Level  # noqa: PLC0415 (heavy)

    claimed: set[str] = set()
    factures: set[str] = set()
    level = Level(factures.__contains__)
    with tempfile.TemporaryDirectory() as folder:
        given = list(expanded(arguments, Path(folder)))
        with _progress(given) as shown:
            for each in shown:
                judged = (
                    Judged(each.called, fault=each.fault)
                    if each.fault
                    else _verdict(each, code, application, equipment, claimed, level)
                )
                if judged.verdict:
                    claimed.update(judged.verdict.cles)
                    factures.update(each.cle for each in judged.verdict.factures)
                yield judged


@contextmanager
def _progress(given: "list[Given]") -> "Iterator[Iterable[Given]]":
    """Show on a terminal how far a run of several flux has come."""
    if len(given) < 2 or not (sys.stderr and sys.stderr.isatty()):
        yield given
        return
    from rich.console import Console  # noqa: PLC0415 (for terminals alone)
    from rich.progress import Progress  # noqa: PLC0415 (likewise)

    # Verdicts on the same terminal go above the bar; those in a file or a pipe stay there.
    shared = bool(sys.stdout) and sys.stdout.isatty()
    console = Console(stderr=True, soft_wrap=True)
    with Progress(console=console, transient=True, redirect_stdout=shared) as progress:
        yield progress.track(given, description="check")


def _verdict(
    given: "Given",
    code: str | None,
    application: str | None,
    equipment: "Equipment",
    claimed: set[str],
    level: "Level",
) -> "Judged":
    from depot_flux_simulator.cli.given import STDIN, reason  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.cli.report import Judged  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.controls import guess  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.controls.antivirus import (  # noqa: PLC0415 (heavy)
        AntivirusUnreachableError,
    )
    from depot_flux_simulator.controls.enveloppe import read  # noqa: PLC0415
    from depot_flux_simulator.flux.depot import Depot  # noqa: PLC0415

    path = given.path
    enveloppe = read(path.name)
    stated = application or (enveloppe.code_application if enveloppe else _APPLICATION)
    try:
        unnamed = given.called == STDIN
        chosen = guess.code_interface("" if unnamed else path.name, path) if code is None else code
        name = guess.file_name(path, chosen, stated) if unnamed else path.name
        verdict = equipment.controler(
            Depot(path, name, chosen, stated), claimed.__contains__, level
        )
    except AntivirusUnreachableError as error:
        return Judged(given.called, fault=f"l'antivirus ne répond pas ({error})")
    except OSError as error:
        return Judged(given.called, fault=reason(error))
    except Exception as error:  # noqa: BLE001 (one flux never costs the verdicts of the others)
        fault = f"les contrôles ont échoué ({type(error).__name__}), ce qui est à signaler"
        return Judged(given.called, fault=fault)
    return Judged(given.called, chosen, verdict)
