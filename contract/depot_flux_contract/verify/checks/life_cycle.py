"""The life of a flux: order, no step back, finality, its dates, the same answer twice."""

from collections.abc import Iterator
from itertools import pairwise

from depot_flux_contract.verify.behaviours import DATE, FINAL, ORDER, SAME, STEP_BACK
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import Deposit, NotVerifiedError
from depot_flux_contract.verify.sightings import Sighting
from depot_flux_simulator.flux.lifecycle import Statut

_TOLERANCE = 2.0  # seconds by which a date may be beside the moment
_RANK = {statut: rank for rank, statut in enumerate(Statut)}
_FINAL = _RANK[Statut.RECEVABLE]


def order(bench: Bench) -> Iterator[Breach]:
    """Each status is seen for the first time after those that come before it."""
    for deposit, told in _told(bench):
        first: dict[tuple[Statut, ...], Sighting] = {}
        for sighting in told:
            first.setdefault(sighting.statuts, sighting)
        for before, after in pairwise(first.values()):
            if _latest(after) < _earliest(before):
                came = f"{before.word}, then for the first time {after.word}: {deposit.id_flux}"
                yield Breach(ORDER, came, after.seen.exchange)


def no_step_back(bench: Bench) -> Iterator[Breach]:
    """No status is told after a later one."""
    for deposit, told in _told(bench):
        for before, after in pairwise(told):
            if _latest(after) < _earliest(before):
                came = f"{before.word}, then {after.word}: {deposit.id_flux}"
                yield Breach(STEP_BACK, came, after.seen.exchange)


def final(bench: Bench) -> Iterator[Breach]:
    """A flux that is judged, asked for once more at the end of the run."""
    judged = _judged(bench)
    for deposit in judged:
        bench.life.look(deposit)
        told = [each for each in deposit.sightings if each.statuts]
        first = next(each for each in told if each.final)
        for after in told[told.index(first) :]:
            if after.statuts != first.statuts:
                came = f"{first.word}, later {after.word}: {deposit.id_flux}"
                yield Breach(FINAL, came, after.seen.exchange)
                break


def same_answer(bench: Bench) -> Iterator[Breach]:
    """Two consultations in a row of a flux that is judged."""
    deposit = _judged(bench)[0]
    bench.life.look(deposit)
    bench.life.look(deposit)
    before, after = deposit.sightings[-2:]
    bodies = [each.seen.exchange.received for each in (before, after)]
    if (bodies[0].status, bodies[0].body) != (bodies[1].status, bodies[1].body):
        came = f"two answers that differ about {deposit.id_flux}"
        yield Breach(SAME, came, after.seen.exchange)


def date(bench: Bench) -> Iterator[Breach]:
    """The date of each status: the same while the status is, and the moment it took effect."""
    if not bench.life.dates.told:
        raise NotVerifiedError("the contract does not date a status")
    seen = 0
    for deposit, told in _told(bench):
        dated = [each for each in told if each.instant is not None]
        seen += len(dated)
        yield from _same_status_same_date(deposit, dated)
        yield from _moments(bench, deposit, dated)
    if not seen:
        raise NotVerifiedError("no status came with a date that can be read")


def _same_status_same_date(deposit: Deposit, dated: list[Sighting]) -> Iterator[Breach]:
    for before, after in pairwise(dated):
        if before.statuts == after.statuts and before.instant != after.instant:
            came = f"{before.date}, then {after.date} for one {after.word}: {deposit.id_flux}"
            yield Breach(DATE, came, after.seen.exchange)
            return


def _moments(bench: Bench, deposit: Deposit, dated: list[Sighting]) -> Iterator[Breach]:
    """Whether each date lies between the looks before and after it, counted from the first.

    Clocks differ, so the first date is what the others are measured by; it is that of the deposit
    where the flux was seen as received.
    """
    if not dated or _earliest(dated[0]) != 0:
        return
    tolerance = _TOLERANCE + bench.life.dates.step
    start = dated[0].instant or 0.0
    for before, after in pairwise(dated):
        if before.statuts == after.statuts:
            continue
        passed = (after.instant or 0.0) - start
        least = before.began - deposit.ended - tolerance
        most = after.ended - deposit.began + tolerance
        if not least <= passed <= most:
            came = (
                f"{after.word} is dated {after.date}, {passed:.1f} s after the deposit; it took "
                f"effect {max(0.0, least + tolerance):.1f} to {most - tolerance:.1f} s after it: "
                f"{deposit.id_flux}"
            )
            yield Breach(DATE, came, after.seen.exchange)


def _told(bench: Bench) -> Iterator[tuple[Deposit, list[Sighting]]]:
    """Every flux of the run, and the looks at it that told a status."""
    found = False
    for deposit in bench.life.accepted():
        told = [each for each in deposit.sightings if each.statuts]
        found = found or bool(told)
        yield deposit, told
    if not found:
        raise NotVerifiedError("no consultation told a status")


def _judged(bench: Bench) -> list[Deposit]:
    found = [
        deposit
        for deposit in bench.life.accepted()
        if any(each.final for each in deposit.sightings)
    ]
    if not found:
        raise NotVerifiedError("no flux reached a final status; --patience gives it longer")
    return found


def _earliest(sighting: Sighting) -> int:
    # Both final statuses are one end.
    return min(min(_RANK[statut], _FINAL) for statut in sighting.statuts)


def _latest(sighting: Sighting) -> int:
    return max(min(_RANK[statut], _FINAL) for statut in sighting.statuts)


CHECKS = (Check("lifecycle-order", "a flux is received, then treated, then judged", order),)

LAST = (
    Check("lifecycle-same-answer", "a judged flux is told the same twice", same_answer),
    Check("lifecycle-final", "a final status stays", final),
    Check("lifecycle-no-step-back", "a status never goes back", no_step_back),
    Check("lifecycle-date", "the date of a status is when it took effect", date),
)
"""Those that look at the flux again, at the end of a run."""
