"""What tests set and ruled, in the same database as the flux."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
from depot_flux_simulator.flux.clock import Reading
from depot_flux_simulator.flux.rules import Definition, Fault, Rule, Scenario
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import ConflictError

_settings, _rule = tables.pilotage, tables.regle
Ruling = Scenario | Fault | Fournisseur | Destinataire
"""What a test may say and take back."""
_KINDS: dict[type[Ruling], str] = {
    Scenario: "scenario",
    Fault: "fault",
    Fournisseur: "fournisseur",
    Destinataire: "destinataire",
}


@dataclass(frozen=True, slots=True)
class SteeringSettings:
    """What is set rather than ruled.

    Attributes:
        generation: number of the last change.
        epoch: how often everything was cleared.
        clock: how time runs.
        pace: factor on the delays of new flux, None for the one set at the start.
        flux_per_hour: quota of one application, None for none.
    """

    generation: int
    epoch: int
    clock: Reading
    pace: float | None = None
    flux_per_hour: int | None = None


class SteeringStore:
    """Keeps the steering; safe to use from several threads and processes.

    Args:
        database: where it lies.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._generation = database.backend.reader(sa.select(_settings.c.generation))

    def generation(self) -> int:
        """The number of the last change."""
        row = self._generation.one({})
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """Let go of what reads."""
        self._generation.close()

    def prepare(self, clock: Reading) -> None:
        """Make the row of the settings if there is none."""
        row = _row(SteeringSettings(generation=1, epoch=1, clock=clock))
        try:
            with self._database.writing() as connection:
                if connection.execute(sa.select(_settings.c.pk)).first() is None:
                    connection.execute(_settings.insert(), {"pk": 1, **row})
        except ConflictError:
            pass  # another process was first

    def settings(self) -> SteeringSettings:
        """What is set."""
        with self._database.reading() as connection:
            return _read(connection)

    def change(self, change: Callable[[SteeringSettings], SteeringSettings]) -> SteeringSettings:
        """Replace what is set by what `change` makes of it."""
        with self._database.writing() as connection:
            _advance(connection)
            changed = change(_read(connection))
            connection.execute(_settings.update().values(_row(changed)))
            return changed

    def add(self, definition: Ruling) -> tuple[int, int]:
        """Add a rule; its number and the number of the change."""
        row = {"kind": _KINDS[type(definition)], "definition": json.dumps(definition.to_json())}
        with self._database.writing() as connection:
            generation = _advance(connection)
            key = connection.execute(_rule.insert(), row).inserted_primary_key
            assert key is not None  # noqa: S101 (an insert of one row has one)
            return int(key[0]), generation

    def remove(self, kind: type[Ruling], number: int | None) -> tuple[int, int]:
        """Remove a rule, or all of a kind; how many, and the number of the change."""
        which = _rule.c.kind == _KINDS[kind]
        if number is not None:
            which &= _rule.c.pk == tables.number(number)
        with self._database.writing() as connection:
            generation = _advance(connection)
            return connection.execute(_rule.delete().where(which)).rowcount, generation

    def rules(self, kind: type[Definition]) -> list[Rule[Definition]]:
        """All rules of a kind, oldest first, with how often each matched so far."""
        query = sa.select(_rule).where(_rule.c.kind == _KINDS[kind]).order_by(_rule.c.pk)
        with self._database.reading() as connection:
            return [
                Rule(row.pk, kind.from_json(json.loads(row.definition)), row.seen)
                for row in connection.execute(query)
            ]

    def count(self, number: int, last: int | None) -> int | None:
        """Count a matching call and say its number; None past the last that matters."""
        with self._database.writing() as connection:
            return count(connection, number, last)

    def reset(self, clock: Reading) -> int:
        """Clear flux, rules and settings; the number of the change."""
        with self._database.writing() as connection:
            generation = _advance(connection)
            backend = self._database.backend
            backend.truncate(connection, tables.cleared(backend.schemas))
            before = _read(connection)
            after = SteeringSettings(generation=generation, epoch=before.epoch + 1, clock=clock)
            connection.execute(_settings.update().values(_row(after)))
            return generation


def count(connection: sa.Connection, number: int, last: int | None = None) -> int | None:
    """Count a matching call within a transaction; see `SteeringStore.count`."""
    # The update takes the write lock, so that what is read next is this call's own number.
    which = _rule.c.pk == number
    if last is not None:
        which &= _rule.c.seen < last
    if not connection.execute(_rule.update().where(which).values(seen=_rule.c.seen + 1)).rowcount:
        return None
    seen: int = connection.execute(sa.select(_rule.c.seen).where(_rule.c.pk == number)).scalar_one()
    return seen


def _advance(connection: sa.Connection) -> int:
    # A write before any read: from here on nobody else changes anything.
    connection.execute(_settings.update().values(generation=_settings.c.generation + 1))
    generation: int = connection.execute(sa.select(_settings.c.generation)).scalar_one()
    return generation


def _read(connection: sa.Connection) -> SteeringSettings:
    row = connection.execute(sa.select(_settings)).one()
    return SteeringSettings(
        generation=row.generation,
        epoch=row.epoch,
        clock=Reading(row.real, row.simulated, row.factor),
        pace=row.pace,
        flux_per_hour=row.flux_per_hour,
    )


def _row(settings: SteeringSettings) -> dict[str, Any]:
    clock = settings.clock
    return {
        "generation": settings.generation,
        "epoch": settings.epoch,
        "real": clock.real,
        "simulated": clock.simulated,
        "factor": clock.factor,
        "pace": settings.pace,
        "flux_per_hour": settings.flux_per_hour,
    }
