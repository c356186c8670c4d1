"""Both sides of an exchange held against the contract."""

from collections.abc import Iterator

from depot_flux_contract.exchanges.answers import hold_answer
from depot_flux_contract.exchanges.called import called
from depot_flux_contract.exchanges.contracts import Held
from depot_flux_contract.exchanges.exchange import Exchange
from depot_flux_contract.exchanges.findings import Finding, Side
from depot_flux_contract.exchanges.requests import hold_request


def hold(
    held: Held, exchange: Exchange, base: str | None = None, *, only: Side | None = None
) -> list[Finding]:
    """What breaks the contract in an exchange; nothing where it calls none of its operations.

    Args:
        held: the contract.
        exchange: the exchange.
        base: path before those of the contract; None where it is not known.
        only: the side that is looked at; None for both.
    """
    call = called(held.contract, exchange, base)
    if call is None:
        return []

    def found() -> Iterator[Finding]:
        if only is not Side.PLATFORM:
            yield from hold_request(held, call, exchange)
        if only is not Side.CLIENT:
            yield from hold_answer(held, call.operation, exchange)

    return list(dict.fromkeys(found()))
