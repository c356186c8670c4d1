"""What only a platform of one's own is asked to bear: every motif, flux at and above the limit."""

from collections.abc import Iterator

from depot_flux_contract.verify.behaviours import LARGE, MOTIF, SIZE
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import Deposit, NotVerifiedError
from depot_flux_contract.verify.motifs import faulty_flux
from depot_flux_contract.verify.samples import good_flux
from depot_flux_simulator.contract import MultipartBody
from depot_flux_simulator.flux.lifecycle import Statut

_LIMIT = 30_000_000
_CODE = "FSO3110A"


def motifs(bench: Bench) -> Iterator[Breach]:
    """One flux for each motif, which fails that control alone."""
    made = []
    contract = bench.held.contract
    named = contract.states_name or isinstance(next(iter(contract.bodies)), MultipartBody)
    coded = contract.states_code_interface
    application = bench.platform.configuration.code_application
    for flux in faulty_flux(application, bench.deposits.new_number):
        if (named or not flux.by_name) and (coded or not flux.by_code):
            deposit = bench.deposits.make(flux.motif, flux.content, flux.name, flux.code)
            made.append(deposit)
            if not deposit.accepted and not 400 <= deposit.seen.status < 500:
                yield Breach(MOTIF, f"{deposit.seen.status} to {flux.motif}", deposit.seen.exchange)
    accepted = [deposit for deposit in made if deposit.accepted]
    bench.life.follow(accepted)
    for deposit in accepted:
        yield from _is(deposit, Statut.IRRECEVABLE)


def size(bench: Bench) -> Iterator[Breach]:
    """A flux of exactly the limit, and one of a byte more."""
    at_most = _padded(bench, _LIMIT)
    if not at_most.accepted:
        came = f"{at_most.seen.status} to a flux of {_LIMIT} bytes"
        yield Breach(LARGE, came, at_most.seen.exchange)
    above = _padded(bench, _LIMIT + 1)
    if not above.accepted:
        if not 400 <= above.seen.status < 500:
            yield Breach(SIZE, f"{above.seen.status}", above.seen.exchange)
        return
    bench.life.follow([above])
    last = above.sightings[-1]
    if not last.final:
        raise NotVerifiedError(f"{above.id_flux} is still {last.word}")
    if Statut.IRRECEVABLE not in last.statuts:
        yield Breach(SIZE, f"{last.word}: {above.id_flux}", last.seen.exchange)


def _padded(bench: Bench, length: int) -> Deposit:
    content, name = good_flux(_CODE, bench.deposits.new_number())
    return bench.deposits.make("size", content.ljust(length), name, _CODE)


def _is(deposit: Deposit, end: Statut) -> Iterator[Breach]:
    last = deposit.sightings[-1]
    if not last.final:
        raise NotVerifiedError(f"{deposit.id_flux} ({deposit.what}) is still {last.word}")
    if end not in last.statuts:
        came = f"{last.word} with {deposit.what}: {deposit.id_flux}, {deposit.name}"
        yield Breach(MOTIF, came, last.seen.exchange)


CHECKS = (
    Check("limit-size", "30 Mo are taken, and not a byte more", size, deep=True),
    Check("motifs", "every motif makes a flux irrecevable", motifs, deep=True),
)
