"""Rules that force an outcome or a fault: which calls they match, when they apply, what they do.

Pure values: the counter of matching calls, on which `nth`, `times` and the draws depend, is the
store's, so that several processes share it.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Generic, Self, TypeVar

from attrs import Converter, field, fields, frozen
from attrs.converters import optional

from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.flux.motifs import Code

LONGEST_DELAY_MS = 600_000
"""A fault holds a call back ten minutes at most."""


@frozen(kw_only=True)
class _Definition:
    nth: int | None = None
    times: int | None = None

    def __attrs_post_init__(self) -> None:
        if any(count is not None and count < 1 for count in (self.nth, self.times)):
            raise ValueError("nth and times count from 1")

    @property
    def first(self) -> int:
        """The first matching call the rule applies to, from 1."""
        return self.nth or 1

    @property
    def last(self) -> int | None:
        """The last one, None when there is none."""
        if self.times is not None:
            return self.first + self.times - 1
        return self.nth

    def applies(self, number: int) -> bool:
        """Whether the rule applies to its matching call of this number."""
        return self.first <= number and (self.last is None or number <= self.last)

    def to_json(self) -> dict[str, Any]:
        """What is set, as JSON values."""
        values = ((known, getattr(self, known.name)) for known in fields(type(self)))
        return {known.name: value for known, value in values if value != known.default}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The rule that `to_json` wrote.

        Raises:
            ValueError: the values contradict each other.
        """
        return cls(**values)


def _codes(codes: Iterable[Code | str]) -> tuple[Code, ...]:
    return tuple(Code(code) for code in codes)


def _lower(text: str) -> str:
    return text.lower()


def _statut(statut: Statut | str | None, scenario: Any) -> Statut | None:
    if statut is None:
        return Statut.IRRECEVABLE if scenario.motifs else None
    return Statut(statut)


@frozen(kw_only=True)
class Scenario(_Definition):
    """Forces the outcome of matching deposits.

    What is None matches every deposit, or is left as it is.

    Attributes:
        nom: pattern of the file's name, with `*`, `?` and `[…]`.
        code_interface: the code stated beside the file.
        code_application: code of the depositing application.
        sha256: hexadecimal digest of the deposited bytes.
        nth: the matching deposit the rule begins with, from 1; alone, it is the only one.
        times: how many matching deposits it applies to.
        statut: the status at which the flux ends; a temporary one is never left.
        motifs: why it is irrecevable; needed for IRRECEVABLE and only there.
        recu_ms: how long it shows RECU, in milliseconds.
        traitement_ms: how long it shows EN_COURS_DE_TRAITEMENT, in milliseconds.
    """

    nom: str | None = None
    code_interface: str | None = None
    code_application: str | None = None
    sha256: str | None = field(default=None, converter=optional(_lower))
    motifs: tuple[Code, ...] = field(default=(), converter=_codes)
    statut: Statut | None = field(
        default=None,
        converter=Converter(_statut, takes_self=True),  # type: ignore[misc]  # unknown to mypy
    )
    recu_ms: int | None = None
    traitement_ms: int | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if (self.statut is Statut.IRRECEVABLE) != bool(self.motifs):
            raise ValueError("IRRECEVABLE needs one or more motifs, and nothing else takes any")

    def matches(self, depot: Depot, sha256: str) -> bool:
        """Whether the rule is about a deposit.

        Args:
            depot: the deposit.
            sha256: hexadecimal digest of its bytes.
        """
        return (
            (self.nom is None or fnmatchcase(depot.nom, self.nom))
            and self.code_interface in (None, depot.code_interface)
            and self.code_application in (None, depot.code_application)
            and self.sha256 in (None, sha256)
        )


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    LATENCY = "latency"
    RESET_BEFORE_STORE = "reset_before_store"
    RESET_AFTER_STORE = "reset_after_store"
    TRUNCATED_BODY = "truncated_body"
    MALFORMED_JSON = "malformed_json"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    SLOW_BODY = "slow_body"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 (a fault, not a secret)
    HEALTHCHECK_DOWN = "healthcheck_down"
    GATEWAY = "gateway"


class GatewayAnswer(StrEnum):
    """What a gateway says in the place of the API behind it."""

    EMPTY = "empty"
    HTML = "html"
    MAINTENANCE = "maintenance"
    CUT = "cut"


