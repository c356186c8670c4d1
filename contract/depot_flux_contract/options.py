"""Options that several commands take."""

from pathlib import Path

import click

contract_option = click.option(
    "--contract",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The effective contract.  [default: the installed one]",
)
