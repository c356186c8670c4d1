"""The file of a receipt book: one connection for all accounts, threads and transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from depot_flux._book.accounts import Account
from depot_flux._book.schema import opened, platform
from depot_flux._forks import OfOneProcess
from depot_flux.exceptions import LivreError


class BookFile(OfOneProcess):
    """An open file of receipts, opened anew after a fork of this process.

    Args:
        path: the file, made with its folder if absent.

    Attributes:
        before: the version it was of, where it was brought up to date just now.

    Raises:
        LivreError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._lock = RLock()
        self._db: sqlite3.Connection | None
        self._db, self.before = opened(path)
        self._closed = False

    @property
    def db(self) -> sqlite3.Connection:
        """The connection; to be used in `reading` or `transaction` alone."""
        if self._db is None:
            self._db, _ = opened(self.path)
        return self._db

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self.db.close()
            self._closed = True

    def before_fork(self) -> None:
        """Close it, between two transactions: SQLite's locks are those of one process."""
        self._lock.acquire()
        if self._db is not None and not self._closed:
            self._db.close()
            self._db = None

    def after_fork(self) -> None:
        """Let others at it again; whoever is first opens it."""
        self._lock.release()

    def in_child(self) -> None:
        """The same in the child, where the lock is nobody's."""
        self._lock = RLock()

    def version(self) -> int:
        """The version of its form, once it is seen that it can be written.

        Raises:
            LivreError: it cannot.
        """
        with self.transaction():
            self.db.execute("DELETE FROM sequence WHERE 0")
            return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def platform(self, account: Account) -> str:
        """The name of an account's platform."""
        with self.reading():
            return platform(self.db, account)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction, or a part of the one under way in this thread."""
        with self.reading():
            if self.db.in_transaction:
                yield
                return
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The file for this thread alone.

        Raises:
            LivreError: it cannot be read or written.
        """
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise LivreError(
                    f"the receipt book {self.path}: {error}; close what locks it, or restore it "
                    "from a copy"
                ) from error
