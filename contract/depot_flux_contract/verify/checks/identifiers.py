"""Identifiers: of its own for every flux, unknown, malformed."""

from collections import Counter
from collections.abc import Iterator

from depot_flux_contract.verify.behaviours import MALFORMED, OWN_IDENTIFIER, UNKNOWN
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError

_MALFORMED = ("é", "a b", "x" * 300, "-", "';--%", "\x00")
_IN_HEADER = ("a b", "x" * 300, "-", "';--%")


def of_its_own(bench: Bench) -> Iterator[Breach]:
    """The identifiers of all deposits."""
    deposits = bench.life.accepted()
    if len(deposits) < 2:
        raise NotVerifiedError("two deposits are needed to compare, and one was made")
    for id_flux, count in Counter(each.id_flux for each in bench.deposits.made).items():
        if id_flux and count > 1:
            twice = [each for each in bench.deposits.made if each.id_flux == id_flux]
            came = f"{id_flux} was given to {count} flux"
            yield Breach(OWN_IDENTIFIER, came, twice[-1].seen.exchange)


def unknown(bench: Bench) -> Iterator[Breach]:
    """An identifier such as the contract has them, of a flux that nobody deposited."""
    seen = bench.unknown
    if seen.status != 404:
        yield Breach(UNKNOWN, f"{seen.status}", seen.exchange)


def malformed(bench: Bench) -> Iterator[Breach]:
    """Texts that are no identifier."""
    parameter = bench.held.contract.id_parameter
    values = _IN_HEADER if parameter.place == "header" else _MALFORMED
    for value in values:
        seen = bench.platform.consult(value)
        if seen.status not in {400, 404, 422}:
            came = f"{seen.status} to {value[:20]!r}"
            yield Breach(MALFORMED, came, seen.exchange)


CHECKS = (
    Check("identifier-unique", "every flux has an identifier of its own", of_its_own),
    Check("identifier-unknown", "an identifier that nobody got is unknown", unknown),
    Check("identifier-malformed", "a malformed identifier is refused", malformed),
)
