"""What is done with each exchange that passes: held to the contract, told, written."""

from collections.abc import Callable

from depot_flux_contract.exchanges import Exchange, Finding, Held, hold
from depot_flux_contract.exchanges.har import HarWriter
from depot_flux_contract.exchanges.told import Access, told


class Watching:
    """Takes exchanges.

    Args:
        held: the contract.
        har: takes them all.
        base_path: path before those of the contract.
        say: prints a line.

    Attributes:
        seen: how many there were.
        findings: what broke the contract.
    """

    def __init__(
        self, held: Held, har: HarWriter, base_path: str, say: Callable[[str], None]
    ) -> None:
        self._held, self._har, self._base_path, self._say = held, har, base_path, say
        self._access = Access()
        self.seen = 0
        self.findings: list[Finding] = []

    def __call__(self, exchange: Exchange) -> None:
        """Take an exchange."""
        self.seen += 1
        self._har.write(exchange)
        sent = exchange.sent
        for finding in hold(self._held, exchange, self._base_path):
            self.findings.append(finding)
            self._say(f"{finding.side}: {finding.check} {sent.method} {sent.path}")
            for line in told(self._access, finding).lines():
                self._say(f"  {line}")
