"""The steering in force, shared by every process on a store and read at next to no cost.

It lies in the store. Whoever changes it gives a signal, and only when that says that there was a
change is the store read again.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic

from depot_flux_simulator.flux.annuaire import Destinataire, Entree, Fournisseur
from depot_flux_simulator.flux.clock import Reading, machine_time
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.flux.rules import Definition, Fault, Rule, Scenario
from depot_flux_simulator.store import turns
from depot_flux_simulator.store.errors import StoreError, StoreUnreachableError
from depot_flux_simulator.store.rules import Ruling, SteeringSettings, SteeringStore
from depot_flux_simulator.store.signals import Signal

# A call looks at the steering again and again, and waits for it once.
_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """The steering at one moment.

    Attributes:
        settings: clock, pace and quota.
        scenarios: the rules on deposits, oldest first.
        faults: the rules on calls, oldest first.
        annuaire: what was said of the annuaire, oldest first.
        spent: numbers of rules this process knows to be used up; it grows.
    """

    settings: SteeringSettings
    scenarios: tuple[Rule[Scenario], ...] = ()
    faults: tuple[Rule[Fault], ...] = ()
    annuaire: tuple[Rule[Fournisseur] | Rule[Destinataire], ...] = ()
    spent: set[int] = field(default_factory=set)


class Steering:
    """Reads and changes the steering.

    Args:
        store: where it lies.
        signal: tells whether there was a change.
        start: instant of a manual clock to begin with, None for the machine's time.
    """

    def __init__(self, store: SteeringStore, signal: Signal, start: Instant | None) -> None:
        self._store = store
        self._start = start
        self._signal = signal
        self._loading = threading.Lock()
        self._fails_until = 0.0
        store.prepare(self._initial())
        self._seen = signal.read()
        self._state = self._load()

    @property
    def state(self) -> State:
        """The steering in force now.

        Raises:
            StoreError: it has changed, and the store does not say how.
        """
        if self._signal.read() != self._seen:
            turns.elsewhere(self._reload)
        return self._state

    @property
    def known(self) -> State:
        """The steering as it was last read."""
        return self._state

    def reading(self) -> Reading:
        """How time runs now, as far as is known."""
        try:
            return self.state.settings.clock
        except StoreError:
            return self._state.settings.clock

    def move_clock(
        self,
        *,
        advance: int | None = None,
        to: Instant | None = None,
        factor: float | None = None,
    ) -> Reading:
        """Steer time; what is None stays as it is.

        Args:
            advance: milliseconds to move forward by.
            to: instant to move forward to.
            factor: how fast time runs from then on; 0 stops it.

        Raises:
            BackwardsError: `to` lies in the clock's past.
            ValueError: the clock would leave the year 2999.
        """

        def change(settings: SteeringSettings) -> SteeringSettings:
            real, reading = machine_time(), settings.clock
            if to is not None:
                reading = reading.moved(real, to)
            if advance:
                reading = reading.moved(real, reading.at(real) + advance)
            if factor is not None:
                reading = reading.paced(real, factor)
            return replace(settings, clock=reading)

        return self.change(change).clock

    def set(self, **values: float | None) -> SteeringSettings:
        """Set `pace` or `flux_per_hour`; None gives back what was set at the start.

        Raises:
            ValueError: a value is negative.
        """
        if any(value is not None and value < 0 for value in values.values()):
            raise ValueError(f"{', '.join(values)}: 0 or more, or nothing")
        return self.change(lambda settings: replace(settings, **values))  # type: ignore[arg-type]

    def change(self, change: Callable[[SteeringSettings], SteeringSettings]) -> SteeringSettings:
        """Change clock, pace or quota; nobody else changes them meanwhile."""
        settings = self._store.change(change)
        self._tell(settings.generation)
        return settings

    def add(self, definition: Ruling) -> int:
        """Add a rule and return its number."""
        number, generation = self._store.add(definition)
        self._tell(generation)
        return number

    def remove(self, kind: type[Ruling], number: int | None = None) -> int:
        """Remove a rule, or all of a kind; how many there were."""
        count, generation = self._store.remove(kind, number)
        self._tell(generation)
        return count

    def rules(self, kind: type[Definition]) -> list[Rule[Definition]]:
        """All rules of a kind, oldest first, with how often each matched so far."""
        return self._store.rules(kind)

    def annuaire(self) -> list[Rule[Fournisseur] | Rule[Destinataire]]:
        """What was said of the annuaire: its suppliers, then its recipients."""
        return [*self._store.rules(Fournisseur), *self._store.rules(Destinataire)]

    def entries(self) -> tuple[Entree, ...]:
        """The same as values, oldest first."""
        return tuple(rule.definition for rule in self.state.annuaire)

    def count(self, rule: Rule[Fault]) -> int | None:
        """Count a call that a fault matches and say its number, None when the fault is used up."""
        state = self.state
        if rule.id in state.spent:
            return None
        number = self._store.count(rule.id, rule.definition.last)
        if number is None:
            state.spent.add(rule.id)
        return number

    def reset(self) -> None:
        """Clear flux, rules and settings; the clock begins anew."""
        generation = self._store.reset(self._initial())
        self._tell(generation)

    def close(self) -> None:
        """Let go of the signal."""
        self._signal.close()

    def _initial(self) -> Reading:
        real = machine_time()
        return Reading(real, real, 1.0) if self._start is None else Reading(real, self._start, 0.0)

    def _tell(self, generation: int) -> None:
        self._signal.tell(generation)

    def _reload(self) -> None:
        with self._loading:
            # The number first: a change that comes while the store is read is seen next time.
            seen = self._signal.read()
            if seen == self._seen:
                return  # another caller was first
            if monotonic() < self._fails_until:
                raise StoreUnreachableError("the steering has changed, and cannot be read")
            try:
                self._state = self._load()
            except StoreError as error:
                _log.warning("the steering cannot be read: %s", error)
                self._fails_until = monotonic() + _AGAIN_SECONDS
                raise
            self._seen = seen

    def _load(self) -> State:
        settings = self._store.settings()
        return State(
            settings=settings,
            scenarios=tuple(self._store.rules(Scenario)),
            faults=tuple(self._store.rules(Fault)),
            annuaire=tuple(sorted(self.annuaire(), key=lambda rule: rule.id)),
        )
