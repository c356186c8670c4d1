"""Which engine has which flux: claimed for a while, so that nobody waits for one that died.

Engines take turns between applications, and an application's flux in order of deposit. What one
engine has of an application holds back its equals: of two deposits of the same name or the same
bytes, the second is controlled after the first.

A flux whose controls were interrupted may take minutes: it is claimed alone, and only by engines
that want such ones, so that others are there for what comes.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.flux import StoredFlux

LEASE_MS = 15_000
"""How long a claim holds that is not renewed, in milliseconds."""
AT_ONCE = 20
"""As many flux an engine has at most, small ones."""
_BYTES_AT_ONCE = 300_000

_flux = tables.flux.c
_WAITS = _flux.recevable.is_(None) & _flux.ecarte.is_(None)
# Said as a range, too: what else is known of it would lead through all that waits.
_HELD = _WAITS & _flux.pris_par.is_not(None) & (_flux.pris_par >= "")
_ANY = sa.select(sa.func.min(_flux.pk)).where(_WAITS)


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims.

    Attributes:
        name: its own among all engines of all servers; another of the same name takes its place.
        last: the application whose turn was last.
        later: numbers of flux that it does not want now.
        again: whether it wants flux whose controls were interrupted before.
    """

    name: str
    last: str = ""
    later: Collection[int] = ()
    again: bool = True


class Claims:
    """The claims of all engines.

    Args:
        database: where they are kept.
        stored: makes a flux of a row.
    """

    def __init__(self, database: Database, stored: Callable[[Any], StoredFlux]) -> None:
        self._database = database
        self._stored = stored
        # An engine that has nothing to do asks this fifty times a second.
        self._any = database.backend.reader(_ANY)

    def close(self) -> None:
        """Let go of what reads."""
        self._any.close()

    def claim(self, claimant: Claimant) -> tuple[str | None, list[StoredFlux]]:
        """The application whose turn it is, and those of its flux that are now the engine's.

        None when nothing waits; no flux where others have all there is.
        """
        if self._any.one({}) in (None, (None,)):
            return None, []
        free = self._free(claimant)
        with self._database.reading() as connection:
            application = _next_application(connection, free, claimant.last)
        if application is None:
            return None, []
        backend = self._database.backend
        with self._database.writing() as connection:
            backend.alone(connection, f"claims of {application}")
            mine = free & (_flux.code_application == application)
            query = sa.select(tables.flux).where(mine).order_by(_flux.pk).limit(AT_ONCE)
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            taken = list(_few(self._apart(connection, rows, claimant.name)))
            held = tables.flux.update().where(_flux.pk.in_([row.pk for row in taken]))
            until = backend.now() + LEASE_MS
            connection.execute(held.values(pris_par=claimant.name, pris_jusqu=until))
        return application, [self._stored(row) for row in taken]

    def has_any(self, claimant: Claimant) -> bool:
        """Whether a flux waits that the engine might have."""
        query = sa.select(_flux.pk).where(self._free(claimant)).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def renew(self, name: str) -> None:
        """Let the claims of an engine that works hold as long again."""
        mine = _HELD & (_flux.pris_par == name)
        with self._database.reading() as connection:
            numbers = list(connection.scalars(sa.select(_flux.pk).where(mine)))
        if numbers:
            now = self._database.backend.now()
            held = tables.flux.update().where(_flux.pk.in_(numbers), mine)
            with self._database.writing() as connection:
                connection.execute(held.values(pris_jusqu=now + LEASE_MS))

    def release(self, name: str) -> None:
        """Let others have what an engine has not controlled."""
        mine = _HELD & (_flux.pris_par == name)
        with self._database.writing() as connection:
            connection.execute(tables.flux.update().where(mine).values(pris_par=None))

    def _free(self, claimant: Claimant) -> sa.ColumnElement[bool]:
        free: sa.ColumnElement[bool]
        free = _flux.pris_par.is_(None) | (_flux.pris_par == claimant.name)
        free |= _flux.pris_jusqu < self._database.backend.now()
        if claimant.later:
            free &= _flux.pk.not_in(claimant.later)
        if not claimant.again:
            free &= _flux.echecs == 0
        return sa.and_(_WAITS, free)

    def _apart(self, connection: sa.Connection, rows: Iterable[Any], name: str) -> Iterable[Any]:
        """Those that equal none that another engine has at the moment."""
        rows = list(rows)
        if not rows:
            return rows
        held = _HELD & (_flux.pris_par != name)
        held &= _flux.pris_jusqu >= self._database.backend.now()
        query = sa.select(_flux.code_application, _flux.nom, _flux.sha256).where(held)
        application = rows[0].code_application
        # Chosen here: by its application SQLite would look for it among all that waits.
        found = connection.execute(query).all()
        others = [row for row in found if row.code_application == application]
        names, digests = {row.nom for row in others}, {row.sha256 for row in others}
        return [row for row in rows if row.nom not in names and row.sha256 not in digests]


def _next_application(
    connection: sa.Connection, free: sa.ColumnElement[bool], last: str
) -> str | None:
    """The application whose turn it is, None when nothing waits."""
    code = _flux.code_application
    query = sa.select(code).where(free).order_by(code).limit(1)
    following: str | None = connection.scalar(query.where(code > last)) if last else None
    return connection.scalar(query) if following is None else following


def _few(rows: Iterable[Any]) -> Iterable[Any]:
    """The first ones: a big one alone, small ones together; one that was interrupted alone."""
    size = 0
    for row in rows:
        if size and (row.echecs or size + row.taille > _BYTES_AT_ONCE):
            return
        size += row.taille
        yield row
        if row.echecs:
            return
