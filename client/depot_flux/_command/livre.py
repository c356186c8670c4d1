"""The commands `livre …`: export, purge, check and repair the receipt book."""

import csv
import sys
from datetime import UTC, datetime, timedelta

import click

from depot_flux._command.context import Context, json_option
from depot_flux._command.display import json_text, recu_as_json, row
from depot_flux._command.outcomes import REFUSED
from depot_flux.configuration import Configuration
from depot_flux.livre import Livre
from depot_flux.models import Recu

_COLUMNS = (
    "plateforme", "numero", "code_interface", "nom", "sha256", "taille", "etat", "id_flux",
    "statut", "detail", "ouvert_le", "clos_le",
)  # fmt: skip


@click.group()
def livre() -> None:
    """Look after the receipt book as a whole, whatever the account."""


@livre.command()
@click.option("--csv", "as_csv", is_flag=True, help="A row of CSV each, not a line of JSON.")
@click.pass_context
def exporter(ctx: click.Context, as_csv: bool) -> None:  # noqa: FBT001
    """Print every deposit in the book, the oldest first, a line of JSON each."""
    context: Context = ctx.obj
    with context.client() as depot:
        table = csv.DictWriter(sys.stdout, _COLUMNS, extrasaction="ignore", lineterminator="\n")
        if as_csv:
            table.writeheader()
        for recu in depot.livre.exporter():
            if as_csv:
                table.writerow(row(_document(recu)))
            else:
                sys.stdout.write(json_text(_document(recu)) + "\n")


@livre.command()
@click.option(
    "--jours", required=True, type=click.IntRange(1), help="Deposits older than so many days go."
)
@json_option
@click.pass_context
def purger(ctx: click.Context, jours: int) -> None:
    """Remove old deposits that have come to their end.

    Those stay of which nobody knows whether the platform has them, and those whose flux have no
    final status yet. What was removed could be deposited again.
    """
    context: Context = ctx.obj
    with context.client() as depot:
        removed = depot.livre.purger(datetime.now(UTC) - timedelta(days=jours))
    context.display.document({"retires": removed}, f"{removed} deposits removed")


@livre.command()
@json_option
@click.pass_context
def verifier(ctx: click.Context) -> None:
    """Check the book, which stays as it is; 3 when there are faults."""
    context: Context = ctx.obj
    path = Configuration.from_env(context.profil).chemin_livre
    faults = Livre.verifier(path)
    context.display.document(
        {"livre": str(path), "defauts": faults},
        "\n".join([f"{path}: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}", *faults]),
    )
    ctx.exit(REFUSED if faults else 0)


@livre.command()
@json_option
@click.pass_context
def reparer(ctx: click.Context) -> None:
    """Mend the book, while no program deposits; a copy of it as it was stays beside it.

    In doubt a deposit becomes uncertain: `depot-flux recus` shows what is to be looked for.
    """
    context: Context = ctx.obj
    path = Configuration.from_env(context.profil).chemin_livre
    done = Livre.reparer(path)
    context.display.document(
        {"livre": str(path), "fait": done}, "\n".join(done or [f"{path}: no faults"])
    )


def _document(recu: Recu) -> dict[str, object]:
    return {"plateforme": recu.plateforme, **recu_as_json(recu)}
