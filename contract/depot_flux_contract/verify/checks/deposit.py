"""The deposit of a good and of a bad flux of each interface code, and of one twice."""

from collections.abc import Iterator

from depot_flux_contract.exchanges import Rule
from depot_flux_contract.verify.behaviours import BAD, DEPOSITED, GOOD, TWICE
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import Deposit, NotVerifiedError
from depot_flux_simulator.flux.lifecycle import Statut


def answered(bench: Bench) -> Iterator[Breach]:
    """The answer of the deposit of a good flux."""
    for code in bench.plan.interfaces:
        deposit = bench.life.of(f"good {code}")
        if not 200 <= deposit.seen.status < 300:
            came = f"{deposit.seen.status} to a good flux of {code}"
            yield Breach(DEPOSITED, came, deposit.seen.exchange)
        elif not deposit.accepted:
            yield Breach(DEPOSITED, "no identifier", deposit.seen.exchange)


def good(bench: Bench) -> Iterator[Breach]:
    """The end of a good flux."""
    yield from _ends(bench, "good", GOOD, Statut.RECEVABLE)


def bad(bench: Bench) -> Iterator[Breach]:
    """The end of a bad flux; to refuse it at once says the same."""
    yield from _ends(bench, "bad", BAD, Statut.IRRECEVABLE)


def twice(bench: Bench) -> Iterator[Breach]:
    """The end of a flux that was received before."""
    deposit = bench.life.of("twice")
    yield from _end(deposit, TWICE, Statut.IRRECEVABLE)


def _ends(bench: Bench, what: str, rule: Rule, end: Statut) -> Iterator[Breach]:
    for code in bench.plan.interfaces:
        yield from _end(bench.life.of(f"{what} {code}"), rule, end)


def _end(deposit: Deposit, rule: Rule, end: Statut) -> Iterator[Breach]:
    seen = deposit.seen
    if not deposit.accepted:
        if end is Statut.IRRECEVABLE and 400 <= seen.status < 500:
            return
        raise NotVerifiedError(f"the platform answered {seen.status} to the deposit")
    last = deposit.sightings[-1] if deposit.sightings else None
    if last is None or not last.final:
        told = last.word if last else "nothing"
        raise NotVerifiedError(f"{deposit.id_flux} is still {told}; --patience gives it longer")
    if end not in last.statuts:
        came = f"{last.word}: {deposit.id_flux}, {deposit.name}, {deposit.code}"
        yield Breach(rule, came, last.seen.exchange)


CHECKS = (
    Check("deposit-answered", "a deposit is answered with the identifier of the flux", answered),
    Check("deposit-good", "a flux that breaks no rule ends recevable", good),
    Check("deposit-bad", "a flux that cannot be read ends irrecevable", bad),
    Check("deposit-duplicate", "a flux that was received before ends irrecevable", twice),
)
