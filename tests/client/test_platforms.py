"""A book knows an account on a platform, wherever that moves, and books of before are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from depot_flux import (
    ConfigurationError,
    DepotIncertain,
    DoublonError,
    Etat,
    LivreError,
    Statut,
    StatutFlux,
)
from depot_flux._book import Account, Book, Fingerprint
from depot_flux._book.accounts import platform_of
from depot_flux._book.schema import _FIRST
from depot_flux._book.upkeep import check
from depot_flux_simulator.samples import facture_ubl
from tests.support.fake_platform import CODE, URL, Platform

FILE = Fingerprint("F.xml", "00", 1)
BASE = "https://gw.example/g2b"


def account(address: str = f"{BASE}/v1", platform: str = "", login: str = "tech") -> Account:
    return Account(platform, address, login, "app")


def knows(path: Path, *accounts: Account, file: Fingerprint = FILE) -> list[bool]:
    found = []
    for each in accounts:
        book = Book(path, each)
        found.append(file in book.known(CODE, [file]))
        book.close()
    return found


def deposit(path: Path, whose: Account, file: Fingerprint = FILE) -> None:
    book = Book(path, whose)
    book.mark_deposited(book.open_deposit(CODE, file, [file]), f"id-{file.name}")
    book.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recus.db"


@pytest.fixture
def first_book(path: Path) -> Iterator[sqlite3.Connection]:
    """A book as the first version wrote it: known by address and client, no version, no invoice."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    for statement in _FIRST:
        db.execute(statement)
    yield db
    db.close()


def write(
    db: sqlite3.Connection, key: str, numero: int, nom: str = "F.xml", etat: Etat = Etat.DEPOSE,
    sha256: str = "00",
) -> None:  # fmt: skip
    db.execute(
        "INSERT INTO depot VALUES (?, ?, ?, ?, ?, 1, ?, ?, NULL, NULL, '',"
        " '2026-10-01T08:00:00.000+00:00', '2026-10-01T08:00:01.000+00:00')",
        (numero, key, CODE, nom, sha256, etat, f"id{numero}" if etat is Etat.DEPOSE else None),
    )
    row = (numero, key, CODE, nom, sha256)
    db.execute("INSERT INTO fichier VALUES (?, ?, ?, ?, ?, 1)", row)


def test_another_version_or_spelling_of_the_address_is_the_same_platform(path: Path) -> None:
    deposit(path, account())
    others = [f"{BASE}/v2", f"{BASE}/V2/", "https://GW.example/g2b/v1.1", BASE]
    assert knows(path, *map(account, others)) == [True] * 4
    elsewhere = ["https://gw.example/other/v1", "https://gw2.example/g2b/v1"]
    assert knows(path, *map(account, elsewhere)) == [False] * 2


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.piste.gouv.fr/cpro/g2b/v1", "production"),
        ("https://api.aife.economie.gouv.fr/cpro/v1", "production"),
        ("https://sandbox-api.piste.gouv.fr/cpro/g2b/v2", "sandbox"),
        ("https://sandbox-api.aife.economie.gouv.fr/g2b", "sandbox"),
        ("https://piste.gouv.fr.evil.example/v1", "https://piste.gouv.fr.evil.example"),
    ],
)
def test_the_hosts_of_piste_are_two_platforms(address: str, name: str) -> None:
    assert platform_of(address) == name


def test_a_named_platform_takes_its_book_along_wherever_it_moves(path: Path) -> None:
    deposit(path, account())
    named, moved = account(platform="chorus"), account("https://new.example/api", "chorus")
    # The name adopts what was written before it was given; then it is what counts.
    assert knows(path, named, moved, account()) == [True] * 3
    assert knows(path, account("https://new.example/api", "other")) == [False]
    later = Fingerprint("G.xml", "01", 1)
    deposit(path, moved, later)
    # Who gives no name meets it at the addresses that it has.
    assert knows(path, account(), account("https://new.example/api"), file=later) == [True] * 2


def test_a_name_takes_the_deposits_of_every_account_along(path: Path) -> None:
    logins = ["tech", "tech2", "tech 3"]
    for login in logins:
        deposit(path, account(login=login))
    beside = account(f"{BASE}-test/v1")
    deposit(path, beside)
    # Whoever gives it first gives it for all: the others may be asked after a move only.
    assert knows(path, account(platform="chorus")) == [True]
    for address in (f"{BASE}/v1", "https://new.example/api"):
        for login in logins:
            assert knows(path, account(address, "chorus", login)) == [True], (address, login)
    assert knows(path, account(login="tech2")) == [True]
    assert knows(path, account("https://new.example/api", "other", "tech2")) == [False]
    assert knows(path, beside) == [True]


