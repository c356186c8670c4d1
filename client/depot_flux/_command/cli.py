"""Command line `depot-flux`: deposit, follow, look up receipts."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from depot_flux._command import configure
from depot_flux._command.display import Display, printable
from depot_flux._command.outcomes import REFUSED, UNCERTAIN, Line, exit_code, gravest, one_line
from depot_flux._files.checks import EXTENSIONS, guess, inspect
from depot_flux._files.sources import source
from depot_flux.client import DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT, DepotFlux
from depot_flux.configuration import PROFILES, Configuration, profiles_file, read_profiles
from depot_flux.exceptions import (
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    FichierError,
)

INTERRUPTED, BROKEN_PIPE = 130, 141
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


@dataclass
class Context:
    """What the commands share: where to deposit, and how to show."""

    profil: str | None
    display: Display

    def client(self) -> DepotFlux:
        """A client of the chosen profile."""
        return DepotFlux(Configuration.from_env(self.profil))


class Commands(click.Group):
    """Commands whose errors are one line, each with its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DepotFluxError as error:
            if isinstance(ctx.obj, Context):
                ctx.obj.display.failure(one_line(error))
            ctx.exit(exit_code(error))
        except BrokenPipeError:
            # Whoever read has gone; click's own code for this is 1, which here means irrecevable.
            _discard_output()
            ctx.exit(BROKEN_PIPE)
        except (KeyboardInterrupt, click.Abort):
            # click's own code for this is 1, which here means irrecevable.
            click.echo(
                "depot-flux: interrupted; run it again to go on, `depot-flux recus` tells what is "
                "uncertain",
                err=True,
            )
            ctx.exit(INTERRUPTED)
        except (click.exceptions.Exit, click.ClickException):
            raise
        except Exception as error:  # noqa: BLE001 (a traceback would end in 1: irrecevable)
            _discard_output()
            what = printable(one_line(error))
            click.echo(
                f"depot-flux: {type(error).__name__}: {what}; `depot-flux recus` tells what was "
                "deposited",
                err=True,
            )
            ctx.exit(UNCERTAIN)


def _discard_output() -> None:
    """Write what is left nowhere: the output is closed or full."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profil",
    metavar="NAME",
    shell_complete=lambda _ctx, _option, start: _completed(start, _profiles()),
    help="sandbox, production, simulator or one of yours.  [default: DEPOT_FLUX_PROFIL, then the "
    "choice of the profiles' file]",
)
@click.version_option(package_name="depot-flux-g2b")
@click.pass_context
def main(ctx: click.Context, profil: str | None) -> None:
    """Deposit flux on Chorus Pro's API Dépôt Flux G2B and follow them."""
    # What the libraries log is not for this terminal.
    logging.getLogger().addHandler(logging.NullHandler())
    # Nor is what it cannot show worth a traceback: a name that is not UTF-8, an ASCII terminal.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    ctx.obj = Context(profil, Display())


def _completed(start: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(start))


def _profiles() -> set[str]:
    try:
        own = read_profiles(profiles_file()).get("profils", {})
    except ConfigurationError:
        own = {}  # a shell that completes has nobody to tell
    return {*PROFILES, *own}


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    def chosen(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
        ctx.obj.display.json = value

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=chosen,
        help="Print one JSON document and nothing else.",
    )(command)


_timeout = click.option(
    "--timeout",
    default=DEFAULT_TIMEOUT,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for the final status.",
)
_code = click.option(
    "--code",
    metavar="CODE",
    shell_complete=lambda _ctx, _option, start: _completed(start, EXTENSIONS),
    help="Interface code, e.g. FSO3110A.  [default: guessed from the content]",
)


