"""The receipt book keeps files from going twice, whatever is settled, forced or cancelled."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from depot_flux import (
    AsyncDepotFlux,
    AuthentificationError,
    Configuration,
    ConfigurationError,
    DepotFlux,
    DepotIncertain,
    Etat,
    FichierError,
    LivreError,
)
from depot_flux._book import Book, Fingerprint
from depot_flux._files.sources import Guard, Source
from tests.support.book import ACCOUNT
from tests.support.fake_platform import CODE, Platform, as_answered

ACCESS: dict[str, Any] = {
    "base_url": "https://x.example",
    "client_id": "a",
    "client_secret": "b",
    "login": "c",
}


def test_a_forced_deposit_that_is_refused_leaves_the_one_before(
    on_platform: Platform, depot: DepotFlux, invoice: bytes
) -> None:
    first = depot.deposer(CODE, invoice, nom="F.xml")
    with (
        on_platform.client(mot_de_passe="wrong") as refused,
        pytest.raises(AuthentificationError, match="403"),
    ):
        refused.deposer(CODE, invoice, nom="F.xml", forcer=True)
    again = depot.deposer(CODE, invoice, nom="F.xml")
    assert (again.id, again.repris) == (first.id, True)
    on_platform.line.faults = ["reset_before"]
    with pytest.raises(DepotIncertain) as caught:
        depot.deposer(CODE, invoice, nom="F.xml", forcer=True)
    depot.livre.liberer(caught.value.recu.numero)
    assert depot.deposer(CODE, invoice, nom="F.xml").id == first.id
    assert set(on_platform.received().values()) == {1}


def test_a_deposit_under_way_that_someone_set_aside_counts_when_it_arrives(tmp_path: Path) -> None:
    book = Book(tmp_path / "recus.db", ACCOUNT)
    file = Fingerprint("F.xml", "00", 1)
    numero = book.open_deposit(CODE, file, [file])
    book.liberer(numero)
    assert book.known(CODE, [file]) == {}
    book.mark_deposited(numero, "7")
    assert book.known(CODE, [file])[file].id_flux == "7"
    # A deposit that was made meanwhile is the one that counts.
    other = Fingerprint("G.xml", "01", 1)
    first = book.open_deposit(CODE, other, [other])
    book.liberer(first)
    second = book.open_deposit(CODE, other, [other])
    book.mark_deposited(first, "8")
    assert book.known(CODE, [other])[other].numero == second
    book.close()


def test_setting_aside_what_was_replaced_leaves_what_replaced_it(tmp_path: Path) -> None:
    book = Book(tmp_path / "recus.db", ACCOUNT)
    file = Fingerprint("F.xml", "00", 1)
    numeros = [book.open_deposit(CODE, file, [file], force=True) for _ in range(3)]
    book.mark_deposited(numeros[0], "7")
    book.mark_uncertain(numeros[1], "lost")
    book.mark_deposited(numeros[2], "9")
    book.liberer(numeros[1])
    assert book.known(CODE, [file])[file].id_flux == "9"
    book.close()


@pytest.mark.parametrize("settled", ["liberer", "mark_refused"])
def test_a_forced_deposit_that_is_refused_brings_nothing_back_that_was_set_aside(
    tmp_path: Path, settled: str
) -> None:
    book = Book(tmp_path / "recus.db", ACCOUNT)
    file = Fingerprint("F.xml", "00", 1)
    first = book.open_deposit(CODE, file, [file])
    if settled == "liberer":
        book.liberer(first)
    else:
        book.mark_refused(first, "no")
    second = book.open_deposit(CODE, file, [file], force=True)
    book.mark_refused(second, "no")
    assert book.known(CODE, [file]) == {}
    book.close()


def test_setting_aside_what_was_replaced_brings_back_nothing_later(tmp_path: Path) -> None:
    book = Book(tmp_path / "recus.db", ACCOUNT)
    file = Fingerprint("F.xml", "00", 1)
    first = book.open_deposit(CODE, file, [file])
    second = book.open_deposit(CODE, file, [file], force=True)
    book.mark_deposited(second, "2")
    book.free_irrecevable(second)
    book.liberer(first)
    assert book.known(CODE, [file]) == {}  # it may go again, as was said of the second
    book.close()


def test_a_file_that_grows_once_its_last_block_left_was_deposited(tmp_path: Path) -> None:
    path = tmp_path / "F.xml"
    path.write_bytes(b"<a/>")
    with path.open("rb") as opened:
        seen: list[Fingerprint] = []
        guard = Guard(Source("F.xml", opened), seen.append, None)
        guard.seek(0)
        assert guard.read(100) == b"<a/>"
        path.write_bytes(b"<a/><b/>")
        assert guard.read(100) == b""
        assert len(seen) == 1
        guard.seek(0)  # sent again, it is another file
        with pytest.raises(FichierError, match="changed"):
            guard.read(100)


def test_a_task_that_is_cancelled_right_after_the_answer_keeps_what_it_knows(
    on_platform: Platform,
) -> None:
    reply = on_platform.simulator.calls().deposer(b"<other/>").accept()

    class Cancelling(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await request.aread()
            if request.url.path.endswith("/token"):
                return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_soon(task.cancel)
            return as_answered(reply.response)

    async def program() -> None:
        async with AsyncDepotFlux(on_platform.configuration(), transport=Cancelling()) as depot:
            await asyncio.gather(
                asyncio.create_task(depot.deposer(CODE, b"<a/>", nom="F.xml")),
                return_exceptions=True,
            )
            (recu,) = depot.livre.recus()
            assert (recu.etat, recu.id_flux) == (Etat.DEPOSE, reply.id_flux)

    asyncio.run(program())


def test_one_book_serves_wherever_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = tmp_path / "config" / "config.toml"
    config.parent.mkdir()
    for written, found in (
        ("~/recus.db", tmp_path / "home" / "recus.db"),
        ("recus.db", tmp_path / "config" / "recus.db"),
        ("/var/recus.db", Path("/var/recus.db")),
    ):
        table = "".join(f'{name} = "{value}"\n' for name, value in ACCESS.items())
        config.write_text(f'[profils.p]\n{table}mot_de_passe = "d"\nfichier_recus = "{written}"\n')
        read = Configuration.from_env("p", {"DEPOT_FLUX_CONFIG": str(config)})
        assert read.chemin_livre == found
    assert (
        Configuration(**ACCESS, mot_de_passe="d", fichier_recus="~/r.db").chemin_livre
        == tmp_path / "home/r.db"
    )


@pytest.mark.parametrize("code", ["FSO3110A\n", " FSO3110A", "FSO3110É", "\udce9", ""])
def test_a_file_is_not_known_under_two_spellings_of_a_code(depot: DepotFlux, code: str) -> None:
    with pytest.raises(ConfigurationError, match="is no interface code"):
        depot.deposer(code, b"<a/>", nom="F.xml")


def test_a_book_that_cannot_be_read_is_not_to_be_replaced_lightly(tmp_path: Path) -> None:
    (tmp_path / "recus.db").write_bytes(b"no database" * 1000)
    with pytest.raises(LivreError, match="would not know what was deposited"):
        Book(tmp_path / "recus.db", ACCOUNT)


def test_a_deposit_of_a_later_version_is_an_error_that_names_it(tmp_path: Path) -> None:
    book = Book(tmp_path / "recus.db", ACCOUNT)
    file = Fingerprint("F.xml", "00", 1)
    numero = book.open_deposit(CODE, file, [file])
    with sqlite3.connect(tmp_path / "recus.db") as db:
        db.execute("UPDATE depot SET etat = 'ARCHIVE'")
    with pytest.raises(LivreError, match=f"deposit {numero} .* cannot be read"):
        book.recu(numero)
    book.close()


posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")


@posix
def test_nobody_else_reads_the_book(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        book = Book(tmp_path / "new" / "folder" / "recus.db", ACCOUNT)
        book.next_number("AAA123")
        found = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
        assert len(found) > 3
        assert [path for path in found if path.stat().st_mode & 0o077] == []
        book.close()
        (tmp_path / "open.db").touch(0o666)
        Book(tmp_path / "open.db", ACCOUNT).close()
    finally:
        os.umask(before)
    assert not (tmp_path / "open.db").stat().st_mode & 0o077


@posix
def test_a_planted_link_is_no_book(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"")
    (tmp_path / "recus.db").symlink_to(precious)
    with pytest.raises(LivreError, match="a link"):
        Book(tmp_path / "recus.db", ACCOUNT)
    assert precious.read_bytes() == b""


@posix
@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_a_file_that_has_another_name_is_no_book_nor_beside_one(tmp_path: Path, end: str) -> None:
    precious = tmp_path / "precious"
    precious.touch(0o644)
    (tmp_path / f"recus.db{end}").hardlink_to(precious)
    with pytest.raises(LivreError, match="a link"):
        Book(tmp_path / "recus.db", ACCOUNT)
    assert precious.read_bytes() == b""
    assert precious.stat().st_mode & 0o777 == 0o644


@posix
def test_a_pipe_is_no_book(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "recus.db", 0o600)
    with pytest.raises(LivreError, match="no regular file"):
        Book(tmp_path / "recus.db", ACCOUNT)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away"
)
def test_a_book_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recus.db").touch()
    os.chown(tmp_path / "recus.db", 12_345, 12_345)
    with pytest.raises(LivreError, match="another user"):
        Book(tmp_path / "recus.db", ACCOUNT)
