"""States of a flux and when each takes effect: a pure function of facts and time.

A status is computed, never ticked: nothing moves it, so nothing can lose it.
Source of the states and of their order: the presentation of the API, [P] (documented). The
delays between them are ours (assumed).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

Instant = int
"""Milliseconds since 1970-01-01T00:00:00Z."""


class Statut(StrEnum):
    """Status of a flux; the last two are final."""

    RECU = "RECU"
    EN_COURS_DE_TRAITEMENT = "EN_COURS_DE_TRAITEMENT"
    RECEVABLE = "RECEVABLE"
    IRRECEVABLE = "IRRECEVABLE"

    @property
    def final(self) -> bool:
        """Whether the status can no longer change."""
        return self in (Statut.RECEVABLE, Statut.IRRECEVABLE)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a flux shows each temporary status at least, in milliseconds; None is for ever."""

    recu: int | None = 2_000
    traitement: int | None = 3_000

    def __mul__(self, factor: float) -> "Pace":
        recu, traitement = (
            None if delay is None else round(delay * factor)
            for delay in (self.recu, self.traitement)
        )
        return Pace(recu, traitement)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of a flux's life, and all its status follows from.

    Attributes:
        depose_le: when it was deposited.
        pace: the delays it was deposited under.
        recevable: the verdict, None as long as the controls have not reached it.
        verdict_le: when the verdict was reached, None likewise.
    """

    depose_le: Instant
    pace: Pace
    recevable: bool | None = None
    verdict_le: Instant | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A status and the moment it took effect."""

    statut: Statut
    depuis: Instant


def steps(facts: Facts) -> Iterator[Step]:
    """Every status the facts already settle, in order, those still to come included."""
    yield Step(Statut.RECU, facts.depose_le)
    if facts.pace.recu is None:
        return
    en_cours = facts.depose_le + facts.pace.recu
    yield Step(Statut.EN_COURS_DE_TRAITEMENT, en_cours)
    if facts.recevable is None or facts.verdict_le is None or facts.pace.traitement is None:
        return
    final = Statut.RECEVABLE if facts.recevable else Statut.IRRECEVABLE
    # Never before the verdict: until then a reader has seen a temporary status.
    yield Step(final, max(en_cours + facts.pace.traitement, facts.verdict_le))


def history(facts: Facts, now: Instant) -> tuple[Step, ...]:
    """The statuses in effect up to `now`, oldest first; never empty."""
    first, *later = steps(facts)
    return (first, *(step for step in later if step.depuis <= now))


def current(facts: Facts, now: Instant) -> Step:
    """The status at `now`."""
    return history(facts, now)[-1]
