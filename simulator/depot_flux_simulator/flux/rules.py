"""Rules that force an outcome or a fault: which calls they match, when they apply, what they do.

Pure values: the counter of matching calls, on which `nth`, `times` and the draws depend, is the
store's, so that several processes share it.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Generic, Self, TypeVar

from depot_flux_simulator.flux.lifecycle import Pace, Statut
from depot_flux_simulator.flux.motifs import Code

LONGEST_DELAY_MS = 600_000
"""A fault holds a call back ten minutes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    nth: int | None = None
    times: int | None = None

    def __post_init__(self) -> None:
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
        unset = {field.name: field.default for field in fields(self)}
        return {key: value for key, value in asdict(self).items() if value != unset[key]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The rule that `to_json` wrote.

        Raises:
            ValueError: the values contradict each other.
        """
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    sha256: str | None = None
    statut: Statut | None = None
    motifs: tuple[Code, ...] = ()
    recu_ms: int | None = None
    traitement_ms: int | None = None

    def __post_init__(self) -> None:
        # A dataclass with slots is a class made anew: super() without arguments misses it.
        _Definition.__post_init__(self)
        _set(self, "motifs", tuple(Code(code) for code in self.motifs))
        if self.motifs and self.statut is None:
            _set(self, "statut", Statut.IRRECEVABLE)
        if self.statut is not None:
            _set(self, "statut", Statut(self.statut))
        if (self.statut is Statut.IRRECEVABLE) != bool(self.motifs):
            raise ValueError("IRRECEVABLE needs one or more motifs, and nothing else takes any")
        if self.sha256 is not None:
            _set(self, "sha256", self.sha256.lower())

    def matches(self, depot: "Deposit") -> bool:
        """Whether the rule is about a deposit."""
        return (
            (self.nom is None or fnmatchcase(depot.nom, self.nom))
            and self.code_interface in (None, depot.code_interface)
            and self.code_application in (None, depot.code_application)
            and (self.sha256 is None or self.sha256 == depot.sha256())
        )


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a scenario looks at; the digest is only computed when asked for."""

    nom: str
    code_interface: str
    code_application: str
    sha256: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Forced:
    """What was forced upon a flux.

    Attributes:
        par: what forced it, e.g. "scenario 3" or "SIM-IRR_ANTIVIRUS".
        statut: the status at which it ends, None when its controls decide.
        motifs: why it is irrecevable.
        recu_ms: its own delay in RECU, None for the usual one.
        traitement_ms: likewise in EN_COURS_DE_TRAITEMENT.
    """

    par: tuple[str, ...] = ()
    statut: Statut | None = None
    motifs: tuple[Code, ...] = ()
    recu_ms: int | None = None
    traitement_ms: int | None = None

    def and_then(self, par: str, scenario: Scenario) -> "Forced":
        """The same with a scenario's word on top: what it says replaces what was said."""
        forced = replace(self, par=(*self.par, par))
        if scenario.statut is not None:
            forced = replace(forced, statut=scenario.statut, motifs=scenario.motifs)
        for delay in ("recu_ms", "traitement_ms"):
            if getattr(scenario, delay) is not None:
                forced = replace(forced, **{delay: getattr(scenario, delay)})
        return forced

    def pace(self, usual: Pace) -> Pace:
        """The pace of the flux, given the usual one."""
        recu = usual.recu if self.recu_ms is None else self.recu_ms
        traitement = usual.traitement if self.traitement_ms is None else self.traitement_ms
        if self.statut is Statut.RECU:
            return Pace(None, None)
        if self.statut is Statut.EN_COURS_DE_TRAITEMENT:
            return Pace(recu, None)
        return Pace(recu, traitement)


NOTHING = Forced()
"""Nothing is forced."""


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


class Target(StrEnum):
    """The calls a fault can strike: the contract's operations, and PISTE's token."""

    DEPOSER = "deposer"
    CONSULTER = "consulter"
    SUPERVISER = "superviser"
    JETON = "jeton"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(_Definition):
    """Makes matching calls go wrong.

    Attributes:
        kind: what goes wrong.
        operations: the calls it strikes; none means all.
        nth: the matching call it begins with, from 1; alone, it is the only one.
        times: how many matching calls it applies to.
        probability: chance that one of these goes wrong.
        seed: makes the draws of chance and delay repeatable.
        status: the code answered, 503 unless stated; for `status`.
        retry_after: seconds in the header Retry-After, if any; for `status`.
        delay_ms: how long `latency` holds the answer back and `slow_body` its body.
        sigma: makes `latency` log-normal: the delay is its median, this its spread.
    """

    kind: FaultKind
    operations: tuple[Target, ...] = ()
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    retry_after: int | None = None
    delay_ms: int | None = None
    sigma: float | None = None

    def __post_init__(self) -> None:
        _Definition.__post_init__(self)
        _set(self, "kind", FaultKind(self.kind))
        _set(self, "operations", tuple(Target(name) for name in self.operations))
        if not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        is_status = self.kind is FaultKind.STATUS
        if not is_status and (self.status is not None or self.retry_after is not None):
            raise ValueError("status and retry_after go with kind status")
        if is_status and not 400 <= (self.status or 503) <= 599:
            raise ValueError("status lies between 400 and 599")
        delays = self.kind in (FaultKind.LATENCY, FaultKind.SLOW_BODY)
        if delays != (self.delay_ms is not None):
            raise ValueError("latency and slow_body need a delay, and nothing else takes one")
        if self.delay_ms is not None and not 0 <= self.delay_ms <= LONGEST_DELAY_MS:
            raise ValueError("a delay lies between 0 and 10 minutes")
        if self.sigma is not None and (self.kind is not FaultKind.LATENCY or not self.sigma >= 0):
            raise ValueError("sigma goes with kind latency and is not negative")

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


Definition = TypeVar("Definition", Scenario, Fault)


@dataclass(frozen=True, slots=True)
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


def choose(rules: Iterable[Rule[Scenario]], count: Callable[[int], int], forced: Forced) -> Forced:
    """What scenarios force upon a deposit that they all match, the newest having the last word.

    Args:
        rules: the matching scenarios, oldest first.
        count: counts a matching deposit for a rule and says its number, from 1.
        forced: what is forced already.
    """
    for rule in rules:
        if rule.definition.applies(count(rule.id)):
            forced = forced.and_then(f"scenario {rule.id}", rule.definition)
    return forced


def _set(instance: object, name: str, value: object) -> None:
    object.__setattr__(instance, name, value)
