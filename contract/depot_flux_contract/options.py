"""Options that several commands take."""

from pathlib import Path

import click

contract_option = click.option(
    "--contract",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The effective contract.  [default: the installed one]",
)

list_option = click.option("--list", "listed", is_flag=True, help="Tell every check and end.")

only_option = click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Make this check, or this family: the word before the dash. Repeatable.",
)

junit_option = click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE"
)

json_option = click.option(
    "--json", "in_json", is_flag=True, help="The whole run on the standard output."
)