@main.command()
@click.argument(
    "fichiers", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@_code
@click.option("--attendre", is_flag=True, help="Wait for the final status.")
@click.option("--forcer", is_flag=True, help="Deposit again even what the receipt book knows.")
@_timeout
@_json_option
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
                chosen = code or _guessed(fichier, context.display)
                with context.display.upload(fichier.name) as progress:
                    line.flux = depot.deposer(chosen, fichier, forcer=forcer, progression=progress)
        if attendre:
            _wait(depot, lines, timeout, context.display)
    _finish(ctx, lines)


@main.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--code",
    required=True,
    metavar="CODE",
    shell_complete=lambda _ctx, _option, start: _completed(start, EXTENSIONS),
    help="Interface code of all the files, e.g. FSO3110A.",
)
@click.option(
    "--simultanes",
    default=DEFAULT_CONCURRENCY,
    show_default=True,
    type=click.IntRange(1, 32),
    help="Deposits at the same time.",
)
@click.option(
    "--redeposer-irrecevables",
    is_flag=True,
    help="Deposit again the files of flux that were found irrecevable.",
)
@_timeout
@_json_option
@click.pass_context
def lot(
    ctx: click.Context,
    folder: Path,
    code: str,
    simultanes: int,
    redeposer_irrecevables: bool,  # noqa: FBT001
    timeout: float,
) -> None:
    """Deposit the files of a folder in as few flux as possible, and follow them.

    Hidden files and those of folders inside it are left out.

    Run again after an interruption, it deposits what was not yet and follows the rest.
    """
    context: Context = ctx.obj
    fichiers = _files(folder)
    with context.client() as depot, context.display.lot() as progress:
        results = depot.deposer_lot(
            code,
            fichiers,
            timeout=timeout,
            simultanes=simultanes,
            redeposer_irrecevables=redeposer_irrecevables,
            avancement=progress,
        )
    for error, count in Counter(r.erreur for r in results if r.erreur).items():
        context.display.error(error if count == 1 else f"{error} ({count} files)")
    _finish(
        ctx,
        [
            Line(r.chemin, r.flux, r.statut, r.erreur, _batch_code(r.erreur, r.incertain))
            for r in results
        ],
        followed=True,
    )


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_json_option
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
@_timeout
@_json_option
@click.pass_context
def suivre(ctx: click.Context, ids: tuple[str, ...], timeout: float) -> None:
    """Follow flux until their status is final."""
    context: Context = ctx.obj
    lines = [Line(id_flux=id_flux) for id_flux in ids]
    with context.client() as depot:
        _wait(depot, lines, timeout, context.display)
    _finish(ctx, lines)


@main.command()
@_json_option
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
@_json_option
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


@main.command()
@click.argument("name", metavar="NAME", default="sandbox")
@click.option("--base-url", prompt="Address of the API, with its base path")
@click.option("--token-url", default="", help="PISTE's token endpoint.  [default: the profile's]")
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


def _files(folder: Path) -> list[Path]:
    """The files of a folder, hidden ones apart; what cannot be looked at is left to fail later."""
    try:
        visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise FichierError(f"{folder}: cannot be read: {error.strerror}") from error
    return [path for path in visible if not _is_folder(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _batch_code(error: str | None, uncertain: bool) -> int:  # noqa: FBT001
    if uncertain:
        return UNCERTAIN
    return REFUSED if error else 0


def _wait(depot: DepotFlux, lines: Iterable[Line], timeout: float, display: Display) -> None:
    deadline = depot._operations.now() + timeout
    for line in lines:
        if line.id_flux is None:
            continue
        with line.collecting(display), display.waiting(line.id_flux) as observer:
            remaining = max(0.0, deadline - depot._operations.now())
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


def _guessed(fichier: Path, display: Display) -> str:
    with source(fichier, None) as opened:
        inspection = inspect(opened.name, opened.content, opened.size)
    code = guess(inspection)
    if code is None:
        raise FichierError(
            f"{fichier}: the content does not tell its interface code; give one with --code"
        )
    display.say(f"{fichier.name}: interface code {code}, from the content")
    return code


def _secret(opened: Any, prompt: str) -> str:
    if opened is not None:
        try:
            return str(opened.read()).strip()
        except UnicodeDecodeError:
            raise ConfigurationError(f"{opened.name}: holds no text in UTF-8") from None
    return str(click.prompt(prompt, hide_input=True))
