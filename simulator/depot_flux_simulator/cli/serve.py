"""`depot-flux-simulator`: serve a simulator. The other commands hang below this one."""

import gc
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from depot_flux_simulator.cli import options
from depot_flux_simulator.errors import ConfigurationError

if TYPE_CHECKING:
    from depot_flux_simulator.parts import Parts
    from depot_flux_simulator.serve.listening import Listening

_EPILOG = """
\b
Examples:
  depot-flux-simulator                          on http://127.0.0.1:8080, data in a user folder
  depot-flux-simulator --pace 0                 a status is final as soon as the controls are done
  depot-flux-simulator --pace 100               minutes between statuses instead of seconds
  depot-flux-simulator --database sqlite:///essai.db --port 9000
  depot-flux-simulator check facture.xml        the same controls without a server
  depot-flux-simulator samples factures         three invoices to try with

\b
Then, from another terminal:
  curl -d 'grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret' \\
       http://127.0.0.1:8080/api/oauth/token

The contract is at /openapi.json, its page at /docs, the detail of a flux with its motifs at
/_simulator/flux/{idFlux}.
"""


class _OneLineErrors(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error


def _number(_ctx: click.Context, _option: click.Parameter, value: float) -> float:
    if math.isnan(value):  # neither below nor above any bound
        raise click.BadParameter("nan is no number.")
    return value


@click.group(
    cls=_OneLineErrors,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 127.0.0.1 is private.",
)
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 for any that is free.",
)
@click.option(
    "--tls",
    is_flag=True,
    help="Serve https, with a certificate that it makes; it says where the CA lies.",
)
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the address here once it answers; the file goes when the simulator does.",
)
@click.option(
    "--database",
    default="",
    envvar="DEPOT_FLUX_DATABASE",
    metavar="URL",
    help="URL of the store: an SQLite file, or PostgreSQL for several servers. "
    "[default: an SQLite file in the user's data folder]",
)
@click.option(
    "--contents",
    "contents_at",
    default="",
    envvar="DEPOT_FLUX_CONTENTS",
    metavar="PLACE",
    help="Where the bytes of the flux lie: a folder, which servers on one PostgreSQL share, or a "
    "bucket of an S3-compatible store, s3://BUCKET/FOLDER.  "
    "[default: in and beside an SQLite file, in PostgreSQL itself]",
)
@click.option(
    "--durability",
    "durable",
    default="kill",
    show_default=True,
    type=click.Choice(["kill", "power"]),
    callback=lambda _ctx, _option, value: value == "power",
    help="What an accepted flux survives: the death of any process, or a power cut too.",
)
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1_000_000),
    callback=_number,
    metavar="FACTOR",
    help="Factor on the delays of the life cycle: 2 s RECU, 3 s EN_COURS_DE_TRAITEMENT.",
)
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that answer.",
)
@click.option(
    "--applications",
    metavar="FILE",
    help="TOML file of the known applications and technical accounts.  "
    "[default: two demo applications]",
)
@click.option(
    "--contract",
    metavar="FILE",
    help="The effective contract to serve: the openapi.json that an adoption wrote.  "
    "[default: the contract of this release]",
)
@click.option(
    "--base-path",
    metavar="PATH",
    help="What stands before every path of the contract. [default: that of its first server]",
)
@click.option(
    "--control-token",
    default="",
    envvar="DEPOT_FLUX_CONTROL_TOKEN",
    metavar="TOKEN",
    help="Open /_simulator to whoever shows this token; without one it answers this machine only.",
)
@click.option(
    "--control-plane/--no-control-plane",
    default=True,
    help="Let tests steer the simulator under /_simulator.  [default: yes]",
)
@click.option(
    "--reserved-names/--no-reserved-names",
    default=True,
    help="Let file names such as SIM-IRR_ANTIVIRUS force an outcome.  [default: yes]",
)
@click.option(
    "--gateway",
    is_flag=True,
    help="Answer as PISTE's gateway does: 403 to an address that is none of the contract's, "
    "401 to a wrong technical account, both without a body.",
)
@click.option(
    "--keep-bodies",
    is_flag=True,
    help="Keep whole calls, so that /_simulator/journal/har has their headers and bodies.",
)
@options.equipment
@click.version_option(package_name="depot-flux-simulator")
@click.pass_context
def main(
    ctx: click.Context,
    /,
    host: str,
    port: int,
    workers: int,
    *,
    tls: bool,
    ready_file: Path | None,
    **given: Any,
) -> None:
    """Serve a simulator of Chorus Pro's API Dépôt Flux G2B.

    A deposit is stored, controlled for real, and shows RECU, EN_COURS_DE_TRAITEMENT, then
    RECEVABLE or IRRECEVABLE. Nothing leaves this machine.
    """
    if ctx.invoked_subcommand is not None:
        return
    with _nothing_collected():
        from depot_flux_simulator.serve.listening import (  # noqa: PLC0415 (heavy; --help is quick)
            listening,
        )
        from depot_flux_simulator.serve.server import serve  # noqa: PLC0415 (likewise)
        from depot_flux_simulator.settings import Settings  # noqa: PLC0415 (likewise)
        from depot_flux_simulator.tls import certificate  # noqa: PLC0415 (likewise)

    # Every other option is called like the setting it sets.
    stated = {name: value for name, value in given.items() if value is not None}
    settings = Settings(**stated).resolved()
    shown = certificate(settings.certificate, host) if tls else None
    place = listening(host, port, workers, shown, ready_file)
    serve(settings, place, lambda parts: _announce(parts, place))


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Modules are loaded to stay: looking through them for garbage takes an eighth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _announce(parts: "Parts", place: "Listening") -> None:
    from depot_flux_simulator.access.applications import (  # noqa: PLC0415 (likewise)
        DEFAULT_FILE,
        load_applications,
    )
    from depot_flux_simulator.store.urls import shown  # noqa: PLC0415 (likewise)

    settings, url = parts.settings, place.url
    click.echo(f"API Dépôt Flux G2B, simulated: {url}{parts.base_path}  (page: {url}/)")
    for note in parts.contract.notes:
        click.echo(f"  contract: {note}")
    if place.certificate is not None:
        click.echo(f"  TLS: clients trust it by SSL_CERT_FILE={place.certificate.ca}")
    if settings.applications == str(DEFAULT_FILE):
        for application in load_applications(settings.applications_file):
            (compte,) = application.comptes
            click.echo(
                f"  application {application.code_application}: {application.client_id} / "
                f"{application.client_secret}, compte technique {compte.login} / "
                f"{compte.mot_de_passe}"
            )
    else:
        click.echo(f"  applications: {settings.applications}")
    for missing in parts.equipment.missing_schemas:
        click.echo(f"  {missing}: no XSD at hand, checked without; name a folder with --schemas")
    if parts.equipment.schematrons:
        known = settings.annuaire or "what tests add"
        click.echo(f"  functional level: told of each invoice; annuaire: {known}")
    if settings.clamav:
        answers = (
            "answers" if parts.equipment.antivirus_answers else "does not answer: flux will wait"
        )
        click.echo(f"  antivirus: ClamAV at {settings.clamav} {answers}")
    contents = parts.store.contents
    click.echo(f"  data: {shown(settings.database)}, bytes of {contents.holds} in {contents.place}")
    click.echo("Ctrl-C stops it.")
