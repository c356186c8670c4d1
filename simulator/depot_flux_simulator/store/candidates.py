"""Among which flux those that pass a filter are looked for: few, newest first, by an index."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.util import ClauseAdapter

from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.filter import FluxFilter

_columns, _motif = tables.flux.c, tables.motif.c
_Numbers = sa.Select[tuple[int]]
# More combinations than people make are no help.
_PAIRS = 100
# Flux that come at once may be stored in another order than that of their instants.
_DISORDER = 1_000
_NONE = sa.literal(-1)
_MANY = 1_000_000_000
# Put together once: they are asked often.
_FIRST_APPLICATION = sa.select(sa.func.min(_columns.code_application))
_NEXT_APPLICATION = _FIRST_APPLICATION.where(_columns.code_application > sa.bindparam("last"))
_FIRST_CODE = sa.select(sa.func.min(_columns.code_interface)).where(
    _columns.code_application == sa.bindparam("application")
)
_NEXT_CODE = _FIRST_CODE.where(_columns.code_interface > sa.bindparam("last"))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Flux to be looked at.

    Attributes:
        numbers: gives their numbers.
        floor: number of the last of them that is certainly in order; None when they are all there
            are.
    """

    numbers: Any
    floor: int | None

    @classmethod
    def of(
        cls,
        connection: sa.Connection,
        wanted: FluxFilter,
        now: Instant,
        before: int | None,
        limit: int,
    ) -> "Candidates":
        """Those of a filter.

        Args:
            connection: to the database.
            wanted: the filter.
            now: the instant statuses are looked at.
            before: number of the flux that they end before, None for the newest ones.
            limit: as many at most.
        """
        bounds = _bounds(connection, wanted, before)
        if bounds is None:
            return cls(sa.select(_NONE), None)
        if wanted.statut is not None and not wanted.statut.final:
            found = _temporary(connection, now, bounds, limit)
            if found is not None:
                return found
        parts = _parts(connection, wanted, bounds)
        each = max(limit // len(parts), 50) if parts else limit
        newest = [part.order_by(part.selected_columns[0].desc()).limit(each) for part in parts]
        floors = [_floor(connection, part, each) for part in newest]
        floor = max((number for number in floors if number is not None), default=None)
        if not newest:
            return cls(sa.select(_NONE), None)
        return cls(sa.union_all(*(sa.select(part.subquery().c[0]) for part in newest)), floor)


def _bounds(
    connection: sa.Connection, wanted: FluxFilter, before: int | None
) -> tuple[sa.ColumnElement[bool], ...] | None:
    """Between which numbers flux lie that were deposited when asked; None when there are none."""
    bounds: list[sa.ColumnElement[bool]] = []
    if before is not None:
        bounds.append(_columns.pk < tables.number(before))
    at = _columns.depose_le
    if wanted.avant is not None:
        last = [
            number
            for number in _next_to(connection, at < wanted.avant, at.desc())
            if number is not None
        ]
        if not last:
            return None
        bounds.append(_columns.pk <= max(last) + _DISORDER)
    if wanted.depuis is not None:
        first = [
            number
            for number in _next_to(connection, at >= wanted.depuis, at.asc())
            if number is not None
        ]
        if not first:
            return None
        bounds.append(_columns.pk >= min(first) - _DISORDER)
    return tuple(bounds)


def _next_to(
    connection: sa.Connection, condition: sa.ColumnElement[bool], order: Any
) -> Iterator[int | None]:
    """The flux of each application that is next to an instant."""
    for application in applications(connection):
        query = sa.select(_columns.pk).where(_columns.code_application == application, condition)
        yield connection.scalar(query.order_by(order).limit(1))


def _temporary(
    connection: sa.Connection,
    now: Instant,
    bounds: tuple[sa.ColumnElement[bool], ...],
    limit: int,
) -> Candidates | None:
    """All flux whose status is not final, None when they are too many."""
    parts = [part.limit(limit) for part in (*ahead(now), waiting())]
    for part in parts:
        if (connection.scalar(_counting(part)) or 0) >= limit:
            return None
    numbers = sa.union_all(*(sa.select(part.subquery().c[0]) for part in parts)).subquery()
    chosen = sa.select(numbers.c[0])
    if bounds:
        chosen = sa.select(_columns.pk).where(_columns.pk.in_(chosen), *bounds)
    return Candidates(chosen, None)


def ahead(now: Instant) -> tuple[_Numbers, _Numbers]:
    """Queries of the flux whose final status lies ahead, and of those that never have one."""
    later = sa.select(_columns.pk).where(_columns.final_le > now)
    return later, sa.select(_columns.pk).where(_columns.final_le.is_(None))


def waiting() -> _Numbers:
    """The query of the flux that have no verdict.

    In its order SQLite takes the index of what waits, and none that it must go through whole.
    """
    return sa.select(_columns.pk).where(_columns.recevable.is_(None)).order_by(_columns.pk.desc())


def among(numbers: Any, floor: int | None = None) -> sa.Subquery:
    """The flux of some numbers, newest first, from which `held_to` chooses.

    A limit that none reaches keeps the database from looking for them by anything but their number.
    """
    query = sa.select(tables.flux).where(_columns.pk.in_(numbers))
    if floor is not None:
        query = query.where(_columns.pk >= floor)
    return query.order_by(_columns.pk.desc()).limit(_MANY).subquery()


def held_to(some: sa.Subquery, *conditions: Any) -> list[Any]:
    """Conditions on rows of `flux`, as conditions on those of `among`."""
    return [ClauseAdapter(some).traverse(condition) for condition in conditions]


def _parts(
    connection: sa.Connection, wanted: FluxFilter, bounds: tuple[sa.ColumnElement[bool], ...]
) -> list[_Numbers]:
    """Queries of numbers, each of which an index answers in order."""
    if wanted.motif is not None:
        by_motif = sa.select(_motif.flux).where(_motif.code == wanted.motif.value)
        for bound in bounds:
            # The same bound on the other name of the same number.
            by_motif = by_motif.where(sa.and_(_renamed(bound)))
        return [by_motif]
    final = wanted.statut is not None and wanted.statut.final
    if final or wanted.code_application or wanted.code_interface:
        found = pairs(connection, wanted)
        if found is not None:
            verdicts = _verdicts(wanted)
            return [
                sa.select(_columns.pk).where(
                    _columns.code_application == application,
                    _columns.code_interface == interface,
                    verdict,
                    *bounds,
                )
                for application, interface in found
                for verdict in verdicts
            ]
    return [sa.select(_columns.pk).where(*bounds)]


def _renamed(bound: Any) -> sa.ColumnElement[bool]:
    renamed: sa.ColumnElement[bool] = bound.operator(_motif.flux, bound.right)
    return renamed


def _verdicts(wanted: FluxFilter) -> list[sa.ColumnElement[bool]]:
    recevable = _columns.recevable
    if wanted.statut is not None and wanted.statut.final:
        return [recevable == (wanted.statut.value == "RECEVABLE")]
    return [recevable.is_(None), recevable == sa.false(), recevable == sa.true()]


def pairs(connection: sa.Connection, wanted: FluxFilter) -> list[tuple[str, str]] | None:
    """The applications and interface codes of the flux that a filter may mean.

    Each is found by one look into an index; None when they are too many.
    """
    found: list[tuple[str, str]] = []
    given = wanted.code_application
    for application in [given] if given is not None else applications(connection):
        if wanted.code_interface is not None:
            found.append((application, wanted.code_interface))
            continue
        last = connection.scalar(_FIRST_CODE, {"application": application})
        while last is not None:
            found.append((application, last))
            if len(found) > _PAIRS:
                return None
            known = {"application": application, "last": last}
            last = connection.scalar(_NEXT_CODE, known)
    return found


def applications(connection: sa.Connection) -> Iterator[str]:
    """The applications that deposited anything, each found by one look into an index."""
    last = connection.scalar(_FIRST_APPLICATION)
    while last is not None:
        yield last
        last = connection.scalar(_NEXT_APPLICATION, {"last": last})


def _floor(connection: sa.Connection, part: _Numbers, limit: int) -> int | None:
    """The last number of a part that goes on beyond it, None when it is whole."""
    numbers = part.subquery()
    count, lowest = connection.execute(sa.select(sa.func.count(), sa.func.min(numbers.c[0]))).one()
    return int(lowest) if count >= limit else None


def _counting(query: _Numbers) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(query.subquery())
