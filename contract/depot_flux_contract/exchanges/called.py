"""Which operation of the contract an exchange calls."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from depot_flux_contract.exchanges.exchange import Exchange
from depot_flux_simulator.contract import Contract, Operation


@dataclass(frozen=True, slots=True)
class Called:
    """A call of an operation.

    Attributes:
        operation: what is called.
        base: what stands before the contract's path.
        path: what stands for each parameter of the path, decoded.
        query: the values of each parameter of the query.
    """

    operation: Operation
    base: str
    path: dict[str, str]
    query: dict[str, list[str]]


def called(contract: Contract, exchange: Exchange, base: str | None = None) -> Called | None:
    """The operation of an exchange, None where it is none of the contract's.

    Args:
        contract: the contract.
        exchange: the call.
        base: path before those of the contract; None where it is not known.
    """
    parts = urlsplit(exchange.sent.url)
    found: list[Called] = []
    for operation in contract.operations:
        if operation.method != exchange.sent.method:
            continue
        match = _pattern(operation).fullmatch(parts.path)
        if match and (base is None or match["base"] == base.rstrip("/")):
            values = match.groups()[1:]
            names = operation.path_parameters
            path = {name: unquote(value) for name, value in zip(names, values, strict=True)}
            query = parse_qs(parts.query, keep_blank_values=True)
            found.append(Called(operation, match["base"], path, query))
    # A path without parameters goes before one that would take it for a value.
    return min(found, key=lambda each: len(each.path), default=None)


def _pattern(operation: Operation) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", operation.path)
    text = "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(f"(?P<base>.*?){text}/?" if operation.path != "/" else r"(?P<base>.*?)/?")
