"""Each flux deposited and followed to its end: what the checks of its life look at."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import pairwise

from depot_flux_contract.verify.deposits import Deposit, Deposits, NotVerifiedError
from depot_flux_contract.verify.plan import Plan, Timing
from depot_flux_contract.verify.platform import Platform
from depot_flux_contract.verify.samples import bad_flux, good_flux
from depot_flux_contract.verify.sightings import Dates, sighting

_BETWEEN = 0.8  # seconds between two looks at the same flux, at the least


class Life:
    """The flux of a run.

    Args:
        plan: which are deposited.
        platform: where.
        deposits: makes them.
        timing: the time.
    """

    def __init__(self, plan: Plan, platform: Platform, deposits: Deposits, timing: Timing) -> None:
        self._plan, self._platform, self._deposits = plan, platform, deposits
        self._timing = timing
        self.dates = Dates(platform.held)
        self._reasons: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}

    @cached_property
    def all(self) -> dict[str, Deposit]:
        """A good and a bad flux of each interface code, and a good one twice, all followed."""
        made: dict[str, Deposit] = {}
        first = self._plan.interfaces[0]
        for code in self._plan.interfaces:
            self._try(made, f"good {code}", partial(self._good, code))
            if code == first and f"good {code}" in made:
                self._try(made, "twice", partial(self._again, made[f"good {first}"]))
            self._try(made, f"bad {code}", partial(self._bad, code))
        self.follow([deposit for deposit in made.values() if deposit.accepted])
        return made

    def of(self, what: str) -> Deposit:
        """One of them.

        Raises:
            NotVerifiedError: it was not deposited.
        """
        if what not in self.all:
            raise NotVerifiedError(self._reasons.get(what, "it was not deposited"))
        return self.all[what]

    def accepted(self) -> list[Deposit]:
        """Those that the platform took.

        Raises:
            NotVerifiedError: there is none.
        """
        found = [deposit for deposit in self.all.values() if deposit.accepted]
        if not found:
            reason = next(iter(self._reasons.values()), "the platform took no deposit")
            raise NotVerifiedError(reason)
        return found

    def any_good(self) -> Deposit:
        """A flux that exists, good if there is one.

        Raises:
            NotVerifiedError: there is none.
        """
        return min(self.accepted(), key=lambda deposit: not deposit.what.startswith("good"))

    def follow(self, deposits: list[Deposit]) -> None:
        """Look at flux in turn until each is judged or the patience is over."""
        deadline = self._timing.now() + self._plan.patience
        left = list(deposits)
        while left and self._timing.now() < deadline:
            started = self._timing.now()
            for deposit in left:
                self.look(deposit)
            left = [deposit for deposit in left if not deposit.sightings[-1].final]
            if left:
                self._timing.sleep(max(0.0, started + _BETWEEN - self._timing.now()))

    def look(self, deposit: Deposit) -> None:
        """Consult a flux once more."""
        began = self._timing.now()
        seen = self._platform.consult(deposit.id_flux)
        deposit.sightings.append(sighting(seen, began, self._timing.now(), self.dates))

    def _try(self, made: dict[str, Deposit], what: str, make: Callable[[], Deposit]) -> None:
        try:
            made[what] = make()
        except NotVerifiedError as error:
            self._reasons[what] = str(error)

    def _good(self, code: str) -> Deposit:
        self._deposits.see_that_one_is_left()
        content, name = good_flux(code, self._deposits.new_number())
        self._contents[code] = content
        return self._deposits.make(f"good {code}", content, name, code)

    def _bad(self, code: str) -> Deposit:
        self._deposits.see_that_one_is_left()
        content, name = bad_flux(code, self._deposits.new_number())
        return self._deposits.make(f"bad {code}", content, name, code)

    def _again(self, good: Deposit) -> Deposit:
        content = self._contents[good.code]
        return self._deposits.make("twice", content, good.name, good.code)


def steps(deposit: Deposit) -> Iterator[tuple[int, int]]:
    """Numbers of two sightings in a row that tell a status each."""
    told = [n for n, each in enumerate(deposit.sightings) if each.statuts]
    yield from pairwise(told)
