"""What the receipt book holds and how: written down before the platform can have it.

A process that dies between the request and its answer leaves a deposit that shows as under way, so
that the next run knows that nobody knows, and does not send the file twice.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from depot_flux._private import make_private
from depot_flux.exceptions import LivreError
from depot_flux.models import Etat, Recu, Statut, StatutFlux

_SCHEMA = """
CREATE TABLE IF NOT EXISTS depot (
    numero INTEGER PRIMARY KEY,
    plateforme TEXT NOT NULL,
    code_interface TEXT NOT NULL,
    nom TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    taille INTEGER NOT NULL,
    etat TEXT NOT NULL,
    id_flux TEXT,
    statut TEXT,
    date_statut TEXT,
    detail TEXT NOT NULL DEFAULT '',
    ouvert_le TEXT NOT NULL,
    clos_le TEXT
);
CREATE TABLE IF NOT EXISTS fichier (
    depot INTEGER NOT NULL REFERENCES depot,
    plateforme TEXT NOT NULL,
    code_interface TEXT NOT NULL,
    nom TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    actif INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (depot, nom)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS depot_flux ON depot (plateforme, id_flux)
    WHERE id_flux IS NOT NULL;
-- A file is in at most one deposit that counts: this is what two processes cannot both pass.
CREATE UNIQUE INDEX IF NOT EXISTS fichier_unique
    ON fichier (plateforme, code_interface, nom, sha256) WHERE actif;
CREATE TABLE IF NOT EXISTS sequence (
    plateforme TEXT NOT NULL,
    code_application TEXT NOT NULL,
    derniere INTEGER NOT NULL,
    PRIMARY KEY (plateforme, code_application)
);
"""
# Numbers of the flux sequence: 15 digits, above the time written in digits that books began with,
# and more of them in a second than anyone deposits.
_SEQUENCE = 100_000_000_000_000
_PER_SECOND = 100_000
_PATIENCE = 30.0  # seconds that one process waits for another's transaction


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one file from another: its name and the sha256 of its bytes; and its size."""

    name: str
    sha256: str
    size: int


class AlreadyInBookError(Exception):
    """Files about to be deposited are in deposits that count.

    Attributes:
        known: the deposit of each.
    """

    def __init__(self, known: dict[Fingerprint, Recu]) -> None:
        super().__init__(f"{len(known)} files are in the book")
        self.known = known


class Book:
    """The book in an SQLite file, for any number of threads and processes.

    Args:
        path: the file, made with its folder if absent.
        platform: base address and client whose deposits this program makes.

    Raises:
        LivreError: the file cannot be opened.
    """

    def __init__(self, path: Path, platform: str) -> None:
        self.path = path
        self._platform = platform
        self._lock = RLock()
        try:
            make_private(path)
            self._db = sqlite3.connect(
                path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            # What was written survives the death of any process; waiting for the disk as well, for
            # the sake of power cuts, would double the time of a deposit.
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise LivreError(
                f"the receipt book {path} cannot be opened ({error}); restore it or make it "
                f"accessible: another one, named with DEPOT_FLUX_FICHIER_RECUS, would not know "
                f"what was deposited"
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def open_deposit(
        self,
        code_interface: str,
        depot: Fingerprint,
        fichiers: Sequence[Fingerprint],
        *,
        force: bool = False,
    ) -> int:
        """Write down a deposit that is about to be sent, and give its number.

        Args:
            code_interface: of the deposit.
            depot: what is sent.
            fichiers: the files in it, or it alone.
            force: deposit again even what is in the book; earlier deposits no longer count.

        Raises:
            AlreadyInBookError: some files are in deposits that count.
        """
        with self._transaction():
            if force:
                for fichier in fichiers:
                    self._deactivate(code_interface, fichier)
            cursor = self._db.execute(
                "INSERT INTO depot (plateforme, code_interface, nom, sha256, taille, etat,"
                " ouvert_le) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._platform, code_interface, depot.name, depot.sha256, depot.size,
                 Etat.EN_COURS, _now()),
            )  # fmt: skip
            numero = int(cursor.lastrowid or 0)
            try:
                self._db.executemany(
                    "INSERT INTO fichier (depot, plateforme, code_interface, nom, sha256)"
                    " VALUES (?, ?, ?, ?, ?)",
                    [(numero, self._platform, code_interface, f.name, f.sha256) for f in fichiers],
                )
            except sqlite3.IntegrityError:
                raise AlreadyInBookError(self.known(code_interface, fichiers)) from None
        return numero

    def mark_deposited(self, numero: int, id_flux: str) -> None:
        """Write down that the platform took a deposit."""
        if not self._close(numero, Etat.DEPOSE, "", id_flux):
            # Someone settled it meanwhile, wrongly: its files count all the same.
            with self._reading():
                self._db.execute(
                    "UPDATE OR IGNORE fichier SET actif = 1 WHERE depot = ?", (numero,)
                )

    def mark_uncertain(self, numero: int, detail: str) -> None:
        """Write down that nobody knows what became of a deposit."""
        self._close(numero, Etat.INCERTAIN, detail)

    def mark_refused(self, numero: int, detail: str) -> None:
        """Write down that the platform did not take a deposit; its files may go again."""
        self._free(numero, Etat.REFUSE, detail)

    def confirmer(self, numero: int, id_flux: str) -> Recu:
        """Settle an uncertain deposit: the platform has it, under this identifier.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        with self._transaction():
            self._uncertain(numero)
            self.mark_deposited(numero, id_flux)
            return self.recu(numero)

    def liberer(self, numero: int) -> Recu:
        """Settle an uncertain deposit: the platform does not have it, its files may go again.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        with self._transaction():
            self._uncertain(numero)
            self._free(numero, Etat.ANNULE, "set aside by the user")
            return self.recu(numero)

    def free_irrecevable(self, numero: int) -> None:
        """Let the files of an irrecevable flux go again in another."""
        with self._transaction():
            self._db.execute("UPDATE fichier SET actif = 0 WHERE depot = ?", (numero,))

    def note_statut(self, seen: StatutFlux) -> None:
        """Remember the status of a flux, if the book knows the flux."""
        with self._transaction():
            self._db.execute(
                "UPDATE depot SET statut = ?, date_statut = ?"
                " WHERE plateforme = ? AND id_flux = ? AND statut IS NOT ?",
                (
                    seen.statut,
                    seen.date and seen.date.isoformat(),
                    self._platform,
                    seen.id,
                    seen.statut,
                ),
            )

    def known(
        self, code_interface: str, fichiers: Sequence[Fingerprint]
    ) -> dict[Fingerprint, Recu]:
        """The deposit that counts for each file that has one."""
        found = {}
        with self._reading():
            for fichier in fichiers:
                row = self._db.execute(
                    "SELECT depot.* FROM fichier JOIN depot ON depot.numero = fichier.depot"
                    " WHERE fichier.plateforme = ? AND fichier.code_interface = ?"
                    " AND fichier.nom = ? AND fichier.sha256 = ? AND actif",
                    (self._platform, code_interface, fichier.name, fichier.sha256),
                ).fetchone()
                if row:
                    found[fichier] = _recu(row)
        return found

    def knows_name(self, code_interface: str, name: str) -> bool:
        """Whether a file of this name is in a deposit that counts."""
        with self._reading():
            row = self._db.execute(
                "SELECT 1 FROM fichier WHERE plateforme = ? AND code_interface = ? AND nom = ?"
                " AND actif LIMIT 1",
                (self._platform, code_interface, name),
            ).fetchone()
        return row is not None

    def recu(self, numero: int) -> Recu:
        """One deposit.

        Raises:
            LivreError: the book holds none of this number for this platform.
        """
        with self._reading():
            row = self._db.execute(
                "SELECT * FROM depot WHERE numero = ? AND plateforme = ?",
                (numero, self._platform),
            ).fetchone()
        if row is None:
            raise LivreError(f"the receipt book {self.path} holds no deposit {numero}")
        return _recu(row)

    def recus(self, limite: int = 100) -> list[Recu]:
        """The latest deposits on this platform, the latest first."""
        with self._reading():
            rows = self._db.execute(
                "SELECT * FROM depot WHERE plateforme = ? ORDER BY numero DESC LIMIT ?",
                (self._platform, limite),
            ).fetchall()
        return [_recu(row) for row in rows]

    def next_number(self, code_application: str) -> int:
        """The next number of the flux sequence, never given twice, of 15 digits at most.

        It is the time or what follows the last one, so that a book that was lost, or restored from
        a copy, does not give numbers that the platform has seen.
        """
        floor = _SEQUENCE + int(datetime.now(UTC).timestamp() * _PER_SECOND)
        with self._transaction():
            row = self._db.execute(
                "INSERT INTO sequence VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET derniere = max(derniere + 1, excluded.derniere) RETURNING derniere",
                (self._platform, code_application, floor),
            ).fetchone()
        return int(row["derniere"])

    def _close(self, numero: int, etat: Etat, detail: str, id_flux: str | None = None) -> bool:
        """Write down an outcome; whether it was the first."""
        with self._reading():  # one statement is a transaction of its own
            update = (
                "UPDATE depot SET etat = ?, detail = ?, id_flux = ?, clos_le = ? WHERE numero = ?"
            )
            values = (etat, detail, id_flux, _now(), numero)
            first = self._db.execute(f"{update} AND clos_le IS NULL", values).rowcount > 0
            if not first:
                self._db.execute(update, values)
        return first

    def _free(self, numero: int, etat: Etat, detail: str) -> None:
        """Let the files of a deposit go again, or the deposits count that it was to replace."""
        with self._transaction():
            self._close(numero, etat, detail)
            self._db.execute("UPDATE fichier SET actif = 0 WHERE depot = ?", (numero,))
            self._db.execute(
                "UPDATE OR IGNORE fichier SET actif = 1 WHERE (depot, nom) IN ("
                " SELECT max(old.depot), old.nom FROM fichier AS own JOIN fichier AS old"
                " USING (plateforme, code_interface, nom, sha256)"
                " JOIN depot ON depot.numero = old.depot"
                " WHERE own.depot = ? AND old.depot < own.depot AND depot.etat IN (?, ?, ?)"
                " GROUP BY old.nom)",
                (numero, Etat.DEPOSE, Etat.INCERTAIN, Etat.EN_COURS),
            )

    def _deactivate(self, code_interface: str, fichier: Fingerprint) -> None:
        self._db.execute(
            "UPDATE fichier SET actif = 0 WHERE plateforme = ? AND code_interface = ?"
            " AND nom = ? AND sha256 = ?",
            (self._platform, code_interface, fichier.name, fichier.sha256),
        )

    def _uncertain(self, numero: int) -> None:
        recu = self.recu(numero)
        if recu.etat not in {Etat.INCERTAIN, Etat.EN_COURS}:
            raise LivreError(f"deposit {numero} is {recu.etat}, there is nothing to settle")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction, or a part of the one under way in this thread."""
        with self._reading():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise LivreError(
                    f"the receipt book {self.path}: {error}; close what locks it, or restore it "
                    "from a copy"
                ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _recu(row: sqlite3.Row) -> Recu:
    try:
        return _read(row)
    except ValueError as error:
        raise LivreError(
            f"deposit {row['numero']} of the receipt book cannot be read ({error}); a later "
            "version may have written it"
        ) from None


def _read(row: sqlite3.Row) -> Recu:
    return Recu(
        numero=row["numero"],
        plateforme=row["plateforme"],
        code_interface=row["code_interface"],
        nom=row["nom"],
        sha256=row["sha256"],
        taille=row["taille"],
        etat=Etat(row["etat"]),
        id_flux=row["id_flux"],
        statut=Statut(row["statut"]) if row["statut"] else None,
        detail=row["detail"],
        ouvert_le=datetime.fromisoformat(row["ouvert_le"]),
        clos_le=datetime.fromisoformat(row["clos_le"]) if row["clos_le"] else None,
    )
