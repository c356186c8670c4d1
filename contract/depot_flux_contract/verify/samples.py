"""Flux to deposit: one that breaks no rule and one that cannot be read, of each interface code."""

import secrets
from collections.abc import Callable
from datetime import date, timedelta

from depot_flux_simulator import samples

_DAY = date(2026, 9, 1)
_DAYS = 10_000

_MADE: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "FSO3110A": ("xml", samples.facture_ubl),
    "FSO3117A": ("pdf", samples.facture_facturx),
    "FSO3300A": ("xml", samples.statut_cdar),
}
_TRANSMISSION = "FSO6000A"

INTERFACES = (*_MADE, _TRANSMISSION)
"""The interface codes of which a flux can be made."""


def good_flux(code: str, number: int) -> tuple[bytes, str]:
    """A flux that breaks no rule, and its name.

    Args:
        code: its interface code, one of `INTERFACES`.
        number: makes it another than any before.
    """
    if code == _TRANSMISSION:
        identifiant = f"verification {number}"
        day = _DAY + timedelta(days=number % _DAYS)
        name = samples.nom_e_reporting(identifiant, debut=day, fin=day)
        return samples.e_reporting(identifiant, debut=day, fin=day), name
    extension, make = _MADE[code]
    return make(f"V{number}"), file_name(number, extension)


def file_name(number: int, extension: str, between: str = "-") -> str:
    """A name that no flux had, not even one of another receipt book of the same minute."""
    return f"verification{between}{number}-{secrets.token_hex(2)}.{extension}"


def bad_flux(code: str, number: int) -> tuple[bytes, str]:
    """A flux that nobody can read, though its name and beginning are right, and its name."""
    content, name = good_flux(code, number)
    return content[: len(content) // 2], name
