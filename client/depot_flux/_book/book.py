"""What the receipt book holds and how: written down before the platform can have it.

A process that dies between the request and its answer leaves a deposit that shows as under way, so
that the next run knows that nobody knows, and does not send the file twice.
"""

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from depot_flux._book.accounts import Account
from depot_flux._book.file import BookFile
from depot_flux._book.receipts import Alike, AlreadyInBookError, Fingerprint, recu_of
from depot_flux.exceptions import LivreError
from depot_flux.models import Etat, Recu, Semblable, Statut, StatutFlux

# Numbers of the flux sequence: 15 digits, above the time written in digits that books began with,
# and more of them in a second than anyone deposits.
_SEQUENCE = 100_000_000_000_000
_PER_SECOND = 100_000
# What is looked for among the files in the book.
_COUNTED = (
    "SELECT depot.*, fichier.nom AS name, fichier.sha256 AS bytes"
    " FROM fichier JOIN depot ON depot.numero = fichier.depot"
    " WHERE fichier.plateforme IN (SELECT value FROM json_each(?)) AND fichier.actif AND "
)
_NAMED = "fichier.code_interface = ? AND fichier.nom = ?"
_INVOICE = "fichier.facture = ? AND fichier.facture <> ''"
# One after the other: SQLite has no index for all of it.
_AT_ALL = (
    "WITH own(plateforme) AS (SELECT value FROM json_each(:keys)) SELECT"
    " EXISTS (SELECT 1 FROM own JOIN fichier USING (plateforme)"
    "  WHERE actif AND code_interface = :code AND nom = :name)"
    " OR EXISTS (SELECT 1 FROM own JOIN fichier USING (plateforme)"
    "  WHERE actif AND facture = :facture AND facture <> '')"
    " OR EXISTS (SELECT 1 FROM own JOIN fichier USING (plateforme)"
    "  WHERE actif AND sha256 = :sha256)"
)
_IN_THE_WAY = f"depot.statut IS NOT '{Statut.IRRECEVABLE}'"


