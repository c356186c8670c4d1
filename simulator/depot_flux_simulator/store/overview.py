"""A page of flux and how many there are, at a cost that does not grow with how many there are.

What a filter names is found by an index as far as there is one: applications, interface codes and
verdicts by their combinations, of which there are few; temporary statuses by the instants that
still lie ahead; motifs by their code; times by the numbers of the flux next to them. What is left
is looked at flux by flux, newest first, and no further than `EXAMINED`: where that ends, the page
says so, and the next one goes on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.candidates import (
    Candidates,
    among,
    applications,
    held_to,
    pairs,
    waiting,
)
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.filter import FluxFilter, passes, shows
from depot_flux_simulator.store.flux import FluxStore
from depot_flux_simulator.store.verdicts import shown
from depot_flux_simulator.store.view import FluxView

MINUTE_MS = 60_000
COUNTED = 10_000
"""As many flux of a status are counted at most."""
EXAMINED = 6_000
"""As many flux are looked at for one page at most."""

_columns = tables.flux.c
_ONE = sa.select(_columns.pk).where(
    _columns.code_application == sa.bindparam("application"),
    _columns.code_interface == sa.bindparam("interface"),
    _columns.recevable == sa.bindparam("recevable", type_=sa.Boolean),
)
_JUDGED = sa.select(sa.func.count()).select_from(_ONE.limit(COUNTED + 1).subquery())
_SETTLED = sa.select(
    sa.func.max(_columns.pk),
    sa.exists(waiting().limit(1).subquery().select()),
    sa.exists().where(_columns.final_le > sa.bindparam("now")),
)
_FIRST = 100  # enough for most pages


@dataclass(frozen=True, slots=True)
class FluxPage:
    """A page of flux, newest first.

    Attributes:
        flux: what was found; of its verdict the motifs alone.
        following: number of the flux that the next page ends before, None when there is none.
        complete: whether nothing was left out above it for having looked far enough.
    """

    flux: list[FluxView]
    following: int | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many.

    Attributes:
        number: so many at least.
        more: whether there may be more.
    """

    number: int
    more: bool = False


class Overview:
    """Shows flux and counts them.

    Args:
        database: where they are kept.
        flux: the flux.
    """

    def __init__(self, database: Database, flux: FluxStore) -> None:
        self._database = database
        self._flux = flux
        # The flux of minutes that are over, by epoch and minute.
        self._minutes: dict[tuple[int, int], int] = {}

    def page(self, wanted: FluxFilter, now: Instant, *, before: int | None, limit: int) -> FluxPage:
        """The newest flux that pass a filter.

        Args:
            wanted: the filter.
            now: the instant statuses are looked at.
            before: number of the flux the page ends before, None for the first page.
            limit: as many at most.
        """
        with self._database.reading() as connection:
            for examined in (_FIRST, EXAMINED):
                candidates = Candidates.of(connection, wanted, now, before, examined)
                some = among(candidates.numbers, candidates.floor)
                query = sa.select(some).where(*held_to(some, passes(wanted, now)))
                rows = connection.execute(query.order_by(some.c.pk.desc()).limit(limit + 1)).all()
                if len(rows) > limit or candidates.floor is None:
                    break
            stored = [self._flux.stored(row) for row in rows[:limit]]
            found = list(shown(connection, stored, now))
        if len(rows) > limit:
            return FluxPage(found, stored[-1].pk, complete=True)
        return FluxPage(found, candidates.floor, complete=candidates.floor is None)

    def settled(self, now: Instant) -> int | None:
        """Number of the newest flux, None while some are on their way.

        As long as it is the same and nobody steers, a page stays as it is but for the minute.
        """
        with self._database.reading() as connection:
            newest, is_waiting, is_ahead = connection.execute(_SETTLED, {"now": now}).one()
        return None if is_waiting or is_ahead else newest or 0

    def by_status(self, wanted: FluxFilter, now: Instant) -> Mapping[Statut, Count]:
        """How many flux that pass a filter show each status.

        Args:
            wanted: the filter, its own status left aside.
            now: the instant statuses are looked at.
        """
        wanted = replace(wanted, statut=None)
        with self._database.reading() as connection:
            if wanted.nom or wanted.motif or wanted.depuis or wanted.avant:
                return _among_candidates(connection, wanted, now)
            return _by_status(connection, wanted, now)

    def by_minute(self, now: Instant, minutes: int, epoch: int) -> list[int]:
        """How many flux were deposited in each of the last minutes, the current one last.

        Args:
            now: the instant.
            minutes: how many.
            epoch: how often everything was cleared.
        """
        current = now // MINUTE_MS
        numbers = range(current - minutes + 1, current + 1)
        missing = [n for n in numbers if (epoch, n) not in self._minutes]
        with self._database.reading() as connection:
            counted = _counted_by_minute(connection, missing[0], now)
        known = {n: self._minutes.get((epoch, n), counted.get(n, 0)) for n in numbers}
        # What is over does not change any more, but for a deposit that is being stored.
        self._minutes = {(epoch, n): known[n] for n in numbers if n < current - 1}
        return [known[n] for n in numbers]


