"""`depot-flux-contract learn`: from recorded traffic to a proposal."""

from itertools import chain
from pathlib import Path

import click

from depot_flux_contract.exchanges import Secrets, held_contract
from depot_flux_contract.exchanges.har import read_har
from depot_flux_contract.learn.evidence import evidence
from depot_flux_contract.learn.proposal import Learned
from depot_flux_contract.options import contract_option


@click.command("learn")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE.har…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("learned"),
    show_default=True,
    metavar="DIR",
    help="Folder that gets the proposal.",
)
@contract_option
@click.option(
    "--base-path",
    metavar="PATH",
    help="What stands before every path of the contract.  [default: anything]",
)
def command(
    files: tuple[Path, ...], *, into: Path, contract: Path | None, base_path: str | None
) -> None:
    """Tell what recorded traffic confirms and refutes of the contract.

    The proposal is an OpenAPI overlay and provenance entries of class observed; a person reads it,
    removes what is not accepted, and `depot-flux-contract adopt --observed DIR` applies the rest.
    """
    held = held_contract(contract)
    learned = Learned(evidence(held, chain.from_iterable(map(read_har, files)), base_path))
    try:
        learned.write(into, Secrets())
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    click.echo("\n".join(learned.summary()))
    click.echo(f"\nProposed in {into}; apply what you accept: "
               f"depot-flux-contract adopt --observed {into}")  # fmt: skip
