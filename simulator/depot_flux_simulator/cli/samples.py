"""`depot-flux-simulator samples`: invoices to try with, an annuaire of their parties."""

from datetime import date
from pathlib import Path

import click

from depot_flux_simulator.cli.given import ANNUAIRE


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def samples(folder: Path) -> None:
    """Write three UBL invoices to try with, and an annuaire; the last invoice is irrecevable."""
    from depot_flux_simulator.samples import (  # noqa: PLC0415 (heavy; --help is quick)
        annuaire,
        facture_ubl,
    )

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in ("F2026-0001", "F2026-0002", "F2026-0003"):
            content = facture_ubl(number, emission=date.today())
            if number == "F2026-0003":
                content = content.replace(b"cbc:IssueDate>", b"cbc:DateEmission>")
            path = folder / f"{number}.xml"
            with path.open("xb") as written:  # never over an invoice of somebody's
                written.write(content)
            click.echo(path)
        # In a folder of its own: what lies beside the invoices is deposited with them.
        path = folder / "annuaire" / ANNUAIRE
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as known:
            known.write(annuaire())
        click.echo(path)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
