"""A finding with all that is told of it, secrets taken out: what everything shows of one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from depot_flux._command.display import printable
from depot_flux._http.access import ACCOUNT_HEADER
from depot_flux_contract.exchanges.curl import line
from depot_flux_contract.exchanges.exchange import Exchange
from depot_flux_contract.exchanges.findings import Finding
from depot_flux_contract.exchanges.secrets import Secrets

_LONGEST = 1_500
_OURS = frozenset({"assumed", "inferred"})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it is shown.

    Attributes:
        finding: the finding.
        rule: what must hold.
        origin: where that comes from, with its class.
        came: what came instead.
        advice: what to do where the platform is right, "" for nothing.
        curl: the line that repeats it; "" where several exchanges say it.
        answer: the beginning of the answer; "" likewise.
    """

    finding: Finding
    rule: str
    origin: str
    came: str
    advice: str
    curl: str
    answer: str

    def lines(self) -> list[str]:
        """It as lines for a person."""
        told = [
            f"rule    {self.rule}",
            f"source  {self.origin}",
            f"came    {self.came}",
        ]
        told += [f"        {self.advice}"] if self.advice else []
        told += [f"repeat  {self.curl}"] if self.curl else []
        # What came, and what is repeated, may hold what moves a terminal's cursor.
        return [printable(line) for line in told]

    def as_json(self) -> dict[str, Any]:
        """It for machines."""
        told = {"came": self.came, "advice": self.advice, "curl": self.curl, "answer": self.answer}
        return {**self.finding.as_json(), **told}


Tell = Callable[[Finding], Told]
"""Gives a finding as it is shown."""


class Telling(Protocol):
    """What knows the secrets of an exchange, and the line that repeats it."""

    @property
    def secrets(self) -> Secrets:
        """What must not be shown."""

    def curl(self, exchange: Exchange) -> str:
        """The line that repeats a call."""


class Access:
    """Whatever access calls bring, to be shown as variables of the shell.

    Attributes:
        secrets: what must not be shown.
    """

    def __init__(self) -> None:
        self.secrets = Secrets()

    def curl(self, exchange: Exchange) -> str:
        """The line that repeats a call."""
        self.secrets = Secrets().of(exchange)
        sent, access = exchange.sent, {}
        for name, variable in (("Authorization", "TOKEN"), (ACCOUNT_HEADER, "CPRO_ACCOUNT")):
            value = (sent.header(name) or "").removeprefix("Bearer ")
            self.secrets.add(value)
            access[value] = variable
        return line(sent, self.secrets, access)


def told(by: Telling, finding: Finding) -> Told:
    """A finding as it is shown."""
    origin, exchange = finding.rule.origin, finding.exchange
    curl = by.curl(exchange) if exchange else ""
    hide = by.secrets.hide  # the line may have told it more of them
    advice = ""
    if origin.kind in _OURS and origin.place:
        advice = f"if the platform is right, the line to change is {origin.place}"
    return Told(
        finding,
        finding.rule.says,
        str(origin),
        hide(finding.came),
        advice,
        curl,
        _answer(exchange, hide) if exchange else "",
    )


def _answer(exchange: Exchange, hide: Callable[[str], str]) -> str:
    received = exchange.received
    head = [f"{received.status}"]
    if received.media_type:
        head.append(str(received.header("Content-Type")))
    # A secret that the end of what is shown would cut in two is hidden whole.
    body = hide((received.body or b"").decode("utf-8", "replace"))
    shown = body if len(body) <= _LONGEST else body[:_LONGEST] + "…"
    return "\n".join([hide(" ".join(head)), shown]).strip()
