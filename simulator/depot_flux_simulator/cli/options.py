"""The options that say what the controls are given: the same wherever a command runs them."""

from collections.abc import Callable
from typing import Any

import click

_EQUIPMENT = (
    click.option(
        "--schemas",
        default="",
        metavar="DIR",
        help="Folder of the official XSDs of CDAR and e-reporting, which ship in no package.",
    ),
    click.option(
        "--clamav",
        default="",
        metavar="ADDRESS",
        help="host:port or socket of a ClamAV daemon; nothing passes unscanned.",
    ),
    click.option(
        "--fonctionnel",
        is_flag=True,
        help="Tell what becomes of each invoice of a recevable flux: déposée or rejetée, and why.",
    ),
    click.option(
        "--annuaire",
        default="",
        metavar="FILE",
        help="TOML or CSV of the suppliers and recipients that --fonctionnel knows.",
    ),
)


def equipment(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options, under the names that `Equipment.gather` takes."""
    for option in reversed(_EQUIPMENT):
        command = option(command)
    return command
