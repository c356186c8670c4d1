"""States of a flux and when each takes effect: a pure function of facts and time.

A status is computed, never ticked: nothing moves it, so nothing can lose it. The instants are
settled when the flux is deposited and when it is judged; from then on they are only compared.
Source of the states and of their order: the presentation of the API, [P] (documented). The
delays between them are ours (assumed).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
        en_cours_le: when RECU ends, None if it never does.
        final_le: when EN_COURS_DE_TRAITEMENT ends, None if it never does; at the earliest, as
            long as there is no verdict.
        recevable: the verdict, None as long as the controls have not reached it.
        verdict_le: when the verdict was reached, None likewise.
    """

    depose_le: Instant
    en_cours_le: Instant | None
    final_le: Instant | None
    recevable: bool | None = None
    verdict_le: Instant | None = None

    @classmethod
    def deposited(cls, depose_le: Instant, pace: Pace) -> "Facts":
        """The life of a flux deposited under these delays."""
        en_cours_le = _after(depose_le, pace.recu)
        return cls(depose_le, en_cours_le, _after(en_cours_le, pace.traitement))

    def judged(self, *, recevable: bool, le: Instant) -> "Facts":
        """The same once its verdict is reached.

        It shows no sooner: until then a reader has seen a temporary status.
        """
        final_le = None if self.final_le is None else max(self.final_le, le)
        return replace(self, final_le=final_le, recevable=recevable, verdict_le=le)


@dataclass(frozen=True, slots=True)
class Step:
    """A status and the moment it took effect."""

    statut: Statut
    depuis: Instant


def steps(facts: Facts) -> Iterator[Step]:
    """Every status the facts already settle, in order, those still to come included."""
    yield Step(Statut.RECU, facts.depose_le)
    if facts.en_cours_le is not None:
        yield Step(Statut.EN_COURS_DE_TRAITEMENT, facts.en_cours_le)
    if facts.final_le is not None and facts.recevable is not None:
        final = Statut.RECEVABLE if facts.recevable else Statut.IRRECEVABLE
        yield Step(final, facts.final_le)


def history(facts: Facts, now: Instant) -> tuple[Step, ...]:
    """The statuses in effect up to `now`, oldest first; never empty."""
    first, *later = steps(facts)
    return (first, *(step for step in later if step.depuis <= now))


def current(facts: Facts, now: Instant) -> Step:
    """The status at `now`."""
    return history(facts, now)[-1]


def _after(instant: Instant | None, delay: int | None) -> Instant | None:
    return None if instant is None or delay is None else instant + delay
