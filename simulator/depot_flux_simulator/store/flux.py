"""Where flux, their bytes and their verdicts are kept.

One relational schema through SQLAlchemy Core; SQLite by default. The bytes of a flux lie in a file
of their own: written first, referred to by the row that makes the deposit real, so that a deposit
exists whole or not at all.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.lifecycle import Facts, Instant, Pace, Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import NOTHING, Forced, Rule, Scenario, choose
from depot_flux_simulator.flux.verdict import CodeRejet, Fichier, Motif, Rejet, Verdict
from depot_flux_simulator.store.database import metadata, open_database
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.lock import WriteLock
from depot_flux_simulator.store.rules import count

SCHEMA_VERSION = "2"
HOUR_MS = 3_600_000
_LOCK = "write.lock"

_meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(256), nullable=False),
)

_flux = sa.Table(
    "flux",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id_flux", sa.String(256), nullable=False, unique=True),
    sa.Column("code_application", sa.String(16), nullable=False),
    sa.Column("code_interface", sa.String(64), nullable=False),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("contenu", sa.String(64), nullable=False, unique=True),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("depose_le", sa.BigInteger, nullable=False),
    # Null: the temporary status is never left.
    sa.Column("pace_recu", sa.BigInteger),
    sa.Column("pace_traitement", sa.BigInteger),
    sa.Column("recevable", sa.Boolean),
    sa.Column("verdict_le", sa.BigInteger),
    sa.Column("echecs", sa.Integer, nullable=False, server_default="0"),
    # What was forced upon it, as JSON; null when nothing was.
    sa.Column("force", sa.Text),
    # A number is never given twice, not even after its flux was cleared away.
    sqlite_autoincrement=True,
)
# What waits for its verdict is found without reading what has one.
sa.Index(
    "flux_a_controler",
    _flux.c.pk,
    sqlite_where=_flux.c.recevable.is_(None),
    postgresql_where=_flux.c.recevable.is_(None),
)
# What an application deposited of late, for its quota.
sa.Index("flux_d_une_application", _flux.c.code_application, _flux.c.depose_le)

_motif = sa.Table(
    "motif",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(32), nullable=False, index=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("regle", sa.Text, nullable=False),
    sa.Column("remede", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("fichier", sa.Text),
    sa.Column("piece_jointe", sa.Text),
    sa.Column("ligne", sa.Integer),
)

_fichier = sa.Table(
    "fichier",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)

_remarque = sa.Table(
    "remarque",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("texte", sa.Text, nullable=False),
)

_rejet = sa.Table(
    "rejet",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(32), nullable=False),
    sa.Column("fichier", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("regle", sa.Text, nullable=False),
    sa.Column("lieu", sa.Text, nullable=False),
)

_cle = sa.Table(
    "cle",
    metadata,
    sa.Column("code_application", sa.String(16), primary_key=True),
    sa.Column("cle", sa.String(512), primary_key=True),
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), nullable=False),
)

_SELECT_FACTS = sa.select(
    _flux.c.depose_le,
    _flux.c.pace_recu,
    _flux.c.pace_traitement,
    _flux.c.recevable,
    _flux.c.verdict_le,
).where(
    _flux.c.id_flux == sa.bindparam("id_flux"),
    _flux.c.code_application == sa.bindparam("code_application"),
)


@dataclass(frozen=True, slots=True)
class NewFlux:
    """A flux about to be stored, its bytes already written.

    Attributes:
        pace: the usual delays.
        forced: what its name forces upon it.
        scenarios: the rules it matches, oldest first.
        per_hour: how many flux its application may deposit in an hour, None for any number.
    """

    code_application: str
    code_interface: str
    nom: str
    contenu: str
    taille: int
    depose_le: Instant
    pace: Pace
    forced: Forced = NOTHING
    scenarios: tuple[Rule[Scenario], ...] = ()
    per_hour: int | None = None


class QuotaError(Exception):
    """An application has deposited as many flux as it may.

    Attributes:
        wait_ms: milliseconds until it may deposit again.
    """

    def __init__(self, wait_ms: int) -> None:
        super().__init__(wait_ms)
        self.wait_ms = wait_ms


@dataclass(frozen=True, slots=True)
class StoredFlux:
    """A flux as the store holds it."""

    pk: int
    id_flux: str
    code_application: str
    code_interface: str
    nom: str
    contenu: str
    taille: int
    sha256: str | None
    echecs: int
    facts: Facts
    forced: Forced


class Store:
    """The flux of one simulator; safe to use from several threads and processes.

    Args:
        url: SQLAlchemy URL of the database.
        contents: folder of the deposited bytes.

    Raises:
        ConfigurationError: the database cannot be opened, or another version wrote it.
    """

    def __init__(self, url: str, contents: Path) -> None:
        self._contents = contents
        try:
            self._database = open_database(url)
            metadata.create_all(self._database)
            contents.mkdir(parents=True, exist_ok=True)
            self._lock = WriteLock(contents / _LOCK)
            self._check_version(url)
            self._facts_reader = _Reader(self._database, _SELECT_FACTS)
        except (SQLAlchemyError, OSError, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise ConfigurationError(f"database {url}: cannot be opened: {reason}") from error

    @property
    def database(self) -> Database:
        """The database, for what is stored beside the flux."""
        return self._database

    @property
    def write_lock(self) -> WriteLock:
        """Whose turn it is to write into the database."""
        return self._lock

    def close(self) -> None:
        """Give every connection back."""
        self._facts_reader.close()
        self._lock.close()
        self._database.dispose()

    def meta(self, key: str, default: Callable[[], str]) -> str:
        """A value kept with the data, drawn once for all the processes that share it."""
        with self._database.begin() as connection:
            value = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == key))
        if value is not None:
            return str(value)
        try:
            with self._database.begin() as connection:
                connection.execute(_meta.insert(), {"key": key, "value": default()})
        except IntegrityError:
            pass  # another process was first
        with self._database.connect() as connection:
            return str(connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == key)))

    def secret(self) -> str:
        """The secret that signs tokens."""
        return self.meta("secret", lambda: secrets.token_hex(32))

    # -- the request path ------------------------------------------------------------------

    def new_content(self) -> tuple[str, IO[bytes]]:
        """A name and an open file for the bytes of a flux about to be deposited."""
        key = uuid4().hex
        return key, self.content_path(key).open("x+b")

    def content_path(self, key: str) -> Path:
        """The file that holds the bytes of a flux."""
        return self._contents / key

    def digest(self, key: str) -> str:
        """The sha256 of the bytes of a flux, in hexadecimal."""
        with self.content_path(key).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()

    def drop_content(self, key: str) -> None:
        """Throw away bytes that no flux refers to."""
        self.content_path(key).unlink(missing_ok=True)

    def deposit(self, flux: NewFlux, new_identifier: Callable[[], Any]) -> Any:
        """Store a flux for good and return its identifier.

        Raises:
            QuotaError: its application has deposited as many as it may.
        """
        row = {
            "code_application": flux.code_application,
            "code_interface": flux.code_interface,
            "nom": flux.nom,
            "contenu": flux.contenu,
            "taille": flux.taille,
            "depose_le": flux.depose_le,
            **_forced_row(flux, flux.forced),
        }
        while True:
            identifier = new_identifier()
            try:
                with self._lock(), self._database.begin() as connection:
                    connection.execute(_flux.insert(), {**row, "id_flux": str(identifier)})
                    _check_quota(connection, flux)
                    _apply(connection, flux, str(identifier))
            except IntegrityError:
                if self._knows(str(identifier)):
                    continue  # drawn before: draw another
                raise
            return identifier

    def facts(self, id_flux: str, code_application: str) -> Facts | None:
        """What the status of an application's flux follows from; None for others' flux."""
        row = self._facts_reader.one({"id_flux": id_flux, "code_application": code_application})
        if row is None:
            return None
        depose_le, recu, traitement, recevable, verdict_le = row
        verdict = None if recevable is None else bool(recevable)
        return Facts(depose_le, Pace(recu, traitement), verdict, verdict_le)

    # -- the engine ------------------------------------------------------------------------

    def waiting(self, limit: int) -> list[StoredFlux]:
        """Flux without a verdict, oldest first."""
        query = (
            sa.select(_flux).where(_flux.c.recevable.is_(None)).order_by(_flux.c.pk).limit(limit)
        )
        with self._database.connect() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def knows_key(self, code_application: str, cle: str) -> bool:
        """Whether a flux of the application claimed a key."""
        query = sa.select(_cle.c.flux).where(
            _cle.c.code_application == code_application, _cle.c.cle == cle
        )
        with self._database.connect() as connection:
            return connection.execute(query).first() is not None

    def record(self, flux: StoredFlux, verdict: Verdict, now: Instant) -> None:
        """Keep a verdict; a flux that has one already keeps the first."""
        digest = self.digest(flux.contenu)
        with self._lock(), self._database.begin() as connection:
            changed = connection.execute(
                _flux.update()
                .where(_flux.c.pk == flux.pk, _flux.c.recevable.is_(None))
                .values(recevable=verdict.recevable, verdict_le=now, sha256=digest)
            )
            if changed.rowcount == 0:
                return
            self._insert(connection, _motif, flux.pk, map(_motif_row, verdict.motifs))
            self._insert(connection, _fichier, flux.pk, map(_fichier_row, verdict.fichiers))
            remarques = ({"texte": texte} for texte in verdict.remarques)
            self._insert(connection, _remarque, flux.pk, remarques)
            self._insert(connection, _rejet, flux.pk, map(asdict, verdict.rejets))
            self._claim(connection, flux, verdict.cles)

    def count_failure(self, pk: int) -> None:
        """Note that controlling a flux took the controls down."""
        with self._database.begin() as connection:
            connection.execute(
                _flux.update().where(_flux.c.pk == pk).values(echecs=_flux.c.echecs + 1)
            )

    def contents(self) -> list[str]:
        """Names of the bytes of every flux."""
        with self._database.connect() as connection:
            return list(connection.scalars(sa.select(_flux.c.contenu)))

    def sweep(self) -> int:
        """Delete bytes that no flux refers to, left by a deposit that was cut; how many.

        To be called while nobody deposits.
        """
        known = {_LOCK, *self.contents()}
        orphans = [path for path in self._contents.iterdir() if path.name not in known]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    # -- health ----------------------------------------------------------------------------

    def beat(self, milliseconds: int) -> None:
        """Leave word that the engine is alive, on the machine's clock."""
        self.meta("engine", lambda: "0")
        with self._database.begin() as connection:
            connection.execute(
                _meta.update().where(_meta.c.key == "engine").values(value=str(milliseconds))
            )

    def last_beat(self) -> int:
        """When the engine last left word, 0 if never.

        Raises:
            SQLAlchemyError: the store cannot be reached.
        """
        with self._database.connect() as connection:
            return int(
                connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "engine")) or 0
            )

    # -- the control plane -----------------------------------------------------------------

    def flux(self, id_flux: str) -> StoredFlux | None:
        """A flux by its identifier, whoever deposited it."""
        with self._database.connect() as connection:
            row = connection.execute(
                sa.select(_flux).where(_flux.c.id_flux == id_flux)
            ).one_or_none()
        return None if row is None else _stored(row)

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
        query = sa.select(_flux).where(_passes(wanted, now)).order_by(_flux.c.pk.desc())
        if before is not None:
            query = query.where(_flux.c.pk < before)
        with self._database.connect() as connection:
            return [_stored(row) for row in connection.execute(query.limit(limit))]

    def total(self, wanted: FluxFilter, now: Instant) -> int:
        """How many flux pass a filter."""
        query = sa.select(sa.func.count()).select_from(_flux).where(_passes(wanted, now))
        with self._database.connect() as connection:
            return connection.execute(query).scalar_one()

    def verdict(self, pk: int) -> Verdict:
        """The verdict recorded for a flux, an empty one if there is none yet."""
        with self._database.connect() as connection:
            motifs = connection.execute(_of(_motif, pk)).mappings()
            fichiers = connection.execute(_of(_fichier, pk)).mappings()
            rejets = connection.execute(_of(_rejet, pk)).mappings()
            remarques = connection.scalars(
                sa.select(_remarque.c.texte)
                .where(_remarque.c.flux == pk)
                .order_by(_remarque.c.rang)
            )
            return Verdict(
                motifs=tuple(_motif_of(row) for row in motifs),
                fichiers=tuple(Fichier(r["nom"], r["taille"], r["sha256"]) for r in fichiers),
                remarques=tuple(remarques),
                rejets=tuple(_rejet_of(row) for row in rejets),
            )

    # --------------------------------------------------------------------------------------

    def _check_version(self, url: str) -> None:
        version = self.meta("schema", lambda: SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise ConfigurationError(
                f"database {url}: was written by another version of the simulator (schema "
                f"{version}, not {SCHEMA_VERSION}); name another database or delete this one"
            )

    def _knows(self, id_flux: str) -> bool:
        return self.flux(id_flux) is not None

    @staticmethod
    def _insert(
        connection: sa.Connection, table: sa.Table, pk: int, rows: Iterable[dict[str, Any]]
    ) -> None:
        numbered = [{"flux": pk, "rang": rang, **row} for rang, row in enumerate(rows)]
        if numbered:
            connection.execute(table.insert(), numbered)

    @staticmethod
    def _claim(connection: sa.Connection, flux: StoredFlux, cles: Iterable[str]) -> None:
        for cle in dict.fromkeys(cles):
            taken = sa.select(_cle.c.flux).where(
                _cle.c.code_application == flux.code_application, _cle.c.cle == cle
            )
            if connection.execute(taken).first() is None:
                row = {"code_application": flux.code_application, "cle": cle, "flux": flux.pk}
                connection.execute(_cle.insert(), row)


class _Reader:
    """Runs one statement that finds at most one row, again and again, from many threads.

    Every consultation is this statement. Each thread keeps a connection of its own and hands the
    driver the text compiled once: a fifth of the time of SQLAlchemy's own execution.
    """

    def __init__(self, database: Database, statement: sa.Select[Any]) -> None:
        self._database = database
        compiled: Any = statement.compile(database)
        self._sql: str = compiled.string
        self._order: list[str] | None = compiled.positiontup
        self._local = threading.local()
        self._connections: list[sa.Connection] = []

    def one(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The row the statement finds for these values, if any."""
        parameters = [values[name] for name in self._order] if self._order else values
        cursor = self._connection().cursor()
        try:
            cursor.execute(self._sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        except Exception:
            self._local.connection = None  # the next call opens another
            raise
        finally:
            cursor.close()
        return row

    def close(self) -> None:
        """Close the connection of every thread."""
        for connection in self._connections:
            connection.close()

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            opened = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connections.append(opened)
            self._local.connection = connection = opened.connection.dbapi_connection
        return connection


def _forced_row(flux: NewFlux, forced: Forced) -> dict[str, Any]:
    pace = forced.pace(flux.pace)
    written = json.dumps(asdict(forced)) if forced.par else None
    return {"pace_recu": pace.recu, "pace_traitement": pace.traitement, "force": written}


def _apply(connection: sa.Connection, flux: NewFlux, identifier: str) -> None:
    if not flux.scenarios:
        return
    forced = choose(flux.scenarios, lambda rule: count(connection, rule) or 0, flux.forced)
    row = _forced_row(flux, forced)
    connection.execute(_flux.update().where(_flux.c.id_flux == identifier).values(row))


def _check_quota(connection: sa.Connection, flux: NewFlux) -> None:
    # Called once the flux is in, which holds the write lock: nobody else is counted meanwhile.
    if flux.per_hour is None:
        return
    recent = (_flux.c.code_application == flux.code_application) & (
        _flux.c.depose_le > flux.depose_le - HOUR_MS
    )
    number = connection.scalar(sa.select(sa.func.count()).select_from(_flux).where(recent)) or 0
    above = number - flux.per_hour
    if above <= 0:
        return
    query = sa.select(_flux.c.depose_le).where(recent).order_by(_flux.c.depose_le)
    leaves = connection.execute(query.offset(above - 1).limit(1)).scalar_one()
    raise QuotaError(leaves + HOUR_MS - flux.depose_le)


def _statut(now: Instant) -> sa.ColumnElement[str]:
    """`lifecycle.current` in SQL, so that a filter need not read every flux."""
    en_cours = _flux.c.depose_le + _flux.c.pace_recu
    traite = en_cours + _flux.c.pace_traitement
    final = sa.case((traite > _flux.c.verdict_le, traite), else_=_flux.c.verdict_le)
    settled = _flux.c.recevable.is_not(None) & traite.is_not(None)
    return sa.case(
        (settled & (final <= now) & _flux.c.recevable, Statut.RECEVABLE.value),
        (settled & (final <= now), Statut.IRRECEVABLE.value),
        (en_cours <= now, Statut.EN_COURS_DE_TRAITEMENT.value),
        else_=Statut.RECU.value,
    )


def _passes(wanted: FluxFilter, now: Instant) -> sa.ColumnElement[bool]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.statut is not None:
        conditions.append(_statut(now) == wanted.statut.value)
    if wanted.motif is not None:
        having = sa.select(_motif.c.flux).where(_motif.c.code == wanted.motif.value)
        # As long as the status does not show it, nobody can know the motif.
        conditions += [_flux.c.pk.in_(having), _statut(now) == Statut.IRRECEVABLE.value]
    if wanted.code_application is not None:
        conditions.append(_flux.c.code_application == wanted.code_application)
    if wanted.depuis is not None:
        conditions.append(_flux.c.depose_le >= wanted.depuis)
    if wanted.avant is not None:
        conditions.append(_flux.c.depose_le < wanted.avant)
    return sa.and_(sa.true(), *conditions)


def _of(table: sa.Table, pk: int) -> sa.Select[Any]:
    return sa.select(table).where(table.c.flux == pk).order_by(table.c.rang)


def _facts(row: Any) -> Facts:
    pace = Pace(row.pace_recu, row.pace_traitement)
    return Facts(row.depose_le, pace, row.recevable, row.verdict_le)


def _stored(row: Any) -> StoredFlux:
    return StoredFlux(
        pk=row.pk,
        id_flux=row.id_flux,
        code_application=row.code_application,
        code_interface=row.code_interface,
        nom=row.nom,
        contenu=row.contenu,
        taille=row.taille,
        sha256=row.sha256,
        echecs=row.echecs,
        facts=_facts(row),
        forced=_forced(row.force),
    )


def _forced(written: str | None) -> Forced:
    if written is None:
        return NOTHING
    values = json.loads(written)
    values["statut"] = values["statut"] and Statut(values["statut"])
    values["motifs"] = tuple(Code(code) for code in values["motifs"])
    return Forced(**{**values, "par": tuple(values["par"])})


def _motif_row(motif: Motif) -> dict[str, Any]:
    return {
        "code": motif.code.value,
        "message": motif.message,
        "regle": motif.regle,
        "remede": motif.remede,
        "source": motif.source,
        "fichier": motif.fichier,
        "piece_jointe": motif.piece_jointe,
        "ligne": motif.ligne,
    }


def _motif_of(row: Any) -> Motif:
    values = {key: row[key] for key in row if key not in ("flux", "rang", "code")}
    return Motif(code=Code(row["code"]), **values)


def _rejet_of(row: Any) -> Rejet:
    values = {key: row[key] for key in row if key not in ("flux", "rang", "code")}
    return Rejet(code=CodeRejet(row["code"]), **values)


def _fichier_row(fichier: Fichier) -> dict[str, Any]:
    return {"nom": fichier.nom, "taille": fichier.taille, "sha256": fichier.sha256}
