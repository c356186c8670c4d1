"""What does not hold: a rule, where it comes from, and what came instead."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from depot_flux_contract.exchanges.exchange import Exchange
from depot_flux_contract.exchanges.origins import Origin


class Side(StrEnum):
    """Who broke a rule."""

    PLATFORM = "platform"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must hold.

    Attributes:
        says: the rule in one sentence, the same whenever it is broken.
        origin: where it comes from and how surely.
    """

    says: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that did not hold.

    Attributes:
        check: name of the check that found it.
        rule: the rule.
        came: what came instead, in one sentence.
        side: who broke it.
        exchange: where it was seen; None where several say it together.
    """

    check: str
    rule: Rule
    came: str
    side: Side = Side.PLATFORM
    exchange: Exchange | None = None

    @property
    def key(self) -> str:
        """What tells it from others, the same at every run: of its check and its rule."""
        text = f"{self.check}\n{self.side}\n{self.rule.says}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """The finding for machines, its exchange left out."""
        origin = self.rule.origin
        return {
            "key": self.key,
            "check": self.check,
            "side": str(self.side),
            "rule": self.rule.says,
            "class": origin.kind,
            "source": origin.source,
            "section": origin.section,
            "element": origin.element,
            "place": origin.place,
            "came": self.came,
        }
