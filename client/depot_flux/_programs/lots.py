"""Many batches at once: deposits and looks by turns, results as they come, in bounded memory.

Nothing is remembered of what is settled; no thread waits for a flux.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, islice
from os import PathLike, fspath

from depot_flux._programs.batch import Batch
from depot_flux._programs.clock import Clock
from depot_flux._programs.deposit import Depositing
from depot_flux._programs.follow import MAX_INTERVAL, Following, Watch, seconds
from depot_flux._programs.steps import Give, Group, Pause, Steps, spanned
from depot_flux.exceptions import (
    ConfigurationError,
    DepotFluxError,
    DepotIncertain,
    IndisponibleError,
)
from depot_flux.models import Progression, ResultatFichier

WINDOW = 2_000  # files of an iterator that are looked at together: some envelopes' worth
_HOUR = 3600.0
_LATE = 10.0  # seconds of deposits that a turn kept from being made, made up for at once
_IN_A_TURN = 8  # programs for each that may run at a time
_LOOKS = 10.0  # a second, of flux that were looked at for a while
# Accounts in a row that are refused, after which nobody else's deposits are tried.
_REFUSED = 5


@dataclass(slots=True)
class Lot:
    """Files of one account and one interface code.

    Attributes:
        depositing: deposits them.
        following: follows them.
        code_interface: of all of them.
        code_application: in the envelopes' names.
        compte: login of the account.
        paths: where they are.
        whole: whether they are looked at all together, or some thousands at a time.
        progression: told how many are settled, of how many.
    """

    depositing: Depositing
    following: Following
    code_interface: str
    code_application: str
    compte: str
    paths: Iterable[str | PathLike[str]]
    whole: bool = False
    progression: Progression | None = None

    def batch(self) -> Batch:
        """A batch of some of its files.

        Raises:
            ConfigurationError: a code is missing or malformed.
        """
        return Batch(
            self.depositing,
            self.code_interface,
            self.code_application,
            compte=self.compte,
            progression=self.progression,
        )


@dataclass(slots=True, order=True)
class _Followed:
    due: float
    number: int
    batch: Batch = field(compare=False)
    following: Following = field(compare=False)
    watch: Watch = field(compare=False)


class Pace:
    """At most so many deposits in any hour, evenly.

    Args:
        par_heure: how many; None for as many as can be.

    Raises:
        ConfigurationError: that is less than one.
    """

    def __init__(self, par_heure: int | None) -> None:
        if par_heure is not None and par_heure < 1:
            raise ConfigurationError(f"par_heure = {par_heure} is too few; give 1 or more")
        self._spacing = _HOUR / par_heure if par_heure else 0.0
        self._last: deque[float] = deque(maxlen=par_heure or 0)
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until the next deposit may be made."""
        full = self._last and len(self._last) == self._last.maxlen
        return max(0.0, self._next - now, self._last[0] + _HOUR - now if full else 0.0)

    def take(self, now: float) -> None:
        """A deposit is made."""
        self._next = (max(self._next, now - _LATE) if self._last else now) + self._spacing
        self._last.append(now)


