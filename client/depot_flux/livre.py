"""The receipt book as a program sees it: what was deposited, and what is uncertain to settle.

A process that dies between the request and its answer leaves a deposit that shows as under way, so
that the next run knows that nobody knows, and does not send the file twice.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from depot_flux._book import Account, Book, BookFile, upkeep
from depot_flux.configuration import Configuration
from depot_flux.models import Recu


class Livre:
    """The receipt book of one platform and account; and, where it says so, the whole file."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def path(self) -> Path:
        """The file."""
        return self._book.path

    def recu(self, numero: int) -> Recu:
        """One deposit.

        Raises:
            LivreError: the book holds none of this number for this platform.
        """
        return self._book.recu(numero)

    def recus(self, limite: int = 100) -> list[Recu]:
        """The latest deposits on this platform, the latest first."""
        return self._book.recus(limite)

    def confirmer(self, numero: int, id_flux: str) -> Recu:
        """Settle an uncertain deposit: the platform has it, under this identifier.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        return self._book.confirmer(numero, id_flux)

    def liberer(self, numero: int) -> Recu:
        """Settle an uncertain deposit: the platform does not have it, its files may go again.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        return self._book.liberer(numero)

    def exporter(self) -> Iterator[Recu]:
        """Every deposit in the file, whatever the account, the oldest first.

        Raises:
            LivreError: it cannot be read.
        """
        return upkeep.receipts(self._book.file)

    def purger(self, avant: datetime) -> int:
        """Remove from the file, whatever the account, the deposits of before a moment.

        Those stay of which nobody knows whether the platform has them, and those whose flux have
        no final status yet. What was removed could be deposited again.

        Args:
            avant: the moment, with its time zone.

        Returns:
            How many were removed.

        Raises:
            ConfigurationError: the moment has no time zone.
            LivreError: the file cannot be written.
        """
        return upkeep.purge(self._book.file, avant)

    @staticmethod
    def verifier(chemin: Path) -> list[str]:
        """What is wrong with the file of a book, which stays as it is; an empty list if nothing."""
        return upkeep.check(chemin)

    @staticmethod
    def reparer(chemin: Path) -> list[str]:
        """Mend the file of a book; what was done, a copy of it as it was among that.

        In doubt a deposit becomes uncertain, so that someone looks for it on the platform. No
        program may have the book open meanwhile.

        Raises:
            LivreError: it cannot be mended.
        """
        return upkeep.repair(chemin)


def book_of(configuration: Configuration, file: BookFile | None = None) -> Book:
    """The receipt book of an account, in a file that may be open already.

    Raises:
        LivreError: it cannot be opened.
    """
    own = configuration
    account = Account(own.plateforme, own.base_url, own.login, own.client_id)
    return Book(own.chemin_livre, account, file)
