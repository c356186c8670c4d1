"""`depot-flux-simulator samples`: invoices to try with."""

from datetime import date
from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def samples(folder: Path) -> None:
    """Write three UBL invoices to try with; the last one is irrecevable."""
    from depot_flux_simulator.samples import facture_ubl  # noqa: PLC0415 (heavy; --help is quick)

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
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
