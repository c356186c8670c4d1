"""The flux themselves.

Their bytes lie in files of their own: written first, referred to by the row that makes the deposit
real, so that a deposit exists whole or not at all. Or they are rows of the same transaction.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.forced import Forced, choose
from depot_flux_simulator.flux.lifecycle import Facts, Instant, Pace
from depot_flux_simulator.flux.rules import Rule, Scenario
from depot_flux_simulator.store import tables, turns
from depot_flux_simulator.store.contents import Contents, Row
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.elsewhere import Rows
from depot_flux_simulator.store.errors import (
    ConflictError,
    QuotaError,
    StoreError,
    StoreUnreachableError,
    UncertainError,
)
from depot_flux_simulator.store.filter import FluxFilter, passes
from depot_flux_simulator.store.rules import count
from depot_flux_simulator.store.upload import Upload

HOUR_MS = 3_600_000
_AT_ONCE = 1_000  # names that one statement looks for
_columns = tables.flux.c
_FACTS = ("depose_le", "en_cours_le", "final_le", "recevable", "verdict_le")
_SELECT_FACTS = sa.select(*(_columns[name] for name in _FACTS)).where(
    _columns.id_flux == sa.bindparam("id_flux"),
    _columns.code_application == sa.bindparam("code_application"),
)
_NEWEST = sa.select(sa.func.max(_columns.pk))


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a flux is deposited.

    Attributes:
        pace: the usual delays.
        forced: what its name forces upon it.
        scenarios: the rules it matches, oldest first.
        per_hour: how many flux its application may deposit in an hour, None for any number.
    """

    pace: Pace
    forced: Forced = Forced()  # noqa: RUF009 (it is frozen)
    scenarios: tuple[Rule[Scenario], ...] = ()
    per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFlux:
    """A flux as the store holds it.

    Attributes:
        pk: its number, greater than that of every flux before.
        id_flux: its identifier.
        depot: what was deposited.
        taille: bytes of it.
        sha256: hexadecimal digest of them as they were deposited, None when an earlier version
            deposited it.
        arrive_le: when it came, in the time that no test steers; None likewise.
        echecs: how often its controls were interrupted.
        ecarte: why it is set aside, None when it is not.
        facts: its life.
        forced: what was forced upon it.
    """

    pk: int
    id_flux: str
    depot: Depot
    taille: int
    sha256: str | None
    arrive_le: Instant | None
    echecs: int
    ecarte: str | None
    facts: Facts
    forced: Forced


