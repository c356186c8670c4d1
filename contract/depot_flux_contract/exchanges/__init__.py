"""An exchange, one request and its answer, held against the effective contract.

What verifies, learns, observes and tests shares this: an `Exchange` goes in, `Finding`s come out,
each with the rule that does not hold, where that rule comes from, and how surely.
"""

from depot_flux_contract.exchanges.contracts import Held, held_contract
from depot_flux_contract.exchanges.exchange import Exchange, Received, Sent
from depot_flux_contract.exchanges.findings import Finding, Rule, Side
from depot_flux_contract.exchanges.holding import hold
from depot_flux_contract.exchanges.origins import Origin, Origins
from depot_flux_contract.exchanges.secrets import Secrets

__all__ = [
    "Exchange",
    "Finding",
    "Held",
    "Origin",
    "Origins",
    "Received",
    "Rule",
    "Secrets",
    "Sent",
    "Side",
    "held_contract",
    "hold",
]
