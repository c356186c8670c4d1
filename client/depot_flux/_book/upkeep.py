"""Looking after a receipt book as a whole, whoever's deposits are in it.

What may still matter never goes: a deposit of which nobody knows, or whose flux is still followed.
"""

# ruff: noqa: S608 (what is put into statements are names and states of this module's own)

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from depot_flux._book.file import BookFile
from depot_flux._book.receipts import recu_of
from depot_flux._book.schema import VERSION, opened, version_of
from depot_flux._private import make_private
from depot_flux.exceptions import ConfigurationError, LivreError
from depot_flux.models import Etat, Recu, Statut

_PIECE = 500  # receipts read at a time
_UNSETTLED = f"('{Etat.EN_COURS}', '{Etat.INCERTAIN}', '{Etat.INCONNU}')"
_ENDED = (
    f"(depot.etat IN ('{Etat.REFUSE}', '{Etat.ANNULE}') OR (depot.etat = '{Etat.DEPOSE}'"
    f" AND depot.statut IN ('{Statut.RECEVABLE}', '{Statut.IRRECEVABLE}')))"
)
# What is wrong with a deposit or a file in the book: the condition, the words, what mends it.
_STATES = ", ".join(f"'{each}'" for each in Etat)
_STATUTS = ", ".join(f"'{each}'" for each in Statut)
_FAULTS: tuple[tuple[str, str, str], ...] = (
    (
        f"SELECT numero FROM depot WHERE etat NOT IN ({_STATES})",
        "has a state that nobody knows",
        f"UPDATE depot SET etat = '{Etat.INCERTAIN}' WHERE numero = ?",
    ),
    (
        f"SELECT numero FROM depot WHERE etat IN ('{Etat.DEPOSE}', '{Etat.INCONNU}')"
        " AND coalesce(id_flux, '') = ''",
        "was deposited and names no flux",
        f"UPDATE depot SET etat = '{Etat.INCERTAIN}' WHERE numero = ?",
    ),
    (
        f"SELECT numero FROM depot WHERE statut NOT IN ({_STATUTS})",
        "has a status that nobody knows",
        "UPDATE depot SET statut = NULL WHERE numero = ?",
    ),
    (
        "SELECT numero FROM depot WHERE julianday(ouvert_le) IS NULL"
        " OR (clos_le IS NOT NULL AND julianday(clos_le) IS NULL)",
        "has a date that cannot be read",
        "UPDATE depot SET ouvert_le = iif(julianday(ouvert_le) IS NULL,"
        " '1970-01-01T00:00:00.000+00:00', ouvert_le), clos_le = iif(julianday(clos_le) IS NULL,"
        " NULL, clos_le) WHERE numero = ?",
    ),
    (
        "SELECT DISTINCT fichier.depot FROM fichier LEFT JOIN depot ON depot.numero = fichier.depot"
        " WHERE depot.numero IS NULL",
        "is missing, its files are there",
        "INSERT INTO depot (numero, plateforme, code_interface, nom, sha256, taille, etat, detail,"
        f" ouvert_le) SELECT depot, plateforme, code_interface, nom, sha256, 0, '{Etat.INCERTAIN}',"
        " 'its receipt was lost', '1970-01-01T00:00:00.000+00:00' FROM fichier WHERE depot = ?"
        " LIMIT 1",
    ),
    (
        "SELECT numero FROM depot WHERE NOT EXISTS"
        " (SELECT 1 FROM fichier WHERE fichier.depot = depot.numero)",
        "names no file, so that nothing keeps it from going again",
        "INSERT OR IGNORE INTO fichier (depot, plateforme, code_interface, nom, sha256)"
        " SELECT numero, plateforme, code_interface, nom, sha256 FROM depot WHERE numero = ?",
    ),
    (
        "SELECT DISTINCT depot.numero FROM depot JOIN fichier ON fichier.depot = depot.numero"
        f" WHERE depot.etat IN {_UNSETTLED} AND NOT fichier.actif AND NOT EXISTS"
        " (SELECT 1 FROM fichier AS other WHERE other.actif AND other.nom = fichier.nom"
        " AND other.code_interface = fichier.code_interface AND other.sha256 = fichier.sha256)",
        "is not settled, and its files could go again",
        "UPDATE OR IGNORE fichier SET actif = 1 WHERE depot = ?",
    ),
)


def receipts(file: BookFile) -> Iterator[Recu]:
    """Every deposit in a book, the oldest first, in bounded memory.

    Raises:
        LivreError: it cannot be read.
    """
    last = 0
    while True:
        with file.reading():
            rows = file.db.execute(
                "SELECT * FROM depot WHERE numero > ? ORDER BY numero LIMIT ?", (last, _PIECE)
            ).fetchall()
        if not rows:
            return
        yield from map(recu_of, rows)
        last = rows[-1]["numero"]