def test_a_name_takes_the_numbers_of_envelopes_along(path: Path) -> None:
    book = Book(path, account())
    book.next_number("AAA123")
    # As if the clock had been ahead then: what is given now must not be what was given then.
    book.file.db.execute("UPDATE sequence SET derniere = 900000000000000")
    book.close()
    book = Book(path, account(platform="chorus", login="tech2"))
    assert book.next_number("AAA123") == 900_000_000_000_001
    book.close()


def test_a_program_that_still_runs_without_the_name_is_understood(path: Path) -> None:
    before = Book(path, account())
    assert knows(path, account(platform="chorus")) == [False]
    before.mark_deposited(before.open_deposit(CODE, FILE, [FILE]), "1")
    before.close()
    assert knows(path, account(platform="chorus"), account()) == [True, True]


def test_each_account_has_its_own_deposits_whatever_application_they_share(path: Path) -> None:
    deposit(path, account())
    other = account(login="tech2")
    assert knows(path, other) == [False]
    deposit(path, other)
    book = Book(path, other)
    assert [recu.plateforme for recu in book.recus()] == [f"{BASE} tech2"]
    book.close()
    # The application may be another one: the account is the same.
    assert knows(path, Account("", BASE, "tech", "app2")) == [True]


def test_a_book_of_before_is_kept_for_every_account_of_its_application(
    path: Path, first_book: sqlite3.Connection
) -> None:
    write(first_book, f"{BASE}/v1 app", 1)
    write(first_book, f"{BASE}/v1 app", 2, "L.xml", Etat.INCERTAIN, "02")
    write(first_book, "https://elsewhere.example app", 3, "E.xml", sha256="03")
    first_book.execute("INSERT INTO sequence VALUES (?, 'AAA123', 7)", (f"{BASE}/v1 app",))
    first_book.close()
    moved = account(f"{BASE}/v2"), account(login="tech2"), account(platform="chorus")
    assert knows(path, *moved, Account("", BASE, "tech", "app2")) == [True, True, True, False]
    book = Book(path, account())
    assert [recu.numero for recu in book.recus()] == [2, 1]
    assert book.liberer(2).etat is Etat.ANNULE
    assert [book.deposit_of(f"id{number}") for number in (1, 3)] == [book.recu(1), None]
    book.note_statut(StatutFlux("id1", Statut.RECU, None))
    assert book.recu(1).statut is Statut.RECU
    # What is forced and refused leaves what was there before.
    numero = book.open_deposit(CODE, FILE, [FILE], force=True)
    book.mark_refused(numero, "no")
    assert book.known(CODE, [FILE])[FILE].numero == 1
    with pytest.raises(LivreError, match="holds no deposit 3"):
        book.recu(3)
    book.close()


def test_a_file_that_counts_under_two_addresses_counts_once(
    path: Path, first_book: sqlite3.Connection
) -> None:
    for version, number in ((1, 5), (2, 900_000_000_000_000), (3, 6)):
        write(first_book, f"{BASE}/v{version} app", version)
        first_book.execute(
            "INSERT INTO sequence VALUES (?, 'AAA123', ?)", (f"{BASE}/v{version} app", number)
        )
    first_book.close()
    assert knows(path, account()) == [True]
    book = Book(path, account())
    assert len(book.recus()) == 3
    book.close()
    assert check(path) == []  # each names its file still
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT derniere FROM sequence").fetchall() == [(900_000_000_000_000,)]


def test_a_book_of_a_later_version_is_left_alone(path: Path) -> None:
    deposit(path, account())
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(LivreError, match="a later version of depot-flux"):
        Book(path, account())


def test_a_client_knows_at_its_new_address_what_it_deposited_at_the_old_one(
    on_platform: Platform, path: Path
) -> None:
    first, lost = facture_ubl("F1"), facture_ubl("F2")
    with on_platform.client(plateforme="chorus") as depot:
        flux = depot.deposer(CODE, first, nom="F1.xml")
        on_platform.line.faults = ["reset_after"]
        with pytest.raises(DepotIncertain):
            depot.deposer(CODE, lost, nom="F2.xml")
    moved = URL.replace("localhost", "127.0.0.1") + on_platform.simulator.base_path
    with on_platform.client(plateforme="chorus", base_url=moved) as depot:
        again = depot.deposer(CODE, first, nom="F1.xml")
        assert (again.id, again.repris) == (flux.id, True)
        with pytest.raises(DepotIncertain):
            depot.deposer(CODE, lost, nom="F2.xml")
        with pytest.raises(DoublonError):
            depot.deposer(CODE, lost + b"\n", nom="F2.xml")
    assert on_platform.line.count("POST") == 2


@pytest.mark.parametrize("name", ["a b", "a\n"])
def test_the_name_of_a_platform_is_one_word(on_platform: Platform, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name"):
        on_platform.configuration(plateforme=name)
