"""What the file of a receipt book holds, and how an older one is brought up to date."""

import sqlite3
from pathlib import Path

from depot_flux._book.accounts import Account, platform_of
from depot_flux._private import make_private
from depot_flux.exceptions import LivreError

VERSION = 1
PATIENCE = 30.0  # seconds that one process waits for another's transaction

# As the first books had them; what came later is added below, to new ones too.
_FIRST = (
    """CREATE TABLE IF NOT EXISTS depot (
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
)""",
    """CREATE TABLE IF NOT EXISTS fichier (
    depot INTEGER NOT NULL REFERENCES depot,
    plateforme TEXT NOT NULL,
    code_interface TEXT NOT NULL,
    nom TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    actif INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (depot, nom)
) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS depot_flux ON depot (plateforme, id_flux)
    WHERE id_flux IS NOT NULL""",
    # A file is in at most one deposit that counts: this is what two processes cannot both pass.
    """CREATE UNIQUE INDEX IF NOT EXISTS fichier_unique
    ON fichier (plateforme, code_interface, nom, sha256) WHERE actif""",
    """CREATE TABLE IF NOT EXISTS sequence (
    plateforme TEXT NOT NULL,
    code_application TEXT NOT NULL,
    derniere INTEGER NOT NULL,
    PRIMARY KEY (plateforme, code_application)
)""",
)
_SINCE_1 = (
    # Status, headers and first bytes of an answer that is not the contract's, as JSON.
    "ALTER TABLE depot ADD COLUMN reponse TEXT",
    # The invoice in a file: seller, number and year; empty where that cannot be told.
    "ALTER TABLE fichier ADD COLUMN facture TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX fichier_contenu ON fichier (plateforme, sha256) WHERE actif",
    "CREATE INDEX fichier_facture ON fichier (plateforme, facture) WHERE actif AND facture <> ''",
    # The name that a user gave to the platform at an address.
    "CREATE TABLE plateforme (adresse TEXT PRIMARY KEY, nom TEXT NOT NULL) WITHOUT ROWID",
)

# Whose deposits and numbers a book holds.
_KEYS = "SELECT plateforme FROM depot UNION SELECT plateforme FROM sequence"


def opened(path: Path) -> tuple[sqlite3.Connection, int | None]:
    """Open a book, made or brought up to date if need be, and say which version that one was of.

    Raises:
        LivreError: it cannot be opened, or a later version wrote it.
    """
    try:
        make_private(path)
        db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        # What was written survives the death of any process; waiting for the disk as well, for the
        # sake of power cuts, would double the time of a deposit.
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        # It waits for the disk when it takes over what the log holds: once in 16 MB, not in 4.
        db.execute("PRAGMA wal_autocheckpoint=4000")
        before = _bring_up(db, path) if version_of(db) != VERSION else None
        return db, before  # noqa: TRY300
    except (OSError, sqlite3.Error) as error:
        raise LivreError(
            f"the receipt book {path} cannot be opened ({error}); restore it or make it "
            f"accessible: another one, named with DEPOT_FLUX_FICHIER_RECUS, would not know "
            f"what was deposited"
        ) from error


def version_of(db: sqlite3.Connection) -> int:
    """The version that a book is of; 0 for the first ones, and for a new file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(db: sqlite3.Connection, path: Path) -> int | None:
    db.execute("BEGIN IMMEDIATE")
    try:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'depot'"
        new = db.execute(known).fetchone() is None
        version = version_of(db)  # another process may have done it meanwhile
        if version > VERSION:
            raise _later(path)  # noqa: TRY301 (the transaction ends with it)
        if version < 1:
            for statement in (*_FIRST, *_SINCE_1):
                db.execute(statement)
            _name_platforms(db)
            db.execute("PRAGMA user_version = 1")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return None if new or version == VERSION else version


def _later(path: Path) -> LivreError:
    return LivreError(
        f"the receipt book {path} was written by a later version of depot-flux; use that version"
    )


def _name_platforms(db: sqlite3.Connection) -> None:
    """Books knew a platform by its address, which may change: give it the name that this tells."""
    for (key,) in db.execute(_KEYS).fetchall():
        address, _, application = key.partition(" ")
        _rename(db, key, f"{platform_of(address)} {application}")


def platform(db: sqlite3.Connection, account: Account) -> str:
    """The platform's name: as given, else as it was given for its address, else as that tells."""
    known = db.execute("SELECT nom FROM plateforme WHERE adresse = ?", (account.told,)).fetchone()
    if not account.platform:
        return str(known[0]) if known else account.told
    if known is None:
        db.execute("BEGIN IMMEDIATE")
        # What was written before it had a name goes with it, wherever it may move: that of every
        # account, for the others may open the book after a move only.
        for (key,) in db.execute(_KEYS).fetchall():
            if key.partition(" ")[0] == account.told:
                _rename(db, key, account.platform + key.removeprefix(account.told))
        row = (account.told, account.platform)
        db.execute("INSERT OR IGNORE INTO plateforme VALUES (?, ?)", row)
        db.execute("COMMIT")
    return account.platform


def _rename(db: sqlite3.Connection, old: str, new: str) -> None:
    if old == new:
        return
    db.execute("UPDATE depot SET plateforme = ? WHERE plateforme = ?", (new, old))
    db.execute("UPDATE OR IGNORE fichier SET plateforme = ? WHERE plateforme = ?", (new, old))
    # A file that counts under both names counts once.
    db.execute("UPDATE fichier SET plateforme = ?, actif = 0 WHERE plateforme = ?", (new, old))
    db.execute(
        "INSERT INTO sequence SELECT ?, code_application, derniere FROM sequence"
        " WHERE plateforme = ? ON CONFLICT DO UPDATE"
        " SET derniere = max(derniere, excluded.derniere)",
        (new, old),
    )
    db.execute("DELETE FROM sequence WHERE plateforme = ?", (old,))