def purge(file: BookFile, before: datetime) -> int:
    """Remove the deposits of before a moment that have come to their end; how many they were.

    Raises:
        ConfigurationError: the moment has no time zone.
        LivreError: the book cannot be written.
    """
    if before.tzinfo is None:
        raise ConfigurationError("the moment to purge before needs a time zone")
    limit = before.astimezone(UTC).isoformat(timespec="milliseconds")
    with file.transaction():
        old = f"SELECT numero FROM depot WHERE ouvert_le < ? AND {_ENDED}"
        file.db.execute(f"DELETE FROM fichier WHERE depot IN ({old})", (limit,))
        removed = file.db.execute(f"DELETE FROM depot WHERE numero IN ({old})", (limit,)).rowcount
    with file.reading(), suppress(sqlite3.OperationalError):
        file.db.execute("VACUUM")  # not while another process reads; then the room is used again
    return removed


def check(path: Path) -> list[str]:
    """What is wrong with a book; nothing when no fault was found. The book stays as it is."""
    if not path.is_file():
        return [f"{path}: there is no such file"]
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return _faults(db)
    except sqlite3.Error as error:
        return [f"it cannot be read ({error})"]


def repair(path: Path) -> list[str]:
    """Mend a book, a copy of it as it was being kept beside it; what was done.

    In doubt a deposit becomes uncertain, so that someone looks for it on the platform. No program
    may deposit meanwhile.

    Raises:
        LivreError: nothing of it can be read, or the disk does not take it.
    """
    if not check(path):
        return []
    try:
        done = [f"the book as it was is in {_copied(path)}"]
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
            db.execute("REINDEX")
        if any(not fault.startswith("deposit ") for fault in check(path)):
            done.append(_salvage(path))
        with closing(opened(path)[0]) as db:
            for question, words, mend in _FAULTS:
                for (numero,) in db.execute(question).fetchall():
                    db.execute(mend, (numero,))
                    done.append(f"deposit {numero} {words}: mended")
    except (OSError, sqlite3.Error) as error:
        raise LivreError(f"the receipt book {path} cannot be repaired: {error}") from error
    if left := check(path):
        raise LivreError(f"the receipt book {path} cannot be repaired: {'; '.join(left)}")
    return done


def _faults(db: sqlite3.Connection) -> list[str]:
    found = [f"SQLite: {row[0]}" for row in db.execute("PRAGMA integrity_check(20)")]
    found = [] if found == ["SQLite: ok"] else found
    if version_of(db) != VERSION:
        return [*found, f"it is of version {version_of(db)}, this library writes {VERSION}"]
    for question, words, _ in _FAULTS:
        found += [f"deposit {row[0]} {words}" for row in db.execute(question)]
    return found


def _copied(path: Path) -> Path:
    """A copy of a book, its journal among it, under a name that nothing has."""
    number = 1
    while (copy := path.with_name(f"{path.name}.{number}.copie")).exists():
        number += 1
    for end in ("", "-wal"):
        source = path.with_name(path.name + end)
        if source.exists():
            made = copy.with_name(copy.name + end)
            make_private(made)
            shutil.copyfile(source, made)
    return copy


def _salvage(path: Path) -> str:
    """Write what can be read of a book into a new one in its place; what to say of it."""
    fresh = path.with_name(f"{path.name}.neuf")
    fresh.unlink(missing_ok=True)
    kept = 0
    with closing(sqlite3.connect(path)) as old, closing(opened(fresh)[0]) as new:
        old.row_factory = sqlite3.Row
        for table, order in (("depot", "numero"), ("fichier", "depot, nom"), ("sequence", ""),
                             ("plateforme", "")):  # fmt: skip
            for row in _readable(old, table, order):
                names = ", ".join(row.keys())
                marks = ", ".join("?" * len(row))
                new.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", tuple(row))
                kept += table == "depot"
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if not kept:
        fresh.unlink()
        raise LivreError(f"the receipt book {path}: nothing of it can be read; restore a copy")
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
        fresh.with_name(fresh.name + end).unlink(missing_ok=True)
    fresh.replace(path)
    return (
        f"{kept} deposits could be read; others may be lost: compare with the platform before "
        "anything of their time is deposited again"
    )


def _readable(db: sqlite3.Connection, table: str, order: str) -> Iterator[sqlite3.Row]:
    """The rows that can be read, from both ends where some between cannot."""
    seen = 0
    try:
        for row in db.execute(f"SELECT * FROM {table}" + (f" ORDER BY {order}" if order else "")):
            seen += 1
            yield row
    except sqlite3.DatabaseError:
        if not order:
            return
        backwards = ", ".join(f"{each} DESC" for each in order.split(", "))
        with suppress(sqlite3.DatabaseError):
            yield from db.execute(f"SELECT * FROM {table} ORDER BY {backwards}")