class FluxStore:
    """The flux of one simulator.

    Args:
        database: where they are kept.
        contents: where their bytes lie.
    """

    def __init__(self, database: Database, contents: Contents) -> None:
        self._database = database
        self._contents = contents
        self._facts = database.backend.reader(_SELECT_FACTS)
        self._newest = database.backend.reader(_NEWEST)
        self._inserter = database.backend.inserter()

    def close(self) -> None:
        """Let go of what reads and adds."""
        self._facts.close()
        self._newest.close()
        self._inserter.close()

    @property
    def waits_for_rows_alone(self) -> bool:
        """Whether a small flux without scenario or quota is stored by added rows; see `turns`."""
        return self._contents.partial

    def deposit(
        self,
        depot: Depot,
        file: Upload,
        terms: Terms,
        depose_le: Instant,
        new_identifier: Callable[[], Any],
    ) -> Any:
        """Store a flux for good, its bytes settled, and return its identifier.

        Raises:
            QuotaError: its application has deposited as many as it may.
            UncertainError: the database fails, and does not say whether it holds the flux.
            StoreError: the database fails, and does not hold the flux.
        """
        began = monotonic()
        row = _row(depot, file, terms, depose_le)
        pieces = self._contents.keep(file)
        while True:
            identifier = new_identifier()
            try:
                self._insert({**row, "id_flux": str(identifier)}, depot, terms, pieces)
            except ConflictError:
                if turns.elsewhere(partial(self.get, str(identifier))) is None:
                    raise
                continue  # drawn before: draw another
            except UncertainError as error:
                if not turns.elsewhere(partial(self._holds, row, began)):
                    raise StoreUnreachableError(str(error)) from error
            self._contents.kept(file)
            return identifier

    def _insert(
        self, row: dict[str, Any], depot: Depot, terms: Terms, pieces: Iterable[Row]
    ) -> None:
        in_memory = not isinstance(pieces, Rows)
        if in_memory and terms.per_hour is None and not terms.scenarios:
            bytes_of_it = ((tables.octets, piece) for piece in pieces)
            self._inserter.insert([(tables.flux, row), *bytes_of_it])
            return
        # The terms may have come after a turn on a loop's thread was taken.
        turns.elsewhere(partial(self._insert_alone, row, depot, terms, pieces))

    def _insert_alone(
        self, row: dict[str, Any], depot: Depot, terms: Terms, pieces: Iterable[Row]
    ) -> None:
        with self._database.writing() as connection:
            if terms.per_hour is not None:
                self._database.backend.alone(connection, f"quota of {depot.code_application}")
            connection.execute(tables.flux.insert(), row)
            for piece in pieces:
                connection.execute(tables.octets.insert(), piece)
            if terms.per_hour is not None:
                _check_quota(connection, depot, row["depose_le"], terms.per_hour)
            if terms.scenarios:
                _apply(connection, terms, row["depose_le"], row["id_flux"])

    def facts(self, id_flux: str, code_application: str) -> Facts | None:
        """What the status of an application's flux follows from; None for others' flux."""
        row = self._facts.one({"id_flux": id_flux, "code_application": code_application})
        return None if row is None else _facts(*row)

    def get(self, id_flux: str) -> StoredFlux | None:
        """A flux by its identifier, whoever deposited it."""
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(tables.flux).where(_columns.id_flux == id_flux)
            ).one_or_none()
        return None if row is None else self.stored(row)

    def waiting(self, limit: int) -> list[StoredFlux]:
        """Flux without a verdict that are not set aside, oldest first."""
        waits = _columns.recevable.is_(None) & _columns.ecarte.is_(None)
        return self._found(sa.select(tables.flux).where(waits).order_by(_columns.pk).limit(limit))

    def aside(self) -> list[StoredFlux]:
        """Flux that are set aside, oldest first."""
        # As a range, and put in order here: else SQLite goes through all that waits.
        few = _columns.ecarte.is_not(None) & (_columns.ecarte >= "")
        query = sa.select(tables.flux).where(_columns.recevable.is_(None) & few)
        return sorted(self._found(query), key=lambda flux: flux.pk)

    def set_aside(self, pk: int, reason: str | None) -> None:
        """Set a flux aside, or take it up again for None; what has its verdict stays as it is."""
        mine = (_columns.pk == pk) & _columns.recevable.is_(None)
        with self._database.writing() as connection:
            connection.execute(tables.flux.update().where(mine).values(ecarte=reason))

    def count_failure(self, pk: int) -> None:
        """Note that the controls of a flux were interrupted."""
        failed = tables.flux.update().where(_columns.pk == pk)
        with self._database.writing() as connection:
            connection.execute(failed.values(echecs=_columns.echecs + 1))

    def newest(self) -> int:
        """The number of the newest flux, 0 when there is none."""
        (number,) = self._newest.one({}) or (None,)
        return number or 0

    def contents(self) -> list[str]:
        """The names of the bytes of every flux."""
        # A million rows take the driver three times as long as one text.
        names = sa.select(sa.func.aggregate_strings(_columns.contenu, "\n"))
        with self._database.reading() as connection:
            return (connection.scalar(names) or "").splitlines()

    def known(self, names: Sequence[str]) -> set[str]:
        """Those of these names that are of the bytes of a flux."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for start in range(0, len(names), _AT_ONCE):
                some = _columns.contenu.in_(names[start : start + _AT_ONCE])
                found.update(connection.scalars(sa.select(_columns.contenu).where(some)))
        return found

    def search(
        self, wanted: FluxFilter, now: Instant, *, before: int | None, limit: int | None
    ) -> list[StoredFlux]:
        """Flux that pass a filter, newest first.

        Args:
            wanted: the filter.
            now: the instant statuses are looked at.
            before: number of the flux the page ends before, None for the first page.
            limit: as many at most, None for all.
        """
        # The numbers first: an index may tell them all, and only the page's own rows are read.
        # A page of 100 000 flux of one application takes 45 ms so, rather than 150.
        numbers = sa.select(_columns.pk).where(passes(wanted, now)).order_by(_columns.pk.desc())
        if before is not None:
            numbers = numbers.where(_columns.pk < tables.number(before))
        page = numbers.limit(limit).subquery()
        query = sa.select(tables.flux).join(page, page.c.pk == _columns.pk)
        return self._found(query.order_by(_columns.pk.desc()))

    def total(self, wanted: FluxFilter, now: Instant) -> int:
        """How many flux pass a filter."""
        query = sa.select(sa.func.count()).select_from(tables.flux).where(passes(wanted, now))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def _found(self, query: sa.Select[Any]) -> list[StoredFlux]:
        with self._database.reading() as connection:
            return [self.stored(row) for row in connection.execute(query)]

    def _holds(self, row: dict[str, Any], began: float) -> bool:
        """Whether a flux has these bytes; an `UncertainError` when the database does not say."""
        query = sa.select(_columns.pk).where(_columns.contenu == row["contenu"])
        # By its bytes alone: its identifier may be another flux's by now.
        alike = {**row, "id_flux": row["contenu"]}
        try:
            self._database.backend.settle(tables.flux, alike, began)
            with self._database.reading() as connection:
                return connection.execute(query).first() is not None
        except StoreError as error:
            raise UncertainError(str(error)) from error

    def stored(self, row: Any) -> StoredFlux:
        """The flux of a row."""
        return StoredFlux(
            pk=row.pk,
            id_flux=row.id_flux,
            depot=Depot(
                contenu=self._contents.path(row.contenu),
                nom=row.nom,
                code_interface=row.code_interface,
                code_application=row.code_application,
                repris={} if row.repris is None else json.loads(row.repris),
            ),
            taille=row.taille,
            sha256=row.sha256,
            arrive_le=row.arrive_le,
            echecs=row.echecs,
            ecarte=row.ecarte,
            facts=_facts(*(getattr(row, name) for name in _FACTS)),
            forced=Forced() if row.force is None else Forced(**json.loads(row.force)),
        )


def _row(depot: Depot, file: Upload, terms: Terms, depose_le: Instant) -> dict[str, Any]:
    return {
        "code_application": depot.code_application,
        "code_interface": depot.code_interface,
        "nom": depot.nom,
        "contenu": depot.contenu.name,
        "taille": file.taille,
        "sha256": file.sha256,
        "depose_le": depose_le,
        "arrive_le": machine_time(),
        "repris": json.dumps(dict(depot.repris)) if depot.repris else None,
        **_settled(depose_le, terms.pace, terms.forced),
    }


def _facts(
    depose_le: Instant,
    en_cours_le: Instant | None,
    final_le: Instant | None,
    recevable: int | None,
    verdict_le: Instant | None,
) -> Facts:
    # A driver without SQLAlchemy between may say 0 and 1.
    verdict = None if recevable is None else bool(recevable)
    return Facts(depose_le, en_cours_le, final_le, verdict, verdict_le)


def _settled(depose_le: Instant, usual: Pace, forced: Forced) -> dict[str, Any]:
    """The columns that follow from what is forced upon a flux."""
    facts = Facts.deposited(depose_le, forced.pace(usual))
    return {
        "en_cours_le": facts.en_cours_le,
        "final_le": facts.final_le,
        "force": json.dumps(forced.to_json()) if forced.par else None,
    }


def _apply(connection: sa.Connection, terms: Terms, depose_le: Instant, id_flux: str) -> None:
    forced = choose(terms.scenarios, lambda rule: count(connection, rule) or 0, terms.forced)
    row = _settled(depose_le, terms.pace, forced)
    connection.execute(tables.flux.update().where(_columns.id_flux == id_flux).values(row))


def _check_quota(
    connection: sa.Connection, depot: Depot, depose_le: Instant, per_hour: int
) -> None:
    # Called once the flux is in, and nobody else of the application is counted meanwhile.
    recent = (_columns.code_application == depot.code_application) & (
        _columns.depose_le > depose_le - HOUR_MS
    )
    number = connection.scalar(sa.select(sa.func.count()).select_from(tables.flux).where(recent))
    above = (number or 0) - per_hour
    if above <= 0:
        return
    query = sa.select(_columns.depose_le).where(recent).order_by(_columns.depose_le)
    oldest = connection.execute(query.offset(above - 1).limit(1)).scalar_one()
    raise QuotaError(oldest + HOUR_MS - depose_le)
