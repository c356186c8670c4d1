"""Command line `depot-flux`: deposit, follow, look up receipts."""

import logging
import sys
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from depot_flux._command import configure
from depot_flux._command.context import (
    Commands,
    Context,
    code_option,
    completed,
    json_option,
    timeout_option,
)
from depot_flux._command.diagnose import diagnostiquer
from depot_flux._command.display import Display
from depot_flux._command.files import files_of, guessed
from depot_flux._command.livre import livre
from depot_flux._command.lots import Results, Table, line_of
from depot_flux._command.metrics import Metrics
from depot_flux._command.outcomes import REFUSED, Line, gravest
from depot_flux._command.table import groups
from depot_flux._session import DEFAULT_CONCURRENCY
from depot_flux.client import DepotFlux
from depot_flux.configuration import PROFILES, profiles_file, read_profiles
from depot_flux.exceptions import ConfigurationError, DelaiDepasse

_NUMBER = click.IntRange(1, 2**31)

_EPILOG = """
\b
Examples:
  depot-flux --profil simulator deposer F2026-0001.xml --attendre
  depot-flux lot factures/ --code FSO3110A
  depot-flux suivre CPP0013110000000000425903 --json

\b
Exit codes: 0 recevable, 1 irrecevable, 2 usage, 3 not reachable or refused,
4 timed out, 5 uncertain whether the platform has it, 130 interrupted.

\b
Completion: eval "$(_DEPOT_FLUX_COMPLETE=bash_source depot-flux)", or zsh_source, fish_source.
"""


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profil",
    metavar="NAME",
    shell_complete=lambda _ctx, _option, start: completed(start, _profiles()),
    help="sandbox, production, simulator or one of yours.  [default: DEPOT_FLUX_PROFIL, then the "
    "choice of the profiles' file]",
)
@click.option(
    "--metrics",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write figures of the command there, in the text format of Prometheus.",
)
@click.version_option(package_name="depot-flux-g2b")
@click.pass_context
def main(ctx: click.Context, profil: str | None, metrics: Path | None) -> None:
    """Deposit flux on Chorus Pro's API Dépôt Flux G2B and follow them."""
    # What the libraries log is not for this terminal.
    logging.getLogger().addHandler(logging.NullHandler())
    # Nor is what it cannot show worth a traceback: a name that is not UTF-8, an ASCII terminal.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    ctx.obj = Context(profil, Display())
    ctx.obj.metrics = Metrics(metrics) if metrics else None


main.add_command(diagnostiquer)


def _profiles() -> set[str]:
    try:
        own = read_profiles(profiles_file()).get("profils", {})
    except ConfigurationError:
        own = {}  # a shell that completes has nobody to tell
    return {*PROFILES, *own}


