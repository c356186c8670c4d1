"""What is deposited: within the budget, under names that no run gave before."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from depot_flux._book import Book, Fingerprint
from depot_flux_contract.verify.plan import Plan, Timing
from depot_flux_contract.verify.platform import Access, Platform, Seen
from depot_flux_contract.verify.sightings import Sighting


class NotVerifiedError(Exception):
    """A check cannot be made here; the message says why."""


@dataclass
class Deposit:
    """A flux that was deposited.

    Attributes:
        what: what it is deposited for.
        code: its interface code.
        name: its name.
        seen: the answer.
        id_flux: its identifier; "" where the platform did not take it.
        began: when the request left.
        ended: when the answer had come.
        sightings: what was seen of it, in the order of time.
    """

    what: str
    code: str
    name: str
    seen: Seen
    id_flux: str
    began: float
    ended: float
    sightings: list[Sighting] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the platform took it and gave an identifier."""
        return bool(self.id_flux)


class Deposits:
    """Deposits, counts, and writes every deposit into the receipt book beforehand.

    Args:
        plan: how many there may be.
        platform: who deposits where.
        book: the receipt book.
        timing: the time.
    """

    def __init__(self, plan: Plan, platform: Platform, book: Book, timing: Timing) -> None:
        self._plan, self._platform, self._book, self._timing = plan, platform, book, timing
        self.made: list[Deposit] = []

    @property
    def left(self) -> int | None:
        """How many may still be made; None for any number."""
        if not self._plan.deposits:
            return 0
        most = self._plan.max_deposits
        return None if most is None else most - len(self.made)

    def new_number(self) -> int:
        """A number that no deposit of this book had, of 15 digits."""
        return self._book.next_number(self._platform.configuration.code_application or "VERIFY")

    def see_that_one_is_left(self) -> None:
        """Go on only if another deposit may be made.

        Raises:
            NotVerifiedError: none may.
        """
        if not self._plan.deposits:
            raise NotVerifiedError("nothing is deposited on a production platform")
        if self.left is not None and self.left <= 0:
            raise NotVerifiedError(f"--max-deposits {self._plan.max_deposits} are used up")

    def make(
        self, what: str, content: bytes, name: str, code: str, access: Access | None = None
    ) -> Deposit:
        """Deposit a flux; one that is refused does not count.

        Raises:
            NotVerifiedError: none may be made any more.
        """
        self.see_that_one_is_left()
        with self._written(content, name, code) as numero:
            began = self._timing.now()
            seen = self._platform.deposit(content, name, code, access)
            ended = self._timing.now()
            id_flux = _identifier(seen)
            if seen.succeeded:
                self._book.mark_deposited(numero, id_flux)
            else:
                self._book.mark_refused(numero, f"HTTP {seen.status}")
        deposit = Deposit(what, code, name, seen, id_flux, began, ended)
        if seen.succeeded:
            self.made.append(deposit)
        return deposit

    @contextmanager
    def _written(self, content: bytes, name: str, code: str) -> Iterator[int]:
        digest = hashlib.sha256(content).hexdigest()
        fingerprint = Fingerprint(name, digest, len(content))
        # The same file goes twice where that is what is verified.
        numero = self._book.open_deposit(code, fingerprint, [fingerprint], force=True)
        try:
            yield numero
        except BaseException as error:
            self._book.mark_uncertain(numero, type(error).__name__)
            raise


def _identifier(seen: Seen) -> str:
    if not seen.succeeded:
        return ""
    try:
        return seen.as_promised().id_flux
    except (LookupError, ValueError, TypeError):
        return ""
