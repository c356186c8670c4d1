"""`depot-flux-simulator schemas`: what a folder of XSDs and schematrons holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from depot_flux_simulator.controls.sheets import Sheet

MISSING = 1


@click.group()
def schemas() -> None:
    """What ships in no package: XSDs and schematrons of CDAR and e-reporting."""


@schemas.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, folder: Path) -> None:
    """Tell which XSDs are in FOLDER and whether they compile, and which schematron sheets (XSLT).

    Exit code: 0 when no XSD is missing, 1 when one is, 2 when the folder is unreadable.
    """
    from depot_flux_simulator.controls.natures import FROM_FOLDER  # noqa: PLC0415 (heavy)
    from depot_flux_simulator.controls.schemas import (  # noqa: PLC0415
        Schemas,
        SchemasUnreadableError,
    )
    from depot_flux_simulator.controls.sheets import in_folder  # noqa: PLC0415

    try:
        found = dict(Schemas.read(folder).from_folder)
        sheets = in_folder(folder)
    except SchemasUnreadableError as error:
        raise click.UsageError(str(error)) from error
    for kind in FROM_FOLDER:
        click.echo(f"{kind} : {found.get(kind, 'absent, XSD non appliqué')}")
        click.echo(f"{kind} : {_told(sheets.get(kind))}")
    if len(found) < len(FROM_FOLDER):
        context.exit(MISSING)


def _told(sheet: "Sheet | None") -> str:
    if sheet is None:
        return "schematron absent, qui n'est pas appliqué"
    return f"{sheet.path} (schematron {sheet}, pour --fonctionnel)"
