"""What the controls said of each flux, and the keys that flux have claimed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from depot_flux_simulator.flux import lifecycle
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.verdict import Fichier, Motif, Verdict
from depot_flux_simulator.store import factures, tables
from depot_flux_simulator.store.database import Database, insert_once
from depot_flux_simulator.store.errors import OvertakenError
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.view import FluxView

_OF_MOTIF = [field.name for field in fields(Motif)]
_OF_FICHIER = [field.name for field in fields(Fichier)]
# Built once: SQLAlchemy takes longer to put a statement together than SQLite to carry it out.
_flux, _cle = tables.flux.c, tables.cle.c
_FIRST = tables.flux.update().where(_flux.pk == sa.bindparam("of"), _flux.recevable.is_(None))
_CLAIMED = sa.select(_cle.flux).where(
    _cle.code_application == sa.bindparam("code_application"), _cle.cle == sa.bindparam("cle")
)
_INSERTS = {t: t.insert() for t in (tables.motif, tables.fichier, tables.remarque)}


class VerdictStore:
    """The verdicts of one simulator.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claimed = database.backend.reader(_CLAIMED)

    def close(self) -> None:
        """Let go of what reads."""
        self._claimed.close()

    def record(
        self,
        flux: StoredFlux,
        verdict: Verdict,
        now: Instant,
        *,
        found: Verdict | None = None,
        contested: bool = False,
    ) -> bool:
        """Keep a verdict reached now, and tell whether it is the flux's first, which it keeps.

        What may be there once only is decided here, whatever was known during the controls.

        Args:
            flux: whose verdict it is.
            verdict: the verdict.
            now: the instant.
            found: what the controls said before anything was forced, if that is another.
            contested: keep it even so.

        Raises:
            OvertakenError: it holds the flux, or an invoice, for the first of its kind, and
                another flux has become that meanwhile.
        """
        facts = flux.facts.judged(recevable=verdict.recevable, le=now)
        settled = {
            "of": flux.pk,
            "recevable": facts.recevable,
            "verdict_le": facts.verdict_le,
            "final_le": facts.final_le,
        }
        with self._database.writing() as connection:
            if verdict.factures:
                # Whoever looks for the same invoices does so after this one.
                self._database.backend.alone(connection, "factures")
            if not connection.execute(_FIRST, settled).rowcount:
                return False
            new = _claim(connection, flux, found or verdict)
            if not contested and not (new and factures.are_new(connection, verdict)):
                raise OvertakenError(flux.id_flux)
            for table, rows in (
                (tables.motif, [_row(motif, _OF_MOTIF) for motif in verdict.motifs]),
                (tables.fichier, [_row(fichier, _OF_FICHIER) for fichier in verdict.fichiers]),
                (tables.remarque, [{"texte": texte} for texte in verdict.remarques]),
            ):
                _insert(connection, table, flux.pk, rows)
            factures.insert(connection, flux.pk, verdict)
        return True

    def of(self, flux: StoredFlux) -> Verdict:
        """The verdict recorded for a flux, an empty one if there is none yet."""
        with self._database.reading() as connection:
            motifs = _rows(connection, tables.motif, flux.pk)
            fichiers = _rows(connection, tables.fichier, flux.pk)
            remarques = _rows(connection, tables.remarque, flux.pk)
            told = factures.of(connection, flux.pk)
        return Verdict(
            motifs=tuple(Motif(**{**row, "code": Code(row["code"])}) for row in motifs),
            fichiers=tuple(Fichier(**row) for row in fichiers),
            remarques=tuple(row["texte"] for row in remarques),
            factures=tuple(stored.facture for stored in told.factures),
            constats=told.constats,
        )

    def knows_key(self, code_application: str, cle: str) -> bool:
        """Whether a flux of the application claimed a key."""
        asked = {"code_application": code_application, "cle": cle}
        return self._claimed.one(asked) is not None


def shown(
    connection: sa.Connection, flux: Sequence[StoredFlux], now: Instant
) -> Iterator[FluxView]:
    """Flux as they show at an instant; of their verdicts the motifs alone, all read at once."""
    columns = tables.motif.c
    numbers = [each.pk for each in flux]
    query = sa.select(tables.motif).where(columns.flux.in_(numbers))
    told: defaultdict[int, list[Motif]] = defaultdict(list)
    for row in connection.execute(query.order_by(columns.flux, columns.rang)).mappings():
        values = {name: row[name] for name in _OF_MOTIF}
        told[row["flux"]].append(Motif(**{**values, "code": Code(row["code"])}))
    for each in flux:
        historique = lifecycle.history(each.facts, now)
        motifs = tuple(told[each.pk]) if historique[-1].statut.final else ()
        yield FluxView(each, historique, Verdict(motifs=motifs))


def _row(told: Motif | Fichier, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(told, name) for name in names}


def _insert(
    connection: sa.Connection, table: sa.Table, pk: int, rows: Iterable[dict[str, Any]]
) -> None:
    numbered = [{"flux": pk, "rang": rang, **row} for rang, row in enumerate(rows)]
    if numbered:
        connection.execute(_INSERTS[table], numbered)


def _rows(connection: sa.Connection, table: sa.Table, pk: int) -> list[dict[str, Any]]:
    """What is kept of a flux in one table, in order."""
    columns = [column for column in table.c if column.name not in ("flux", "rang")]
    query = sa.select(*columns).where(table.c.flux == pk).order_by(table.c.rang)
    return [dict(row) for row in connection.execute(query).mappings()]


def _claim(connection: sa.Connection, flux: StoredFlux, verdict: Verdict) -> bool:
    """Claim the keys of a flux; whether they were nobody's, as far as the verdict says so."""
    known = any(motif.code is Code.IRR_UNICITE for motif in verdict.motifs)
    row = {"code_application": flux.depot.code_application, "flux": flux.pk}
    # In one order, lest two wait for each other.
    keys = sorted(set(verdict.cles))
    claimed = [insert_once(connection, tables.cle, {**row, "cle": cle}) for cle in keys]
    return known or all(claimed)
