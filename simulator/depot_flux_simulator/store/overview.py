"""How many flux there are, by status and by minute, without reading them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.filter import FluxFilter, passes

MINUTE_MS = 60_000
_columns = tables.flux.c


class Overview:
    """Counts flux; where there are many, no further than is asked for.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_status(self, wanted: FluxFilter, now: Instant, at_most: int) -> Mapping[Statut, int]:
        """How many flux that pass a filter show each status.

        Args:
            wanted: the filter, its own status left aside.
            now: the instant statuses are looked at.
            at_most: as many of each are counted; one more means that there are more.
        """
        with self._database.reading() as connection:
            return {
                statut: int(connection.scalar(_counted(wanted, statut, now, at_most + 1)) or 0)
                for statut in Statut
            }

    def by_minute(self, since: Instant, until: Instant) -> Mapping[int, int]:
        """How many flux were deposited in each minute, by its number since the first one."""
        minute = (_columns.depose_le - since) / MINUTE_MS
        query = (
            sa.select(sa.cast(minute, sa.Integer), sa.func.count())
            .where(_columns.depose_le >= since, _columns.depose_le < until)
            .group_by(sa.cast(minute, sa.Integer))
        )
        with self._database.reading() as connection:
            return {int(row[0]): int(row[1]) for row in connection.execute(query)}


def _counted(wanted: FluxFilter, statut: Statut, now: Instant, at_most: int) -> sa.Select[Any]:
    found = sa.select(_columns.pk).where(passes(replace(wanted, statut=statut), now))
    return sa.select(sa.func.count()).select_from(found.limit(at_most).subquery())
