"""One look at a flux: its status and its date, and between which moments it was seen."""

from dataclasses import dataclass
from typing import Any

from depot_flux_contract.exchanges import Held
from depot_flux_contract.verify.platform import Seen
from depot_flux_simulator.contract.dates import date_form, granularity, read_date
from depot_flux_simulator.contract.document import Node
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.lifecycle import Statut


@dataclass(frozen=True, slots=True)
class Sighting:
    """A consultation of a flux.

    Attributes:
        began: when the request left, in seconds.
        ended: when the answer had come.
        statuts: every status that the answer may mean, none where it tells none that is known.
        date: the date it tells, as it was written; None without one.
        instant: the same in seconds since 1970; None where it cannot be read.
        seen: the answer.
    """

    began: float
    ended: float
    statuts: tuple[Statut, ...]
    date: Any
    instant: float | None
    seen: Seen

    @property
    def final(self) -> bool:
        """Whether the status can no longer change."""
        return bool(self.statuts) and all(statut.final for statut in self.statuts)

    @property
    def word(self) -> str:
        """The status in words."""
        return " or ".join(self.statuts) or f"no known status (HTTP {self.seen.status})"


class Dates:
    """Reads the date of a status in the form of a contract.

    Attributes:
        told: whether the contract dates a status at all, in a form that is known.
        step: seconds that the form cannot tell apart.
    """

    def __init__(self, held: Held) -> None:
        form = _form(held)
        self.told = form is not None
        self._form = form or ""
        self.step = granularity(form) / 1000 if form else 0.0

    def read(self, value: Any) -> float | None:
        """The instant of a date, in seconds since 1970; None where it cannot be read."""
        if value is None or not self.told:
            return None
        instant = read_date(self._form, value)
        return None if instant is None else instant / 1000


def sighting(seen: Seen, began: float, ended: float, dates: Dates) -> Sighting:
    """What an answer to a consultation shows."""
    statuts: tuple[Statut, ...] = ()
    date = None
    if seen.succeeded:
        reply = seen.as_promised()
        try:
            statuts = reply.statuts
        except (LookupError, TypeError):
            statuts = ()
        date = reply.value(Role.DATE_STATUT)
    return Sighting(began, ended, statuts, date, dates.read(date), seen)


def _form(held: Held) -> str | None:
    content: Node = held.contract.consulter.success_node.get("content", {})
    for media in content.values():
        for role, place in held.document.places(media.get("schema", {})):
            if role == Role.DATE_STATUT:
                try:
                    return date_form(held.document, place.schema, "date")
                except ConfigurationError:
                    return None
    return None
