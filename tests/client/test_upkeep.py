"""Looking after the receipt book: export, purge, check and repair; a migration is told."""

import csv
import io
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from depot_flux import ConfigurationError, DepotFlux, Etat, Event, Livre, LivreError, Statut
from depot_flux._book import Account, Book, Fingerprint
from depot_flux._book.schema import _FIRST
from depot_flux.models import StatutFlux
from tests.client.test_cli import Shell, shell
from tests.support.book import ACCOUNT
from tests.support.fake_platform import CODE, Platform

__all__ = ["shell"]

FINAL = {"recevable", "irrecevable", "refused", "set aside"}


def filled(path: Path) -> dict[str, int]:
    """A book with a deposit of every kind, their numbers by kind."""
    book = Book(path, ACCOUNT)
    other = Book(path, Account("p", "https://p.example", "other", "application"), book.file)
    kinds = [
        "recevable", "irrecevable", "followed", "deposited", "uncertain", "under way", "refused",
        "set aside", "lost",
    ]  # fmt: skip
    found = {}
    for n, kind in enumerate(kinds):
        own = other if kind == "deposited" else book
        file = Fingerprint(f"F{n}.xml", f"{n:064}", 10)
        found[kind] = numero = own.open_deposit(CODE, file, [file])
        if kind in {"recevable", "irrecevable", "followed", "deposited", "lost"}:
            own.mark_deposited(numero, f"flux{n}")
        match kind:
            case "recevable" | "irrecevable":
                book.note_statut(StatutFlux(f"flux{n}", Statut(kind.upper()), None))
            case "followed":
                book.note_statut(StatutFlux(f"flux{n}", Statut.EN_COURS_DE_TRAITEMENT, None))
            case "uncertain" | "set aside":
                book.mark_uncertain(numero, "lost answer")
            case "refused":
                book.mark_refused(numero, "no")
            case "lost":
                book.note_unknown(numero, "the platform does not know it")
        if kind == "set aside":
            book.liberer(numero)
    book.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recus.db"


