"""What others may: see no flux of another application, change nothing."""

from collections.abc import Iterator

from depot_flux_contract.verify.behaviours import ISOLATED, READ_ONLY
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_simulator.contract.document import Node

_CHANGING = ("PUT", "PATCH", "DELETE")
_NOT_THERE = frozenset({401, 403, 404})


def isolated(bench: Bench) -> Iterator[Breach]:
    """A flux of the first application, asked for by the second."""
    if bench.other is None:
        raise NotVerifiedError("--second-profile gives the access of another application")
    if bench.other.configuration.client_id == bench.platform.configuration.client_id:
        raise NotVerifiedError("--second-profile is the same application")
    deposit = bench.life.any_good()
    seen = bench.other.consult(deposit.id_flux)
    if seen.status not in _NOT_THERE:
        came = f"{seen.status} to another application, about {deposit.id_flux}"
        yield Breach(ISOLATED, came, seen.exchange)


def read_only(bench: Bench) -> Iterator[Breach]:
    """What would change or delete, and whether the flux is still there."""
    contract = bench.held.contract
    try:
        id_flux = bench.life.any_good().id_flux
    except NotVerifiedError:
        id_flux = ""
    asked = id_flux or str(contract.new_identifier(""))
    for operation in (contract.consulter, contract.deposer):
        item: Node = contract.document["paths"][operation.path]
        for method in _CHANGING:
            if method.lower() in item:
                continue
            seen = bench.platform.with_method(method, operation, asked)
            if seen.status < 400 or seen.status == 500:
                came = f"{method} {operation.path} answers {seen.status}"
                yield Breach(READ_ONLY, came, seen.exchange)
    if id_flux:
        after = bench.platform.consult(id_flux)
        if not after.reply.accepted:
            came = f"{after.status} about {id_flux} after PUT, PATCH and DELETE"
            yield Breach(READ_ONLY, came, after.exchange)


CHECKS = (
    Check("isolation", "a flux is told to the application that deposited it alone", isolated),
    Check("read-only", "PUT, PATCH and DELETE change nothing", read_only),
)