class Target(StrEnum):
    """The calls a fault can strike: the contract's operations, and PISTE's token."""

    DEPOSER = "deposer"
    CONSULTER = "consulter"
    SUPERVISER = "superviser"
    JETON = "jeton"


def _targets(names: Iterable[Target | str]) -> tuple[Target, ...]:
    return tuple(Target(name) for name in names)


@frozen(kw_only=True)
class Fault(_Definition):
    """Makes matching calls go wrong.

    Attributes:
        kind: what goes wrong.
        operations: the calls it strikes; none means all.
        nth: the matching call it begins with, from 1; alone, it is the only one.
        times: how many matching calls it applies to.
        probability: chance that one of these goes wrong.
        seed: makes the draws of chance and delay repeatable.
        status: the code answered; for `status`, 503 unless stated, and for `gateway`.
        retry_after: seconds in the header Retry-After, if any; for the same.
        answer: what the gateway says; for `gateway`. Unless stated a page in HTML if there is a
            `status`, nothing and 403 otherwise.
        delay_ms: how long `latency` holds the answer back and `slow_body` its body.
        sigma: makes `latency` log-normal: the delay is its median, this its spread.
        until: the instant at which it is over, None for never.
    """

    kind: FaultKind = field(converter=FaultKind)
    operations: tuple[Target, ...] = field(default=(), converter=_targets)
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    retry_after: int | None = None
    answer: GatewayAnswer | None = field(default=None, converter=optional(GatewayAnswer))
    delay_ms: int | None = None
    sigma: float | None = None
    until: Instant | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        self._check_answer()
        delays = self.kind in (FaultKind.LATENCY, FaultKind.SLOW_BODY)
        if delays != (self.delay_ms is not None):
            raise ValueError("latency and slow_body need a delay, and nothing else takes one")
        if self.delay_ms is not None and not 0 <= self.delay_ms <= LONGEST_DELAY_MS:
            raise ValueError("a delay lies between 0 and 10 minutes")
        if self.sigma is not None and (self.kind is not FaultKind.LATENCY or not self.sigma >= 0):
            raise ValueError("sigma goes with kind latency and is not negative")

    def _check_answer(self) -> None:
        says = self.kind in (FaultKind.STATUS, FaultKind.GATEWAY)
        if not says and (self.status is not None or self.retry_after is not None):
            raise ValueError("status and retry_after go with kinds status and gateway")
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError("status lies between 400 and 599")
        if self.answer is not None and self.kind is not FaultKind.GATEWAY:
            raise ValueError("answer goes with kind gateway")
        if self.answer is GatewayAnswer.CUT and (self.status, self.retry_after) != (None, None):
            raise ValueError("a connection that is cut has neither status nor retry_after")

    def is_over(self, now: Instant) -> bool:
        """Whether its time has passed."""
        return self.until is not None and now >= self.until

    def strikes(self, target: str) -> bool:
        """Whether the rule is about a call."""
        if self.kind is FaultKind.HEALTHCHECK_DOWN:
            return target == Target.SUPERVISER
        if self.kind is FaultKind.EXPIRED_TOKEN and target == Target.JETON:
            return False
        return not self.operations or target in self.operations

    def happens(self, number: int) -> bool:
        """Whether the matching call of this number goes wrong; the same draw for everyone."""
        return self.applies(number) and self._random(number, "chance") < self.probability

    def delay(self, number: int) -> float:
        """Seconds by which the matching call of this number is held back."""
        seconds = (self.delay_ms or 0) / 1_000
        if self.sigma and seconds:
            normal = Random(f"{self.seed} delay {number}").gauss(0, self.sigma)  # noqa: S311
            seconds *= math.exp(min(normal, 50.0))
        return min(seconds, LONGEST_DELAY_MS / 1_000)

    def _random(self, number: int, what: str) -> float:
        return Random(f"{self.seed} {what} {number}").random()  # noqa: S311 (repeatable, no secret)


Definition = TypeVar("Definition", Scenario, Fault, Fournisseur, Destinataire)


@frozen
class Rule(Generic[Definition]):
    """A definition the store holds.

    Attributes:
        id: its number.
        definition: what it says.
        seen: how many matching calls there were when it was read.
    """

    id: int
    definition: Definition
    seen: int = 0