def _by_status(
    connection: sa.Connection, wanted: FluxFilter, now: Instant
) -> Mapping[Statut, Count]:
    """The same by the few whose status is not final yet, and by the verdicts of all."""
    temporary = [statut for statut in Statut if not statut.final]
    sought = replace(wanted, statut=temporary[0])
    candidates = Candidates.of(connection, sought, now, None, COUNTED)
    some = among(candidates.numbers)
    status = _status(some, now)
    query = sa.select(status, some.c.recevable, sa.func.count()).where(
        *held_to(some, passes(wanted, now))
    )
    rows = connection.execute(query.group_by(status, some.c.recevable))
    coming = [row for row in rows if row[0] in temporary]
    more = candidates.floor is not None
    counts = {s: Count(sum(row[2] for row in coming if row[0] == s), more) for s in temporary}
    found = pairs(connection, wanted)
    for statut in (Statut.RECEVABLE, Statut.IRRECEVABLE):
        is_recevable = statut is Statut.RECEVABLE
        judged = _judged(connection, wanted, found, recevable=is_recevable)
        hidden = sum(row[2] for row in coming if row[1] is is_recevable)
        counts[statut] = Count(max(0, judged.number - hidden), judged.more)
    return counts


def _judged(
    connection: sa.Connection,
    wanted: FluxFilter,
    found: list[tuple[str, str]] | None,
    *,
    recevable: bool,
) -> Count:
    """How many flux have a verdict, shown or not, by the combinations that an index holds.

    Args:
        connection: to the database.
        wanted: the filter.
        found: those that it may mean, as `pairs` gives them.
        recevable: which verdict.
    """
    if found is None:
        only = sa.select(_columns.pk).where(passes(wanted, 0), _columns.recevable == recevable)
        return Count(min(number := _capped(connection, only), COUNTED), number > COUNTED)
    number = 0
    for application, interface in found:
        one = {"application": application, "interface": interface, "recevable": recevable}
        number += connection.scalar(_JUDGED, one) or 0
        if number > COUNTED:
            return Count(COUNTED, more=True)
    return Count(number)


def _among_candidates(
    connection: sa.Connection, wanted: FluxFilter, now: Instant
) -> Mapping[Statut, Count]:
    """How many of each status, among those that are looked at."""
    candidates = Candidates.of(connection, wanted, now, None, EXAMINED)
    some = among(candidates.numbers)
    status = _status(some, now)
    query = sa.select(status, sa.func.count()).where(*held_to(some, passes(wanted, now)))
    found = {row[0]: int(row[1]) for row in connection.execute(query.group_by(status))}
    more = candidates.floor is not None
    possible = (Statut.IRRECEVABLE,) if wanted.motif else tuple(Statut)
    return {s: Count(found.get(s.value, 0), more and s in possible) for s in Statut}


def _status(some: sa.Subquery, now: Instant) -> sa.ColumnElement[str]:
    """The status that each of some flux shows."""
    shown_now = sa.case(*((shows(statut, now), statut.value) for statut in Statut))
    status: sa.ColumnElement[str] = held_to(some, shown_now)[0]
    return status


def _capped(connection: sa.Connection, query: sa.Select[tuple[int]]) -> int:
    few = query.limit(COUNTED + 1).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(few)) or 0


def _counted_by_minute(connection: sa.Connection, first: int, now: Instant) -> dict[int, int]:
    minute = sa.cast(sa.func.floor(_columns.depose_le / MINUTE_MS), sa.BigInteger)
    found: dict[int, int] = {}
    for application in applications(connection):
        query = sa.select(minute, sa.func.count()).where(
            _columns.code_application == application,
            _columns.depose_le >= first * MINUTE_MS,
            _columns.depose_le <= now,
        )
        for row in connection.execute(query.group_by(minute)):
            found[int(row[0])] = found.get(int(row[0]), 0) + int(row[1])
    return found
