"""How a flux is consulted, and followed until its status is final."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from logging import DEBUG, INFO

from depot_flux._book import Book
from depot_flux._contract import Said, contract
from depot_flux._events import Events
from depot_flux._http.refusals import HttpError
from depot_flux._http.retries import FAILURES, cause, reading_policy, translate
from depot_flux._programs.clock import Clock
from depot_flux._programs.steps import Call, Generated, Pause, Steps, work
from depot_flux.exceptions import (
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    IndisponibleError,
    ReponseError,
    RequeteRefuseeError,
)
from depot_flux.models import Flux, Observer, StatutFlux

INTERVAL = 1.0  # seconds between the first two looks at a flux
MAX_INTERVAL = 30.0
GROWTH = 1.5
PATIENCE = 60.0  # seconds that a platform may not know, or refuse, a flux that it took
MAX_ID = 512  # characters; more than any identifier has, less than any address may have
_SPURIOUS = frozenset({400, 403, 404})


@dataclass(slots=True)
class Watch:
    """A flux that is followed.

    Attributes:
        id_flux: its identifier.
        deadline: until when.
        interval: seconds until it is looked at again.
        refused_since: when the platform began to refuse a flux that it took, if it does.
        over: whether there is nothing more to see.
    """

    id_flux: str
    deadline: float
    interval: float = INTERVAL
    refused_since: float | None = None
    over: bool = False

    def pause(self, now: float, longest: float = MAX_INTERVAL) -> float:
        """Seconds until the next look, each time more."""
        interval, self.interval = self.interval, min(self.interval * GROWTH, longest)
        return max(0.0, min(interval, self.deadline - now))


class Following:
    """Consults and follows, on one receipt book.

    Args:
        book: the receipt book.
        client: the generated client of the account.
        said: what every request says.
        clock: what it waits by.
        events: what is told of outcomes.
    """

    def __init__(
        self, book: Book, client: Generated, said: Said, clock: Clock, events: Events
    ) -> None:
        self._book = book
        self._client = client
        self._said = said
        self._clock = clock
        self._events = events

    def consulter(self, flux: Flux | str) -> Steps[StatutFlux]:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        id_flux = _identifier(flux)
        try:
            return (yield from self._look(id_flux))
        except RequeteRefuseeError as error:
            yield from work(partial(self._lost, id_flux, error))
            raise

    def _look(
        self, id_flux: str, remaining: Callable[[], float] = lambda: float("inf")
    ) -> Steps[StatutFlux]:
        operation = contract().consulter
        arguments = contract().consultation(id_flux, self._said)
        try:
            response = yield Call(
                self._client, operation, lambda _: arguments, reading_policy(remaining)
            )
            statut, date = contract().statut(response)
        except FAILURES as error:
            raise translate(error, of_flux=True) from cause(error)
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
        watch = Watch(id_flux, self._clock.now() + seconds(timeout))
        seen: StatutFlux | None = None
        while True:
            what = yield from self.look(watch)
            if isinstance(what, StatutFlux):
                seen = what
                if observer:
                    observer(what)
            if watch.over:
                break
            yield Pause(watch.pause(self._clock.now()))
        if isinstance(what, DepotFluxError) and not (seen and isinstance(what, IndisponibleError)):
            raise what
        if seen is None or not seen.final:
            raise _timed_out(flux, id_flux, seen)
        return seen

    def look(self, watch: "Watch") -> Steps[StatutFlux | DepotFluxError]:
        """Look at a flux that is followed; what is seen, or why nothing is."""
        now = self._clock.now
        what: StatutFlux | DepotFluxError
        try:
            what = yield from self._look(watch.id_flux, lambda: watch.deadline - now())
        except DepotFluxError as error:
            what = error
            if isinstance(error, IndisponibleError):
                watch.refused_since = None  # while there is time, it may come back
            else:
                watch.refused_since = watch.refused_since or now()
                until = min(watch.deadline, watch.refused_since + PATIENCE)
                watch.over = not (yield from self._may_pass(watch.id_flux, error, until - now()))
        else:
            watch.refused_since = None
            watch.over = what.final
        watch.over = watch.over or now() >= watch.deadline
        return what

    def _may_pass(self, id_flux: str, error: DepotFluxError, seconds: float) -> Steps[bool]:
        """Whether to look again after a refusal, there being so many seconds left for it.

        A platform that took a flux knows it, whatever one of its machines may say for a while.
        """
        told = error.reponse.statut if error.reponse else 0
        if told not in _SPURIOUS:
            return False
        own = yield from work(lambda: self._book.deposit_of(id_flux))
        if own and seconds > 0:
            return True
        yield from work(partial(self._lost, id_flux, error))
        return False

    def _lost(self, id_flux: str, error: DepotFluxError) -> None:
        """Where the platform does not know a flux that it took, write that down and say so."""
        own = self._book.deposit_of(id_flux) if error.code == "FLUX_INCONNU" else None
        if own is None or own.clos_le is None:
            return
        if datetime.now(UTC) - own.clos_le < timedelta(seconds=PATIENCE):
            error.args = (f"{error}; it was deposited just now: look again in a minute",)
            return
        detail = f"{str(error).partition('; ')[0]}: it does not know flux {id_flux} any more"
        self._book.note_unknown(own.numero, detail)
        error.args = (
            f"{detail}, which is deposit {own.numero} ({own.nom}, {own.ouvert_le:%Y-%m-%d %H:%M:%S}"
            " UTC) in the receipt book. If it is a simulator that was reset, or a platform that "
            f"lost it, `depot-flux recus --liberer {own.numero}` lets its files go again",
        )

    def sante(self) -> Steps[bool]:
        """Ask whether the platform works; see `DepotFlux.sante`."""
        operation = contract().superviser
        if operation is None:
            raise ReponseError("the contract has no operation that tells whether the API works")
        arguments = operation.arguments(self._said)
        try:
            yield Call(self._client, operation, lambda _: arguments, reading_policy())
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


def _timed_out(flux: Flux | str, id_flux: str, seen: StatutFlux | None) -> DelaiDepasse:
    return DelaiDepasse(
        f"flux {id_flux} is still {seen.statut if seen else 'unseen'} and the time is over; follow "
        f"it later with `depot-flux suivre {id_flux}`",
        flux,
        seen,
    )
