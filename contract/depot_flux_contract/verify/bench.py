"""What a check works with: the platform, the other application, the flux, the plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import httpx

from depot_flux.configuration import Configuration
from depot_flux.livre import book_of
from depot_flux_contract.exchanges import Exchange, Finding, Held, Secrets, Side, hold
from depot_flux_contract.verify.deposits import Deposits, NotVerifiedError
from depot_flux_contract.verify.life import Life
from depot_flux_contract.verify.plan import Pace, Plan, Timing
from depot_flux_contract.verify.platform import Platform, Seen
from depot_flux_contract.verify.samples import INTERFACES


@dataclass
class Bench:
    """What the checks of one run share.

    Attributes:
        plan: what is asked.
        held: the contract.
        platform: the platform, as the application that verifies.
        other: the same as another application, None without a second profile.
        deposits: makes deposits.
        life: the flux of the run.
        timing: the time.
    """

    plan: Plan
    held: Held
    platform: Platform
    other: Platform | None
    deposits: Deposits
    life: Life
    timing: Timing

    @cached_property
    def unknown(self) -> Seen:
        """The answer about an identifier that nobody got."""
        return self.platform.consult(self.held.contract.new_identifier(""))

    @cached_property
    def health(self) -> Seen:
        """The answer of the healthcheck.

        Raises:
            NotVerifiedError: the contract has none.
        """
        self.see_that_it_supervises()
        return self.platform.supervise()

    def see_that_it_supervises(self) -> None:
        """Go on only with a contract that has an operation of supervision.

        Raises:
            NotVerifiedError: it has none.
        """
        if self.held.contract.superviser is None:
            raise NotVerifiedError("the contract has no operation of supervision")

    @property
    def exchanges(self) -> list[Exchange]:
        """Every exchange of the run so far."""
        return self.platform.exchanges

    @cached_property
    def surveyed(self) -> None:
        """One call of each kind at least, so that there is something to look at."""
        _ = self.unknown
        if self.held.contract.superviser is not None:
            _ = self.health
        _ = self.life.all

    def held_findings(self) -> Iterator[Finding]:
        """What breaks the contract in any answer so far."""
        _ = self.surveyed
        for exchange in self.exchanges:
            yield from hold(self.held, exchange, self.platform.base_path, only=Side.PLATFORM)


@contextmanager
def bench(
    configuration: Configuration,
    held: Held,
    plan: Plan,
    *,
    other: Configuration | None = None,
    transport: httpx.BaseTransport | None = None,
    timing: Timing | None = None,
) -> Iterator[Bench]:
    """What the checks of one run share, closed in the end.

    Args:
        configuration: where the platform is and who verifies.
        held: the contract.
        plan: what is asked.
        other: the access of another application.
        transport: carries the calls; httpx's own by default.
        timing: the time; the machine's by default.

    Raises:
        LivreError: the receipt book cannot be opened.
        ValueError: no flux can be made for one of the interface codes.
    """
    unknown = [code for code in plan.interfaces if code not in INTERFACES]
    if unknown:
        raise ValueError(
            f"no flux of {', '.join(unknown)} can be made; known: {', '.join(INTERFACES)}"
        )
    timing = timing or Timing()
    pace, exchanges, secrets = Pace(plan.rate, timing), list[Exchange](), Secrets()

    def platform(access: Configuration) -> Platform:
        return Platform(access, held, pace, timing, transport, exchanges, secrets)

    own = platform(configuration)
    second = platform(other) if other else None
    book = book_of(configuration)
    deposits = Deposits(plan, own, book, timing)
    try:
        life = Life(plan, own, deposits, timing)
        yield Bench(plan, held, own, second, deposits, life, timing)
    finally:
        book.close()
        own.close()
