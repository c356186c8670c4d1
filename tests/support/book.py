"""What a person does with the receipt book: look at what is uncertain, and settle it."""

from collections.abc import Mapping

from depot_flux import Etat, Livre, Recu
from depot_flux._book import Account

ACCOUNT = Account("p", "https://p.example", "login", "application")

Deposited = tuple[str, str]
"""Name and sha256 of a deposit."""


def uncertain(livre: Livre) -> dict[Deposited, Recu]:
    """The deposits of which nobody knows whether the platform has them."""
    return {
        (recu.nom, recu.sha256): recu
        for recu in livre.recus()
        if recu.etat in {Etat.INCERTAIN, Etat.EN_COURS}
    }


def settle(livre: Livre, stored: Mapping[Deposited, str]) -> None:
    """Look for the uncertain deposits among what the platform has, by its identifiers."""
    for deposited, recu in uncertain(livre).items():
        if deposited in stored:
            livre.confirmer(recu.numero, stored[deposited])
        else:
            livre.liberer(recu.numero)


def holds(livre: Livre, stored: Mapping[Deposited, str]) -> bool:
    """Whether the book holds all that the platform has, or is unsure of it."""
    known = {recu.id_flux for recu in livre.recus()}
    unsure = uncertain(livre)
    return all(id_flux in known or deposited in unsure for deposited, id_flux in stored.items())
