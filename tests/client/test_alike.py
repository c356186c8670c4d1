"""A file that is like one that went, or may have gone, waits until someone lets it go."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from depot_flux import (
    AuthentificationError,
    DepotFlux,
    DepotIncertain,
    DoublonError,
    Etat,
    Semblable,
)
from depot_flux._book import AlreadyInBookError, Book, Fingerprint
from depot_flux._files.sources import BLOCK, source
from depot_flux_simulator.samples import avoir_ubl, facture_cii, facture_facturx, facture_ubl
from tests.support.book import ACCOUNT
from tests.support.fake_platform import CODE, Platform

FIRST = facture_ubl("FA-001")
ANEW = FIRST + b"<!-- written at 12:00 -->"
OTHER = facture_ubl("FA-002")

# What is like FIRST under the name FA-001.xml, and in what.
ALIKE = {
    "written anew": ("FA-001.xml", ANEW, Semblable.FACTURE),
    "the invoice under another name": ("copy.xml", ANEW, Semblable.FACTURE),
    "the same bytes under another name": ("copy.xml", FIRST, Semblable.FACTURE),
    "another invoice of this name": ("FA-001.xml", OTHER, Semblable.NOM),
}
alike = pytest.mark.parametrize(("name", "content", "semblable"), ALIKE.values(), ids=ALIKE)


@alike
def test_what_is_like_an_uncertain_deposit_is_not_sent_until_that_is_settled(
    on_platform: Platform, depot: DepotFlux, name: str, content: bytes, semblable: Semblable
) -> None:
    on_platform.line.faults = ["503"]
    with pytest.raises(DepotIncertain):
        depot.deposer(CODE, FIRST, nom="FA-001.xml")
    with pytest.raises(DoublonError, match=r"deposit 1 \(FA-001.xml.*--liberer 1") as caught:
        depot.deposer(CODE, content, nom=name)
    assert (caught.value.semblable, caught.value.recu.numero) == (semblable, 1)
    assert on_platform.line.count("POST") == 1
    depot.livre.liberer(1)
    assert not depot.deposer(CODE, content, nom=name).repris


@alike
def test_what_is_like_a_deposit_goes_when_it_is_forced(
    on_platform: Platform, depot: DepotFlux, name: str, content: bytes, semblable: Semblable
) -> None:
    first = depot.deposer(CODE, FIRST, nom="FA-001.xml")
    with pytest.raises(DoublonError, match=f"is flux {first.id}.*forcer=True") as caught:
        depot.deposer(CODE, content, nom=name)
    assert caught.value.semblable is semblable
    assert on_platform.line.count("POST") == 1
    forced = depot.deposer(CODE, content, nom=name, forcer=True)
    # Each is known from now on as what it is.
    assert depot.deposer(CODE, content, nom=name).id == forced.id
    assert depot.deposer(CODE, FIRST, nom="FA-001.xml").id == first.id


def test_bytes_that_tell_no_invoice_are_known_under_any_name(
    on_platform: Platform, depot: DepotFlux
) -> None:
    depot.deposer(CODE, b"<a/>", nom="A.xml")
    for content in (b"<a/>", bytearray(b"<a/>")):
        with pytest.raises(DoublonError, match="the same bytes") as caught:
            depot.deposer("FSO6000A", content, nom="B.xml")  # type: ignore[arg-type]
        assert caught.value.semblable is Semblable.CONTENU
    assert len(on_platform.flux()) == 1


def test_a_name_is_that_of_its_interface_code_alone(
    on_platform: Platform, depot: DepotFlux
) -> None:
    depot.deposer(CODE, b"<a/>", nom="A.xml")
    # What went as something else is not taken for this deposit.
    with pytest.raises(DoublonError) as caught:
        depot.deposer("FSO6000A", b"<a/>", nom="A.xml")
    assert caught.value.semblable is Semblable.CONTENU
    assert not depot.deposer("FSO6000A", b"<b/>", nom="A.xml").repris
    assert len(on_platform.flux()) == 2


def test_a_forced_file_that_is_refused_leaves_what_it_is_like_where_it_was(
    on_platform: Platform, depot: DepotFlux
) -> None:
    on_platform.line.faults = ["503"]
    with pytest.raises(DepotIncertain):
        depot.deposer(CODE, FIRST, nom="FA-001.xml")
    with on_platform.client(mot_de_passe="wrong") as refused:
        for content in (FIRST, ANEW):
            with pytest.raises(AuthentificationError):
                refused.deposer(CODE, content, nom="FA-001.xml", forcer=True)
    with pytest.raises(DepotIncertain):
        depot.deposer(CODE, FIRST, nom="FA-001.xml")
    with pytest.raises(DoublonError):
        depot.deposer(CODE, ANEW, nom="FA-001.xml")
    assert depot.livre.recu(1).etat is Etat.INCERTAIN
    assert on_platform.flux() == {}


def test_what_replaces_an_irrecevable_flux_goes(on_platform: Platform, depot: DepotFlux) -> None:
    broken = FIRST.replace(b"</Invoice>", b"<wrong/></Invoice>")
    flux = depot.deposer(CODE, broken, nom="FA-001.xml")
    with pytest.raises(DoublonError):
        depot.deposer(CODE, FIRST, nom="FA-001.xml")
    assert not depot.attendre(flux).recevable
    assert depot.attendre(depot.deposer(CODE, FIRST, nom="FA-001.xml")).recevable
    broken = facture_ubl("FA-009").replace(b"</Invoice>", b"<wrong/></Invoice>")
    assert not depot.attendre(depot.deposer(CODE, broken, nom="FA-009.xml")).recevable
    assert depot.deposer(CODE, broken, nom="FA-009-bis.xml").id


def test_the_async_client_stops_it_too(on_platform: Platform) -> None:
    async def program() -> None:
        async with on_platform.async_client() as depot:
            await depot.deposer(CODE, FIRST, nom="FA-001.xml")
            with pytest.raises(DoublonError):
                await depot.deposer(CODE, ANEW, nom="FA-001.xml")

    asyncio.run(program())


def test_a_batch_lets_the_others_go(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    on_platform.line.faults = ["503"]
    with pytest.raises(DepotIncertain):
        depot.deposer(CODE, FIRST, nom="FA-001.xml")
    depot.deposer(CODE, OTHER, nom="FA-002.xml")
    contents = {
        "FA-001.xml": ANEW,
        "FA-002-bis.xml": OTHER,
        "FA-003.xml": facture_ubl("FA-003"),
        "FA-003-bis.xml": facture_ubl("FA-003") + b"\n",
        "FA-004.xml": b"<Invoice>4</Invoice>",
        "FA-004-bis.xml": b"<Invoice>4</Invoice>",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = {
        Path(r.chemin).name: r
        for r in depot.deposer_lot(CODE, [tmp_path / name for name in contents], timeout=0)
    }
    assert {name for name, result in found.items() if result.incertain} == {"FA-001.xml"}
    errors = {name: str(result.erreur) for name, result in found.items() if result.erreur}
    assert set(errors) == {"FA-001.xml", "FA-002-bis.xml", "FA-003.xml", "FA-004.xml"}
    assert "--liberer 1" in errors["FA-001.xml"]
    assert "the same invoice as" in errors["FA-003.xml"]
    assert "the same bytes as" in errors["FA-004.xml"]
    assert {name for name, _ in on_platform.received()} == {
        "FA-002.xml", "FA-003-bis.xml", "FA-004-bis.xml",
    }  # fmt: skip


def test_a_batch_goes_on_without_the_files_that_another_process_was_faster_with(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"FA-00{number}.xml" for number in (1, 2, 3)]
    for path, content in zip(paths, (FIRST, OTHER, facture_ubl("FA-003")), strict=True):
        path.write_bytes(content)
    number, asked = depot._book.next_number, []

    def faster(code: str) -> int:
        asked.append(code)
        assert len(asked) < 4, "the same files are tried for ever"
        if len(asked) == 1:  # they were looked at, and are about to go
            with on_platform.client() as other:
                other.deposer(CODE, ANEW, nom="FA-001-bis.xml")
                other.deposer(CODE, paths[1])
        return number(code)

    monkeypatch.setattr(depot._book, "next_number", faster)
    like, same, own = depot.deposer_lot(CODE, paths, timeout=0)
    assert (like.flux, "the same invoice went" in str(like.erreur)) == (None, True)
    assert same.flux
    assert same.flux.repris
    assert own.flux
    assert not own.flux.repris
    assert set(on_platform.received().values()) == {1}
    assert {name for name, _ in on_platform.received()} == {
        "FA-001-bis.xml", "FA-002.xml", "FA-003.xml",
    }  # fmt: skip


def test_of_two_processes_with_two_versions_of_an_invoice_one_deposits(tmp_path: Path) -> None:
    books = [Book(tmp_path / "recus.db", ACCOUNT) for _ in range(2)]
    versions = [Fingerprint(f"F{n}.xml", f"{n}", 1, "s F 2026") for n in range(2)]
    assert books[0].open_deposit(CODE, versions[0], [versions[0]]) == 1
    with pytest.raises(AlreadyInBookError) as caught:
        books[1].open_deposit(CODE, versions[1], [versions[1]])
    assert caught.value.known == {}
    assert caught.value.alike[versions[1]][1].numero == 1
    assert len(books[1].recus()) == 1
    for book in books:
        book.close()


def changed(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda content: content + b"\n<!-- later -->", True),
        (changed(b"<Invoice", b"\n <Invoice"), True),
        (changed(b"FA-001</cbc:ID>", b" FA-001 </cbc:ID>"), True),
        (changed(b"FA-001</cbc:ID>", b"FA-010</cbc:ID>"), False),
    ],
)
def test_an_invoice_is_known_by_what_it_says_however_it_is_written(
    tmp_path: Path, change: Callable[[bytes], bytes], same: bool
) -> None:
    assert (told(tmp_path, change(FIRST)) == told(tmp_path, FIRST)) is same


def test_an_invoice_is_the_same_in_every_format(tmp_path: Path) -> None:
    known = told(tmp_path, FIRST)
    assert known == "200000008 FA-001 2026"
    for content in (facture_facturx("FA-001"), facture_cii("FA-001")):
        assert told(tmp_path, content) == known
    attached = facture_ubl("FA-001", pieces={"a.pdf": b"%PDF-1.4" * 100_000})
    assert told(tmp_path, attached) == known
    assert told(tmp_path, avoir_ubl("AV-001")) == "200000008 AV-001 2026"


@pytest.mark.parametrize(
    "held",
    [
        "<n>{x}</n>", "<n>'é{x}é</n>", "<n>'&amp;{x}&amp;</n>", "<!-- >{x}-->",
        "<n><![CDATA[>{x}]]></n>", "<n b='>{x}'/>", '<n b=">{x}"/>',
    ],
)  # fmt: skip
def test_an_invoice_is_known_whatever_comes_before_its_seller(tmp_path: Path, held: str) -> None:
    """A long text that is not wanted is not parsed: what comes after it is read all the same."""
    before, mark, after = FIRST.partition(b"<cbc:DueDate>")
    given = held.encode()
    # Every part of it comes to lie where a block ends.
    for cut in range(len(given)):
        fitting = BLOCK - len(before + given[:cut].replace(b"{x}", b""))
        for long in (fitting, fitting + BLOCK):
            content = before + given.replace(b"{x}", b"x" * long) + mark + after
            # What comes first may lie at the end of a block as well.
            moved = before + b"\n" * (long - cut) + given.replace(b"{x}", b"x" * 2 * BLOCK) + mark
            for each in (content, moved + after):
                assert told(tmp_path, each) == "200000008 FA-001 2026", cut


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<a/>", b"%PDF-1.7 broken", b"<Report/>", b"\x1f\x8b\x08",
        b"<Invoice><ID>1</ID></Invoice>",
        b"<!DOCTYPE Invoice [<!ENTITY a 'b'>]>" + FIRST.partition(b"?>")[2], FIRST[:400],
        FIRST.replace(b"2026-", b"26-"),
    ],
)  # fmt: skip
def test_what_says_no_invoice_is_known_by_its_bytes_alone(tmp_path: Path, content: bytes) -> None:
    assert told(tmp_path, content) == ""


def told(folder: Path, content: bytes) -> str:
    path = folder / "F"
    path.write_bytes(content)
    with source(path, None) as opened:
        return opened.fingerprint().facture