def damaged(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_purge_takes_what_has_ended_and_nothing_that_may_still_matter(path: Path) -> None:
    found = filled(path)
    book = Book(path, ACCOUNT)
    livre = Livre(book)
    assert livre.purger(datetime.now(UTC) - timedelta(days=1)) == 0
    assert livre.purger(datetime.now(UTC) + timedelta(seconds=1)) == len(FINAL)
    left = {recu.numero for recu in livre.exporter()}
    assert left == {numero for kind, numero in found.items() if kind not in FINAL}
    # A file that was taken out may go again, whoever keeps what.
    file = Fingerprint("F0.xml", f"{0:064}", 10)
    assert book.known(CODE, [file]) == {}
    with pytest.raises(ConfigurationError, match="time zone"):
        livre.purger(datetime.now())
    book.close()
    assert Livre.verifier(path) == []


def test_an_export_holds_every_account_in_the_order_of_the_deposits(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot_flux._book.upkeep._PIECE", 2)
    found = filled(path)
    book = Book(path, ACCOUNT)
    exported = list(Livre(book).exporter())
    assert [recu.numero for recu in exported] == sorted(found.values())
    assert {recu.plateforme for recu in exported} == {"p login", "p other"}
    book.close()


@pytest.mark.parametrize(
    ("statement", "says", "kind", "etat"),
    [
        ("UPDATE depot SET etat = 'PERDU' WHERE numero = 3", "a state that nobody knows",
         "followed", Etat.INCERTAIN),
        ("UPDATE depot SET id_flux = NULL WHERE numero = 1", "names no flux",
         "recevable", Etat.INCERTAIN),
        ("UPDATE depot SET statut = 'BON' WHERE numero = 1", "a status that nobody knows",
         "recevable", Etat.DEPOSE),
        ("UPDATE depot SET ouvert_le = 'hier' WHERE numero = 1", "a date that cannot be read",
         "recevable", Etat.DEPOSE),
        ("DELETE FROM depot WHERE numero = 1", "is missing, its files are there",
         "recevable", Etat.INCERTAIN),
        ("DELETE FROM fichier WHERE depot = 5", "nothing keeps it from going again",
         "uncertain", Etat.INCERTAIN),
        ("UPDATE fichier SET actif = 0 WHERE depot = 5", "its files could go again",
         "uncertain", Etat.INCERTAIN),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_book_is_told_and_mended_to_the_safe_side(
    path: Path, statement: str, says: str, kind: str, etat: Etat
) -> None:
    numero = filled(path)[kind]
    assert Livre.verifier(path) == []
    damaged(path, statement)
    before = path.read_bytes()
    (fault,) = Livre.verifier(path)
    assert fault.startswith(f"deposit {numero} ")
    assert says in fault
    assert path.read_bytes() == before
    done = Livre.reparer(path)
    assert f"deposit {numero}" in done[-1]
    assert Livre.verifier(path) == []
    book = Book(path, ACCOUNT)
    assert book.recu(numero).etat is etat
    name = book.recu(numero).nom
    file = Fingerprint(name, f"{int(name[1]):064}", 10)
    assert book.known(CODE, [file])[file].numero == numero
    book.close()
    (copy,) = path.parent.glob("*.copie")
    assert copy.stat().st_mode & 0o077 == 0


def test_a_book_whose_pages_are_spoilt_keeps_what_can_be_read(path: Path) -> None:
    book = Book(path, ACCOUNT)
    for n in range(400):
        file = Fingerprint(f"F{n}.xml", f"{n:064}", 10)
        book.mark_deposited(book.open_deposit(CODE, file, [file]), f"flux{n}")
    book.close()
    spoilt = bytearray(path.read_bytes())
    middle = len(spoilt) // 2 // 4096 * 4096
    spoilt[middle : middle + 3 * 4096] = b"\xff" * (3 * 4096)
    path.write_bytes(spoilt)
    assert Livre.verifier(path) != []
    done = Livre.reparer(path)
    assert "compare with the platform" in " ".join(done)
    assert Livre.verifier(path) == []
    again = Book(path, ACCOUNT)
    known = {recu.numero for recu in again.recus(1000)}
    again.close()
    assert {1, 400} <= known
    assert len(known) > 200


def test_what_is_no_book_at_all_cannot_be_mended(path: Path) -> None:
    assert "no such file" in Livre.verifier(path)[0]
    path.write_bytes(b"no database" * 1000)
    assert "cannot be read" in Livre.verifier(path)[0]
    with pytest.raises(LivreError, match="nothing of it can be read"):
        Livre.reparer(path)
    assert path.read_bytes() == b"no database" * 1000


def test_a_migration_is_told_once(on_platform: Platform, shell: Shell) -> None:
    path = Path(on_platform.configuration().fichier_recus)

    def first_version() -> None:
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        damaged(path, *_FIRST)

    first_version()
    assert "is of version 0, this library writes 1" in Livre.verifier(path)[0]
    events: list[Event] = []
    for _ in range(2):
        DepotFlux(
            on_platform.configuration(), transport=on_platform.line, hooks=[events.append]
        ).close()
    assert [(each.name, dict(each.attributes)) for each in events] == [
        ("migration", {"avant": 0, "version": 1})
    ]
    first_version()
    result = shell.run("recus")
    assert "brought from version 0 to 1" in result.stderr
    assert "brought" not in shell.run("recus").stderr


def test_the_book_is_looked_after_from_the_command_line(
    shell: Shell, on_platform: Platform, tmp_path: Path
) -> None:
    path = Path(on_platform.configuration().fichier_recus)
    filled(path)
    lines = [json.loads(line) for line in shell.run("livre", "exporter").stdout.splitlines()]
    assert len(lines) == 9
    assert lines[0]["statut"] == "RECEVABLE"
    rows = list(csv.DictReader(io.StringIO(shell.run("livre", "exporter", "--csv").stdout)))
    shown: list[dict[str, Any]] = [
        {name: line[name] for name in ("plateforme", "nom", "etat")} for line in lines
    ]
    assert [{name: row[name] for name in ("plateforme", "nom", "etat")} for row in rows] == shown
    damaged(path, "UPDATE depot SET ouvert_le = '2020-01-01T00:00:00.000+00:00' WHERE numero = 1")
    assert shell.json("livre", "purger", "--jours", "400") == {"retires": 1}
    damaged(path, "UPDATE depot SET etat = 'PERDU' WHERE numero = 3")
    faulty = shell.run("livre", "verifier")
    assert (faulty.exit_code, "1 fault\n" in faulty.stdout) == (3, True)
    assert "mended" in shell.run("livre", "reparer").stdout
    well = shell.run("livre", "verifier")
    assert (well.exit_code, "no faults" in well.stdout) == (0, True)
