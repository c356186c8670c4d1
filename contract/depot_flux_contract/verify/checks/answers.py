"""The form of every answer of the run: its code, type, encoding, headers and body."""

from collections.abc import Callable, Iterator

from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError


def _kind(name: str) -> Callable[[Bench], Iterator[Breach]]:
    """What looks for the findings of one name among all exchanges; each rule once."""

    def look(bench: Bench) -> Iterator[Breach]:
        told = set()
        for finding in bench.held_findings():
            if finding.check == name and finding.key not in told:
                told.add(finding.key)
                yield Breach(finding.rule, finding.came, finding.exchange)

    return look


def retry_after(bench: Bench) -> Iterator[Breach]:
    """What is told to whom is turned away."""
    found = list(_kind("retry-after")(bench))
    if not any(exchange.received.status == 429 for exchange in bench.exchanges):
        raise NotVerifiedError("no call was turned away with 429")
    yield from found


CHECKS = (
    Check("answer-code", "every answer has a code that the contract declares",
          _kind("answer-code")),
    Check("answer-content-type", "every answer has the contract's media type",
          _kind("answer-content-type")),
    Check("answer-charset", "JSON is UTF-8", _kind("answer-charset")),
    Check("answer-headers", "every answer has the headers that the contract requires",
          _kind("answer-headers")),
    Check("answer-fields", "every success has the fields of the contract, in their form",
          _kind("answer-fields")),
    Check("error-body", "every error has the contract's body", _kind("error-body")),
    Check("no-internal-error", "no call is answered by an internal error",
          _kind("no-internal-error")),
    Check("retry-after", "who is turned away is told when to come back", retry_after),
)  # fmt: skip
