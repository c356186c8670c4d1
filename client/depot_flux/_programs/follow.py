"""How a flux is consulted, and followed until its status is final."""

from collections.abc import Callable, Iterable
from logging import DEBUG, INFO

from depot_flux._book import Book
from depot_flux._contract import Said, contract
from depot_flux._events import Events
from depot_flux._http.retries import FAILURES, HttpError, cause, reading_policy, translate
from depot_flux._programs.clock import Clock
from depot_flux._programs.steps import Call, Pause, Steps, work
from depot_flux.exceptions import (
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    IndisponibleError,
    ReponseError,
)
from depot_flux.models import Flux, Observer, StatutFlux

INTERVAL = 1.0  # seconds between the first two looks at a flux
MAX_INTERVAL = 30.0
GROWTH = 1.5
MAX_ID = 512  # characters; more than any identifier has, less than any address may have

Told = Callable[[str, StatutFlux | DepotFluxError], None]
"""Told of every look at a flux: its identifier, and what came of it."""


class Following:
    """Consults and follows, on one receipt book.

    Args:
        book: the receipt book.
        said: what every request says.
        clock: what it waits by.
        events: what is told of outcomes.
    """

    def __init__(self, book: Book, said: Said, clock: Clock, events: Events) -> None:
        self._book = book
        self._said = said
        self._clock = clock
        self._events = events

    def consulter(
        self, flux: Flux | str, remaining: Callable[[], float] = lambda: float("inf")
    ) -> Steps[StatutFlux]:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        id_flux = _identifier(flux)
        operation = contract().consulter
        arguments = contract().consultation(id_flux, self._said)
        try:
            response = yield Call(operation, lambda _: arguments, reading_policy(remaining))
        except FAILURES as error:
            raise translate(error) from cause(error)
        statut, date = contract().statut(response)
        status = StatutFlux(id_flux, statut, date)
        yield from work(lambda: self._book.note_statut(status))
        self._events.tell(
            "outcome",
            INFO if statut.final else DEBUG,
            operation="consulter",
            id_flux=id_flux,
            statut=statut.value,
        )
        return status

    def attendre(
        self, flux: Flux | str, timeout: float, observer: Observer | None
    ) -> Steps[StatutFlux]:
        """Follow a flux to its end; see `DepotFlux.attendre`."""
        id_flux = _identifier(flux)
        seen: list[StatutFlux] = []
        failures: list[DepotFluxError] = []

        def told(_id_flux: str, what: StatutFlux | DepotFluxError) -> None:
            if isinstance(what, DepotFluxError):
                failures.append(what)
                return
            seen.append(what)
            failures.clear()
            if observer:
                observer(what)

        yield from self.follow([id_flux], timeout, told)
        if seen and seen[-1].final:
            return seen[-1]
        if failures and not (seen and isinstance(failures[-1], IndisponibleError)):
            raise failures[-1]
        raise _timed_out(flux, seen[-1])

    def follow(self, ids: Iterable[str], timeout: float, told: Told) -> Steps[None]:
        """Look at flux until each has a final status, cannot be followed, or the time is over.

        Args:
            ids: their identifiers.
            timeout: for all of them, in seconds.
            told: told of every look.

        Raises:
            ConfigurationError: the timeout is none.
        """
        now = self._clock.now
        deadline, interval = now() + seconds(timeout), INTERVAL
        awaited = set(ids)
        while awaited:
            for id_flux in sorted(awaited):
                try:
                    status = yield from self.consulter(id_flux, lambda: deadline - now())
                except DepotFluxError as error:
                    told(id_flux, error)
                    # While there is time, a platform that is down may come back.
                    if not isinstance(error, IndisponibleError):
                        awaited.remove(id_flux)
                    continue
                told(id_flux, status)
                if status.final:
                    awaited.remove(id_flux)
            remaining = deadline - now()
            if remaining <= 0 or not awaited:
                return
            yield Pause(min(interval, remaining))
            interval = min(interval * GROWTH, MAX_INTERVAL)

    def sante(self) -> Steps[bool]:
        """Ask whether the platform works; see `DepotFlux.sante`."""
        operation = contract().superviser
        if operation is None:
            raise ReponseError("the contract has no operation that tells whether the API works")
        arguments = operation.arguments(self._said)
        try:
            yield Call(operation, lambda _: arguments, reading_policy())
        except FAILURES as error:
            translated = translate(error)
            if isinstance(translated, IndisponibleError) and isinstance(error, HttpError):
                return False
            raise translated from cause(error)
        return True


def seconds(timeout: float) -> float:
    """A time to wait, checked.

    Raises:
        ConfigurationError: it is negative or no number.
    """
    if not timeout >= 0:
        raise ConfigurationError(f"a timeout of {timeout} is none; give 0 seconds or more")
    return timeout


def _identifier(flux: Flux | str) -> str:
    id_flux = flux.id if isinstance(flux, Flux) else flux
    # In an address the first ones would name something else.
    if id_flux.strip() in {"", ".", ".."} or not id_flux.isprintable() or len(id_flux) > MAX_ID:
        raise ConfigurationError(f"{id_flux[:MAX_ID]!a} is no identifier of a flux")
    return id_flux


def _timed_out(flux: Flux | str, status: StatutFlux) -> DelaiDepasse:
    return DelaiDepasse(
        f"flux {status.id} is still {status.statut} and the time is over; follow it later with "
        f"`depot-flux suivre {status.id}`",
        flux,
        status,
    )