@main.command()
@click.argument(
    "fichiers", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@code_option("by default the one that the content tells.")
@click.option("--attendre", is_flag=True, help="Wait for the final status.")
@click.option("--forcer", is_flag=True, help="Deposit again even what the receipt book knows.")
@timeout_option
@json_option
@click.pass_context
def deposer(
    ctx: click.Context,
    fichiers: tuple[Path, ...],
    code: str | None,
    attendre: bool,  # noqa: FBT001
    forcer: bool,  # noqa: FBT001
    timeout: float,
) -> None:
    """Deposit files, each as a flux of its own."""
    context: Context = ctx.obj
    lines = []
    with context.client() as depot:
        for fichier in fichiers:
            line = Line(str(fichier))
            lines.append(line)
            with line.collecting(context.display):
                chosen = code or guessed(fichier, context.display)
                with context.display.upload(fichier.name) as progress:
                    line.flux = depot.deposer(chosen, fichier, forcer=forcer, progression=progress)
        if attendre:
            _wait(depot, lines, timeout, context.display)
    _finish(ctx, lines)


@main.command()
@click.argument("source", metavar="DIR|CSV", type=click.Path(path_type=Path, allow_dash=True))
@code_option("of files for which the table says none, or of all the files of the folder.")
@click.option(
    "--simultanes",
    default=DEFAULT_CONCURRENCY,
    show_default=True,
    type=click.IntRange(1, 32),
    help="Deposits at the same time.",
)
@click.option("--par-heure", type=_NUMBER, metavar="N", help="Deposits in an hour, at most.")
@click.option(
    "--redeposer-irrecevables",
    is_flag=True,
    help="Deposit again the files of flux that were found irrecevable.",
)
@click.option(
    "--jsonl", "form", flag_value="jsonl", help="Print a line of JSON for each account as it ends."
)
@click.option(
    "--csv", "form", flag_value="csv", help="Print a row of CSV for each file as it is settled."
)
@timeout_option
@json_option
@click.pass_context
def lot(
    ctx: click.Context, /, source: Path, code: str | None, form: str | None, **how: Any
) -> None:
    """Deposit many files in as few flux as possible, and follow them.

    They are those of a folder, hidden files and folders inside it left out; or those that a table
    in CSV names in its column fichier, - being standard input. Its columns code_interface, profil,
    login, mot_de_passe, client_id, client_secret and code_application say for whom.

    Run again after an interruption, it deposits what was not yet and follows the rest.
    """
    context: Context = ctx.obj
    results = Results(context.display, form or ("json" if context.display.json else "table"))
    name: Callable[[str], str] = _own
    if source.is_dir():
        if not code:
            raise click.UsageError("a folder needs the interface code of its files: --code CODE")
        fichiers = files_of(source)
        results.expect("", len(fichiers))
        client = context.client()
        batch = client.deposer_au_fil(code, fichiers, **how)
    else:
        table = Table(groups(source, code), context.profil, results)
        client, name = context.client(table.configuration()), table.name
        batch = client.deposer_lots(table.sessions(client), **how)
    with client, context.display.lot() as progress:
        for result in batch:
            results(name(result.compte), line_of(result))
            if progress:
                progress(*results.progress)
    ctx.exit(results.finish())


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@json_option
@click.pass_context
def statut(ctx: click.Context, ids: tuple[str, ...]) -> None:
    """Show the status of flux as it is now."""
    context: Context = ctx.obj
    lines = [Line(id_flux=id_flux) for id_flux in ids]
    with context.client() as depot:
        for line in lines:
            with line.collecting(context.display):
                line.statut = depot.consulter(str(line.id_flux))
    _finish(ctx, lines)


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@timeout_option
@json_option
@click.pass_context
def suivre(ctx: click.Context, ids: tuple[str, ...], timeout: float) -> None:
    """Follow flux until their status is final."""
    context: Context = ctx.obj
    lines = [Line(id_flux=id_flux) for id_flux in ids]
    with context.client() as depot:
        _wait(depot, lines, timeout, context.display)
    _finish(ctx, lines)


@main.command()
@json_option
@click.pass_context
def sante(ctx: click.Context) -> None:
    """Ask whether the platform works."""
    context: Context = ctx.obj
    with context.client() as depot:
        works = depot.sante()
        address = depot.configuration.base_url
    context.display.sante(address, works=works)
    ctx.exit(0 if works else REFUSED)


@main.command()
@click.option("--limite", default=20, show_default=True, type=_NUMBER, help="How many.")
@click.option(
    "--confirmer",
    type=(_NUMBER, str),
    metavar="NUMBER ID",
    help="Settle an uncertain deposit: the platform has it, under this identifier.",
)
@click.option(
    "--liberer",
    type=_NUMBER,
    metavar="NUMBER",
    help="Settle an uncertain deposit: the platform does not have it, its files may go again.",
)
@json_option
@click.pass_context
def recus(
    ctx: click.Context, limite: int, confirmer: tuple[int, str] | None, liberer: int | None
) -> None:
    """Show the receipt book of this platform and account, the latest first."""
    context: Context = ctx.obj
    with context.client() as depot:
        if confirmer:
            depot.livre.confirmer(*confirmer)
        if liberer is not None:
            depot.livre.liberer(liberer)
        context.display.recus(depot.livre.recus(limite))


main.add_command(livre)


@main.command()
@click.argument("name", metavar="NAME", default="sandbox", is_eager=True)
@click.option(
    "--base-url",
    prompt="Address of the API, with its base path",
    default=lambda: _named_by_contract("base_url"),
    help="Address of the API.  [default: prompt, the contract's where it names one]",
)
@click.option(
    "--token-url",
    default=lambda: _named_by_contract("token_url") or "",
    help="PISTE's token endpoint.  [default: the contract's, else the profile's]",
)
@click.option("--client-id", prompt="Client identifier on PISTE")
@click.option("--login", prompt="Login of the technical account")
@click.option("--code-application", default="", help="6 characters, for batches.")
@click.option(
    "--client-secret-file",
    type=click.File(),
    help="File that holds the client's secret; - is standard input.  [default: prompt]",
)
@click.option(
    "--mot-de-passe-file",
    type=click.File(),
    help="File that holds the technical account's password.  [default: prompt]",
)
@click.option("--defaut", is_flag=True, help="Make it the profile used when none is named.")
def configurer(
    name: str,
    client_secret_file: Any,
    mot_de_passe_file: Any,
    defaut: bool,  # noqa: FBT001
    **settings: str,
) -> None:
    """Write a profile into the profiles' file, which only you can read."""
    secrets = {
        "client_secret": _secret(client_secret_file, "Client secret"),
        "mot_de_passe": _secret(mot_de_passe_file, "Password of the technical account"),
    }
    path = configure.write(name, {**settings, **secrets}, default=defaut)
    click.echo(f"profile {name} written to {path}")


def _own(_login: str) -> str:
    """What the command's own account is called among others."""
    return ""


def _named_by_contract(setting: str) -> str | None:
    return configure.named_by_contract(setting, click.get_current_context().params["name"])


def _wait(depot: DepotFlux, lines: Iterable[Line], timeout: float, display: Display) -> None:
    deadline = depot._clock.now() + timeout
    for line in lines:
        if line.id_flux is None:
            continue
        with line.collecting(display), display.waiting(line.id_flux) as observer:
            remaining = max(0.0, deadline - depot._clock.now())
            try:
                line.statut = depot.attendre(
                    line.flux or line.id_flux, remaining, observateur=observer
                )
            except DelaiDepasse as error:
                line.statut = error.dernier
                raise


def _finish(ctx: click.Context, lines: list[Line], *, followed: bool = False) -> None:
    ctx.obj.display.lines([line.as_json() for line in lines])
    ctx.exit(gravest(line.final_code(followed=followed) for line in lines))


def _secret(opened: Any, prompt: str) -> str:
    if opened is not None:
        try:
            return str(opened.read()).strip()
        except UnicodeDecodeError:
            raise ConfigurationError(f"{opened.name}: holds no text in UTF-8") from None
    return str(click.prompt(prompt, hide_input=True))
