"""`depot-flux-contract observe`: serve the proxy until it is stopped."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import click
import httpx
from granian.constants import Interfaces
from granian.server.embed import Server

from depot_flux._http.access import uses_proxies
from depot_flux.configuration import check_url
from depot_flux.exceptions import ConfigurationError
from depot_flux_contract.exchanges import Secrets, held_contract
from depot_flux_contract.exchanges.har import HarWriter
from depot_flux_contract.observe.proxy import Proxy
from depot_flux_contract.observe.watching import Watching
from depot_flux_contract.options import contract_option

_HOST = "127.0.0.1"
_PATIENCE = 60.0


@click.command("observe")
@click.option("--to", required=True, metavar="URL", help="Address of the API, its path included.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8090, show_default=True)
@click.option(
    "--har",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("observed.har"),
    show_default=True,
    metavar="FILE",
    help="Where the calls are written; replaced if there.",
)
@click.option(
    "--keep-contents", is_flag=True, help="Write what is deposited too, not its size and digest."
)
@contract_option
def command(*, to: str, port: int, har: Path, keep_contents: bool, contract: Path | None) -> None:
    """Stand between a client and a platform, and tell what either breaks of the contract.

    The client calls this proxy instead of the platform. Every call is written as HAR, secrets
    masked. Ends with Ctrl-C; exit code: 0 nothing was broken, 1 something was.
    """
    try:
        check_url(to)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    held = held_contract(contract)
    try:
        with HarWriter(har, Secrets(), contents=keep_contents) as writer:
            watching = Watching(held, writer, urlsplit(to).path, click.echo)
            asyncio.run(_serve(to, port, watching))
    except OSError as error:
        raise click.ClickException(f"{error.filename or har}: {error.strerror}") from None
    click.echo(f"{watching.seen} calls in {har}, {len(watching.findings)} breaches")
    _leave(1 if watching.findings else 0)


def _leave(code: int) -> NoReturn:
    """End the process without taking the interpreter down first.

    Granian's threads outlive an embedded server, and one that asks for the interpreter while it
    ends aborts the process: https://github.com/emmett-framework/granian/issues/693.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _serve(to: str, port: int, watching: Watching) -> None:
    """Serve until a signal says to stop."""
    async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=uses_proxies(to)) as client:
        proxy = Proxy(to, watching, client)
        server = Server(
            proxy, address=_HOST, port=port, interface=Interfaces.ASGI, log_enabled=False,
            websockets=False,
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows has none of this
                loop.add_signal_handler(each, server.stop)
        click.echo(f"http://{_HOST}:{port} carries on to {to}")
        await server.serve()
