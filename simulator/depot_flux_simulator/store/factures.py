"""What became of the invoices of each recevable flux."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux.facture import (
    Constat,
    Facture,
    Gravite,
    Raison,
    StatutFacture,
)
from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.filter import shows

_facture, _constat, _flux = tables.facture.c, tables.constat.c, tables.flux.c
_KNOWN = sa.select(_facture.pk).where(_facture.cle == sa.bindparam("cle")).limit(1)
_INSERT = tables.facture.insert()
_READ = [field.name for field in fields(Facture) if field.name not in ("constats", "non_juges")]
_FOUND = [field.name for field in fields(Constat)]


@dataclass(frozen=True, slots=True)
class StoredFacture:
    """An invoice as the store holds it.

    Attributes:
        pk: its number, greater than that of every invoice before.
        id_flux: the flux that brought it.
        le: when its flux showed that it is recevable.
        facture: the invoice.
    """

    pk: int
    id_flux: str
    le: Instant
    facture: Facture


@dataclass(frozen=True, slots=True)
class Told:
    """What the functional level said of one flux.

    Attributes:
        factures: its invoices, in order.
        constats: what was found of its other files.
    """

    factures: tuple[StoredFacture, ...]
    constats: tuple[Constat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactureFilter:
    """What is None lets every invoice pass.

    Attributes:
        numero: its number.
        siren: of its seller.
        statut: its status.
        raison: one of the reasons for it.
        id_flux: the flux that brought it.
    """

    numero: str | None = None
    siren: str | None = None
    statut: StatutFacture | None = None
    raison: Raison | None = None
    id_flux: str | None = None


class FactureStore:
    """The invoices of one simulator; shown once their flux shows that it is recevable.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, pk: int, now: Instant) -> StoredFacture | None:
        """An invoice by its number."""
        found = self._find(_facture.pk == tables.number(pk), now, limit=1)
        return found[0] if found else None

    def search(
        self, wanted: FactureFilter, now: Instant, *, before: int | None, limit: int | None
    ) -> list[StoredFacture]:
        """Invoices that pass a filter, newest first.

        Args:
            wanted: the filter.
            now: the instant at which their flux are looked at.
            before: number of the invoice the page ends before, None for the first page.
            limit: as many at most, None for all.
        """
        condition = _passes(wanted)
        if before is not None:
            condition &= _facture.pk < tables.number(before)
        return self._find(condition, now, limit)

    def total(self, wanted: FactureFilter, now: Instant) -> int:
        """How many invoices pass a filter."""
        query = sa.select(sa.func.count()).select_from(_joined())
        with self._database.reading() as connection:
            shown = _passes(wanted) & shows(Statut.RECEVABLE, now)
            return connection.execute(query.where(shown)).scalar_one()

    def knows(self, cle: str) -> bool:
        """Whether an invoice of this key came with a recevable flux, whoever deposited it."""
        with self._database.reading() as connection:
            return connection.execute(_KNOWN, {"cle": cle}).first() is not None

    def _find(
        self, condition: sa.ColumnElement[bool], now: Instant, limit: int | None
    ) -> list[StoredFacture]:
        shown = sa.select(_facture.pk).select_from(_joined())
        shown = shown.where(condition, shows(Statut.RECEVABLE, now))
        page = sa.select(shown.order_by(_facture.pk.desc()).limit(limit).subquery().c.pk)
        query = _selected().where(_facture.pk.in_(page)).order_by(_facture.pk.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            found = _constats(connection, _constat.facture.in_(page))
        return [_stored(row, found[row.pk]) for row in rows]


def are_new(connection: sa.Connection, verdict: Verdict) -> bool:
    """Whether no invoice that a verdict holds for the first of its kind was recorded before."""
    new = {f.cle for f in verdict.factures if Raison.REJ_UNI not in f.raisons} - {""}
    return all(connection.execute(_KNOWN, {"cle": cle}).first() is None for cle in new)


def insert(connection: sa.Connection, flux: int, verdict: Verdict) -> None:
    """Keep what the functional level said of a flux, within a transaction."""
    rows: list[dict[str, Any]] = []
    for facture in verdict.factures:
        row = {name: getattr(facture, name) for name in _READ}
        row |= {"flux": flux, "statut": str(facture.statut)}
        row["non_juges"] = json.dumps(facture.non_juges)
        key = connection.execute(_INSERT, row).inserted_primary_key
        assert key is not None  # noqa: S101 (an insert of one row has one)
        rows += _rows(facture.constats, flux, int(key[0]))
    rows += _rows(verdict.constats, flux, None)
    if rows:
        numbered = [{**row, "rang": rang} for rang, row in enumerate(rows)]
        connection.execute(tables.constat.insert(), numbered)


def of(connection: sa.Connection, flux: int) -> Told:
    """What was kept of a flux."""
    rows = connection.execute(_selected().where(_flux.pk == flux).order_by(_facture.pk)).all()
    found = _constats(connection, _constat.flux == flux)
    return Told(
        factures=tuple(_stored(row, found[row.pk]) for row in rows),
        constats=tuple(found[None]),
    )


def _rows(constats: Iterable[Constat], flux: int, facture: int | None) -> list[dict[str, Any]]:
    return [{**asdict(each), "flux": flux, "facture": facture} for each in constats]


def _joined() -> sa.Join:
    return tables.facture.join(tables.flux, _facture.flux == _flux.pk)


def _selected() -> sa.Select[Any]:
    return sa.select(tables.facture, _flux.id_flux, _flux.final_le).select_from(_joined())


def _passes(wanted: FactureFilter) -> sa.ColumnElement[bool]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.numero is not None:
        conditions.append(_facture.numero == wanted.numero)
    if wanted.siren is not None:
        conditions.append(_facture.siren == wanted.siren)
    if wanted.statut is not None:
        conditions.append(_facture.statut == wanted.statut.value)
    if wanted.raison is not None:
        having = sa.select(_constat.facture).where(_constat.raison == wanted.raison.value)
        conditions.append(_facture.pk.in_(having))
    if wanted.id_flux is not None:
        conditions.append(_flux.id_flux == wanted.id_flux)
    return sa.and_(sa.true(), *conditions)


def _constats(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> Mapping[int | None, list[Constat]]:
    """Findings by the invoice they are about, in order."""
    query = sa.select(tables.constat).where(condition).order_by(_constat.flux, _constat.rang)
    found: defaultdict[int | None, list[Constat]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        values = {name: row[name] for name in _FOUND}
        values["gravite"] = Gravite(values["gravite"])
        values["raison"] = None if values["raison"] is None else Raison(values["raison"])
        found[row["facture"]].append(Constat(**values))
    return found


def _stored(row: Any, constats: list[Constat]) -> StoredFacture:
    facture = Facture(
        **{name: getattr(row, name) for name in _READ},
        constats=tuple(constats),
        non_juges=tuple(json.loads(row.non_juges)),
    )
    return StoredFacture(row.pk, row.id_flux, row.final_le, facture)
