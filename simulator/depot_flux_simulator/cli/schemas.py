"""`depot-flux-simulator schemas`: what a folder of XSDs holds."""

from pathlib import Path

import click

MISSING = 1


@click.group()
def schemas() -> None:
    """The XSDs that ship in no package: CDAR and e-reporting."""


@schemas.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, folder: Path) -> None:
    """Tell which XSDs are in FOLDER, and whether they compile.

    Exit code: 0 when nothing is missing, 1 when something is, 2 when the folder is unreadable.
    """
    from depot_flux_simulator.controls import (  # noqa: PLC0415 (heavy; --help is quick)
        Schemas,
        SchemasUnreadableError,
    )
    from depot_flux_simulator.controls.natures import FROM_FOLDER  # noqa: PLC0415

    try:
        found = dict(Schemas.read(folder).from_folder)
    except SchemasUnreadableError as error:
        raise click.UsageError(str(error)) from error
    for kind in FROM_FOLDER:
        click.echo(f"{kind} : {found.get(kind, 'absent, XSD non appliqué')}")
    if len(found) < len(FROM_FOLDER):
        context.exit(MISSING)
