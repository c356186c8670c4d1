"""The receipt book: an SQLite file of what was deposited, by platform and account."""

from depot_flux._book.accounts import Account
from depot_flux._book.book import Book
from depot_flux._book.file import BookFile
from depot_flux._book.receipts import Alike, AlreadyInBookError, Fingerprint
from depot_flux._book.schema import VERSION

__all__ = ["VERSION", "Account", "Alike", "AlreadyInBookError", "Book", "BookFile", "Fingerprint"]
