"""What the commands of `depot-flux` share: client, display, options, and errors in one line."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import click

from depot_flux._command.display import Display, printable
from depot_flux._command.metrics import Metrics
from depot_flux._command.outcomes import UNCERTAIN, exit_code, one_line
from depot_flux._files.checks import EXTENSIONS
from depot_flux._session import DEFAULT_TIMEOUT
from depot_flux.client import DepotFlux
from depot_flux.configuration import Configuration
from depot_flux.exceptions import DepotFluxError
from depot_flux.models import Event, Hook

INTERRUPTED, BROKEN_PIPE = 130, 141


@dataclass
class Context:
    """What the commands share: where to deposit, and how to show."""

    profil: str | None
    display: Display
    metrics: Metrics | None = None

    def client(self, configuration: Configuration | None = None) -> DepotFlux:
        """A client of the chosen profile, or with settings of its own."""
        hooks: list[Hook] = [self._told, *([self.metrics] if self.metrics else [])]
        return DepotFlux(configuration or Configuration.from_env(self.profil), hooks=hooks)

    def _told(self, event: Event) -> None:
        if event.name == "migration":
            before, now = (event.attributes[name] for name in ("avant", "version"))
            self.display.error(
                f"the receipt book was brought from version {before} to {now}; an earlier "
                "depot-flux cannot use it any more"
            )


class Commands(click.Group):
    """Commands whose errors are one line, each with its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and write its figures however it ends."""
        code = 0
        try:
            return self._invoke(ctx)
        except (click.exceptions.Exit, click.ClickException) as end:
            code = end.exit_code
            raise
        finally:
            if isinstance(ctx.obj, Context) and ctx.obj.metrics:
                try:
                    ctx.obj.metrics.write(code)
                except OSError as error:
                    # What was done is done: its exit code stays.
                    ctx.obj.display.error(f"the metrics cannot be written: {error}")

    def _invoke(self, ctx: click.Context) -> Any:
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


def completed(start: str, names: Iterable[str]) -> list[str]:
    """The names that begin as what was typed."""
    return sorted(name for name in names if name.startswith(start))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`."""

    def chosen(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
        ctx.obj.display.json = value

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=chosen,
        help="Print one JSON document and nothing else.",
    )(command)


timeout_option = click.option(
    "--timeout",
    default=DEFAULT_TIMEOUT,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for the final status.",
)


def code_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--code`."""
    return click.option(
        "--code",
        metavar="CODE",
        shell_complete=lambda _ctx, _option, start: completed(start, EXTENSIONS),
        help=f"Interface code, e.g. FSO3110A: {what}",
    )