class Lots:
    """Deposits lots and follows them, giving each result when it changes no more.

    Args:
        lots: what to deposit; taken in as there is room.
        clock: what is waited by.
        timeout: how long each flux is followed, in seconds; 0 looks once.
        limit: deposits and looks at the same time.
        par_heure: deposits in an hour, at most.
        redeposit: whether files of a flux that was found irrecevable go again.

    Raises:
        ConfigurationError: one of the numbers is none.
    """

    def __init__(
        self,
        lots: Iterable[Lot],
        clock: Clock,
        timeout: float,
        limit: int,
        par_heure: int | None = None,
        *,
        redeposit: bool = False,
    ) -> None:
        if limit < 1:
            raise ConfigurationError("a batch needs at least one deposit at a time")
        self._timeout = seconds(timeout)
        self._clock = clock
        self._limit = limit
        self._pace = Pace(par_heure)
        self._redeposit = redeposit
        self._programs = self._deposits(iter(lots))
        self._ready: Steps[None] | None = None  # the next deposit, at its pace
        self._more = True
        self._awaited: list[_Followed] = []
        self._numbers = count()
        # What the programs of a turn leave for the time after it.
        self._touched: deque[tuple[Batch, Following]] = deque()
        self._looked: deque[_Followed] = deque()
        self._refusals: list[ResultatFichier] = []
        self._stopped_by: DepotFluxError | None = None
        self._in_a_row = self._refused = 0

    def run(self) -> Steps[None]:
        """Deposit and follow; each result is given."""
        while True:
            yield Group(self._turn(), self._limit)
            self._look_again()
            yield from self._results()
            now = self._clock.now()
            waits = [self._awaited[0].due - now] if self._awaited else []
            if self._more:
                waits.append(self._pace.wait(now))
            if not waits:
                return
            if min(waits) > 0:
                yield Pause(min(waits))

    def _turn(self) -> Iterator[Steps[None]]:
        """What is to be done now, a deposit and a look by turns."""
        for number in range(self._limit * _IN_A_TURN):
            ways = (self._next_deposit, self._next_look)
            first, second = ways if number % 2 else ways[::-1]
            program = first() or second()
            if program is None:
                return
            yield program

    def _next_deposit(self) -> Steps[None] | None:
        if self._ready is None:
            self._ready = next(self._programs, None)
            self._more = self._ready is not None
        now = self._clock.now()
        if self._ready is None or self._pace.wait(now) > 0:
            return None
        self._pace.take(now)
        program, self._ready = self._ready, None
        return program

    def _deposits(self, lots: Iterator[Lot]) -> Iterator[Steps[None]]:
        """One program for each envelope, made when its turn comes."""
        for lot in lots:
            paths = iter(lot.paths)
            # An account that is refused is tried no more with the files that follow.
            stopped_by: DepotFluxError | None = None
            while some := [fspath(path) for path in islice(paths, None if lot.whole else WINDOW)]:
                try:
                    batch = lot.batch()
                except ConfigurationError as error:
                    self._refusals += [
                        ResultatFichier(path, erreur=str(error), compte=lot.compte) for path in some
                    ]
                    continue
                batch.in_a_row = self._in_a_row
                batch.sort(some, redeposit=self._redeposit)
                batch.stopped_by = stopped_by or self._stopped_by
                self._touched.append((batch, lot.following))
                for program in batch.deposits():
                    yield spanned("deposer", self._deposit(batch, lot.following, program))
                    batch.stopped_by = batch.stopped_by or self._stopped_by
                batch.give_up()
                stopped_by = batch.stopped_by
                self._touched.append((batch, lot.following))

    def _deposit(self, batch: Batch, following: Following, program: Steps[None]) -> Steps[None]:
        batch.stopped_by = batch.stopped_by or self._stopped_by
        yield from program
        self._in_a_row = batch.in_a_row
        error = batch.stopped_by
        if error is None:
            self._refused = 0
        elif error is not self._stopped_by:
            self._refused += 1
            for_all = isinstance(error, IndisponibleError | DepotIncertain)
            if for_all or self._refused >= _REFUSED:
                self._stopped_by = error  # other accounts would not fare better
        self._touched.append((batch, following))

    def _next_look(self) -> Steps[None] | None:
        if not self._awaited or self._awaited[0].due > self._clock.now():
            return None
        return spanned("consulter", self._look(heappop(self._awaited)))

    def _look(self, followed: _Followed) -> Steps[None]:
        what = yield from followed.following.look(followed.watch)
        followed.batch.note(followed.watch.id_flux, what)
        self._looked.append(followed)

    def _look_again(self) -> None:
        """Let what was looked at wait for its next look, less and less often."""
        # However many there are, a platform is not asked more often than it can bear.
        longest = max(MAX_INTERVAL, len(self._awaited) / _LOOKS)
        while self._looked:
            followed = self._looked.popleft()
            if followed.watch.over:
                followed.batch.awaited.discard(followed.watch.id_flux)
                self._touched.append((followed.batch, followed.following))
                continue
            now = self._clock.now()
            followed.due = now + followed.watch.pause(now, longest)
            heappush(self._awaited, followed)

    def _results(self) -> Steps[None]:
        """Follow the flux that are new, give the results that change no more."""
        now = self._clock.now()
        for result in self._refusals:
            yield Give(result)
        self._refusals.clear()
        touched = {id(batch): (batch, following) for batch, following in self._touched}
        self._touched.clear()
        for batch, following in touched.values():
            for id_flux in batch.new_flux():
                watch = Watch(id_flux, now + self._timeout)
                followed = _Followed(now, next(self._numbers), batch, following, watch)
                heappush(self._awaited, followed)
            for result in batch.settled():
                yield Give(result)