class Book:
    """The book in an SQLite file, for any number of threads and processes.

    Args:
        path: the file, made with its folder if absent.
        account: whose deposits this program makes.
        file: the file where it is open already, for another account.

    Raises:
        LivreError: the file cannot be opened.
    """

    def __init__(self, path: Path, account: Account, file: BookFile | None = None) -> None:
        self.path = path
        self.file = file or BookFile(path)
        self._platform = platform = self.file.platform(account)
        # What this program writes, and all that tells of this account's deposits.
        self._key = account.key(platform)
        self._keys = json.dumps(account.keys(platform))

    @property
    def _db(self) -> sqlite3.Connection:
        return self.file.db

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def open_deposit(
        self,
        code_interface: str,
        depot: Fingerprint,
        fichiers: Sequence[Fingerprint],
        *,
        force: bool = False,
        together: Collection[Fingerprint] = (),
    ) -> int:
        """Write down a deposit that is about to be sent, and give its number.

        Args:
            code_interface: of the deposit.
            depot: what is sent.
            fichiers: the files in it, or it alone.
            force: deposit again even what is in the book; earlier deposits no longer count.
            together: files that were given with these, whose names may be the same.

        Raises:
            AlreadyInBookError: some files are in deposits that count, or like some that are.
        """
        with self.file.transaction():
            if force:
                for fichier in fichiers:
                    self._deactivate(code_interface, fichier)
            else:
                self.require_unknown(code_interface, fichiers, together)
            cursor = self._db.execute(
                "INSERT INTO depot (plateforme, code_interface, nom, sha256, taille, etat,"
                " ouvert_le) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._key, code_interface, depot.name, depot.sha256, depot.size,
                 Etat.EN_COURS, _now()),
            )  # fmt: skip
            numero = int(cursor.lastrowid or 0)
            self._db.executemany(
                "INSERT INTO fichier (depot, plateforme, code_interface, nom, sha256, facture)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (numero, self._key, code_interface, f.name, f.sha256, f.facture)
                    for f in fichiers
                ],
            )
        return numero

    def require_unknown(
        self,
        code_interface: str,
        fichiers: Sequence[Fingerprint],
        together: Collection[Fingerprint] = (),
    ) -> None:
        """See that no file is in a deposit that counts, nor like one that is.

        Raises:
            AlreadyInBookError: some are.
        """
        with self.file.transaction():
            like = [
                fichier
                for fichier in fichiers
                if self.may_know(code_interface, fichier.name, fichier.facture, fichier.sha256)
            ]
            known = self.known(code_interface, like)
            others = [fichier for fichier in like if fichier not in known]
            alike = self.alike(code_interface, others, together)
        if known or alike:
            raise AlreadyInBookError(known, alike)

    def mark_deposited(
        self, numero: int, id_flux: str, remark: str = "", reponse: str | None = None
    ) -> None:
        """Write down that the platform took a deposit, and what is to be said of its answer."""
        if reponse:
            self._keep(numero, reponse)
        if not self._close(numero, Etat.DEPOSE, remark, id_flux):
            # Someone settled it meanwhile, wrongly: its files count all the same.
            with self.file.reading():
                self._db.execute(
                    "UPDATE OR IGNORE fichier SET actif = 1 WHERE depot = ?", (numero,)
                )

    def mark_uncertain(self, numero: int, detail: str, reponse: str | None = None) -> None:
        """Write down that nobody knows what became of a deposit, and the answer if any."""
        if reponse:
            self._keep(numero, reponse)
        self._close(numero, Etat.INCERTAIN, detail)

    def mark_refused(self, numero: int, detail: str) -> None:
        """Write down that the platform did not take a deposit; its files may go again."""
        self._free(numero, Etat.REFUSE, detail)

    def confirmer(self, numero: int, id_flux: str) -> Recu:
        """Settle an uncertain deposit: the platform has it, under this identifier.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        with self.file.transaction():
            self._uncertain(numero)
            self.mark_deposited(numero, id_flux)
            return self.recu(numero)

    def liberer(self, numero: int) -> Recu:
        """Settle an uncertain deposit: the platform does not have it, its files may go again.

        Raises:
            LivreError: there is no such deposit, or it is not uncertain.
        """
        with self.file.transaction():
            self._uncertain(numero)
            self._free(numero, Etat.ANNULE, "set aside by the user")
            return self.recu(numero)

    def free_irrecevable(self, numero: int) -> None:
        """Let the files of an irrecevable flux go again in another."""
        with self.file.transaction():
            self._db.execute("UPDATE fichier SET actif = 0 WHERE depot = ?", (numero,))

    def note_unknown(self, numero: int, detail: str) -> None:
        """Write down that the platform does not know the flux of a deposit any more."""
        with self.file.reading():
            self._db.execute(
                "UPDATE depot SET etat = ?, detail = ? WHERE numero = ? AND etat = ?",
                (Etat.INCONNU, detail, numero, Etat.DEPOSE),
            )

    def deposit_of(self, id_flux: str) -> Recu | None:
        """The deposit that brought a flux, None if the book does not know it."""
        with self.file.reading():
            row = self._db.execute(
                "SELECT * FROM depot WHERE plateforme IN (SELECT value FROM json_each(?))"
                " AND id_flux = ?",
                (self._keys, id_flux),
            ).fetchone()
        return recu_of(row) if row else None

    def note_statut(self, seen: StatutFlux) -> None:
        """Remember the status of a flux, if the book knows the flux."""
        with self.file.transaction():
            self._db.execute(
                "UPDATE depot SET statut = ?, date_statut = ?, etat = iif(etat = ?, ?, etat)"
                " WHERE plateforme IN (SELECT value FROM json_each(?))"
                " AND id_flux = ? AND (statut IS NOT ? OR etat = ?)",
                (
                    seen.statut,
                    seen.date and seen.date.isoformat(),
                    Etat.INCONNU,
                    Etat.DEPOSE,
                    self._keys,
                    seen.id,
                    seen.statut,
                    Etat.INCONNU,
                ),
            )

    def known(
        self, code_interface: str, fichiers: Sequence[Fingerprint]
    ) -> dict[Fingerprint, Recu]:
        """The deposit that counts for each file that has one."""
        found = {}
        with self.file.reading():
            for fichier in fichiers:
                row = self._first(
                    f"{_NAMED} AND fichier.sha256 = ?",
                    code_interface,
                    fichier.name,
                    fichier.sha256,
                )
                if row:
                    found[fichier] = recu_of(row)
        return found

    def alike(
        self,
        code_interface: str,
        fichiers: Sequence[Fingerprint],
        together: Collection[Fingerprint] = (),
    ) -> dict[Fingerprint, Alike]:
        """The deposit that counts of another file that may be the same, for each that has one.

        The same invoice, the same bytes under another name, or other bytes under the same name. A
        flux that is known to be irrecevable is in nobody's way: what replaces it looks like it.

        Args:
            code_interface: of the files.
            fichiers: the files, none of them in the book.
            together: files whose names may be the same.
        """
        found = {}
        given = {(fichier.name, fichier.sha256) for fichier in together}
        with self.file.reading():
            for fichier in fichiers:
                looked_for: dict[Semblable, tuple[str, ...]] = {
                    Semblable.FACTURE: (f"{_INVOICE} AND {_IN_THE_WAY}", fichier.facture),
                    Semblable.CONTENU: (f"fichier.sha256 = ? AND {_IN_THE_WAY}", fichier.sha256),
                    Semblable.NOM: (f"{_NAMED} AND {_IN_THE_WAY}", code_interface, fichier.name),
                }
                for semblable, (condition, *values) in looked_for.items():
                    row = "" not in values and self._first(condition, *values, besides=given)
                    if row:
                        found[fichier] = (semblable, recu_of(row))
                        break
        return found

    def may_know(self, code_interface: str, name: str, facture: str, sha256: str = "") -> bool:
        """Whether a file of this name, this invoice or these bytes is in a deposit that counts.

        Most files are in none, and one look says so.
        """
        with self.file.reading():
            (found,) = self._db.execute(
                _AT_ALL,
                {
                    "keys": self._keys,
                    "code": code_interface,
                    "name": name,
                    "facture": facture,
                    "sha256": sha256,
                },
            ).fetchone()
        return bool(found)

    def recu(self, numero: int) -> Recu:
        """One deposit.

        Raises:
            LivreError: the book holds none of this number for this platform.
        """
        with self.file.reading():
            row = self._db.execute(
                "SELECT * FROM depot WHERE numero = ?"
                " AND plateforme IN (SELECT value FROM json_each(?))",
                (numero, self._keys),
            ).fetchone()
        if row is None:
            raise LivreError(f"the receipt book {self.path} holds no deposit {numero}")
        return recu_of(row)

    def recus(self, limite: int = 100) -> list[Recu]:
        """The latest deposits on this platform, the latest first."""
        with self.file.reading():
            rows = self._db.execute(
                "SELECT * FROM depot WHERE plateforme IN (SELECT value FROM json_each(?))"
                " ORDER BY numero DESC LIMIT ?",
                (self._keys, limite),
            ).fetchall()
        return [recu_of(row) for row in rows]

    def next_number(self, code_application: str) -> int:
        """The next number of the flux sequence, never given twice, of 15 digits at most.

        It is the time or what follows the last one, so that a book that was lost, or restored from
        a copy, does not give numbers that the platform has seen. Accounts of one application share
        its numbers.
        """
        floor = _SEQUENCE + int(datetime.now(UTC).timestamp() * _PER_SECOND)
        with self.file.transaction():
            row = self._db.execute(
                "INSERT INTO sequence VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET derniere = max(derniere + 1, excluded.derniere) RETURNING derniere",
                (self._platform, code_application, floor),
            ).fetchone()
        return int(row["derniere"])

    def _keep(self, numero: int, reponse: str) -> None:
        with self.file.reading():
            self._db.execute("UPDATE depot SET reponse = ? WHERE numero = ?", (reponse, numero))

    def _close(self, numero: int, etat: Etat, detail: str, id_flux: str | None = None) -> bool:
        """Write down an outcome; whether it was the first."""
        with self.file.reading():  # one statement is a transaction of its own
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
        with self.file.transaction():
            self._close(numero, etat, detail)
            self._db.execute("UPDATE fichier SET actif = 0 WHERE depot = ?", (numero,))
            self._db.execute(
                "UPDATE OR IGNORE fichier SET actif = 1 WHERE (depot, nom) IN ("
                " SELECT max(old.depot), old.nom FROM fichier AS own JOIN fichier AS old"
                " USING (code_interface, nom, sha256)"
                " JOIN depot ON depot.numero = old.depot"
                " WHERE own.depot = ? AND old.depot < own.depot"
                " AND old.plateforme IN (SELECT value FROM json_each(?))"
                " AND depot.etat NOT IN (?, ?) GROUP BY old.nom)",
                (numero, self._keys, Etat.REFUSE, Etat.ANNULE),
            )

    def _deactivate(self, code_interface: str, fichier: Fingerprint) -> None:
        self._db.execute(
            "UPDATE fichier SET actif = 0 WHERE plateforme IN (SELECT value FROM json_each(?))"
            " AND code_interface = ? AND nom = ? AND sha256 = ?",
            (self._keys, code_interface, fichier.name, fichier.sha256),
        )

    def _first(
        self, condition: str, *values: str, besides: Collection[tuple[str, str]] = ()
    ) -> sqlite3.Row | None:
        """A deposit that counts, of a file that meets a condition.

        Args:
            condition: on the tables fichier and depot.
            values: those that it asks for.
            besides: name and sha256 of files that do not matter.
        """
        rows = self._db.execute(_COUNTED + condition, (self._keys, *values))
        return next((row for row in rows if (row["name"], row["bytes"]) not in besides), None)

    def _uncertain(self, numero: int) -> None:
        recu = self.recu(numero)
        if not recu.incertain:
            raise LivreError(f"deposit {numero} is {recu.etat}, there is nothing to settle")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
