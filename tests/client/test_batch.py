"""Batches: what goes into which envelope, under which name, and what comes back for each file."""

import asyncio
import gzip
import hashlib
import re
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux import ConfigurationError, DepotFlux, DepotIncertain, LivreError, Statut
from depot_flux._book import Book, Fingerprint
from depot_flux._files.checks import MAX_BYTES
from depot_flux._files.enveloppes import MAX_FILES, Enveloppe, enveloppe_name
from depot_flux_simulator.controls.enveloppe import read
from depot_flux_simulator.samples import facture_ubl
from tests.support.book import ACCOUNT
from tests.support.fake_platform import CODE, Platform


def written(folder: Path, *numbers: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.xml" for number in numbers]
    for path in paths:
        path.write_bytes(facture_ubl(path.stem))
    return paths


def fingerprint(name: str, content: bytes) -> Fingerprint:
    return Fingerprint(name, hashlib.sha256(content).hexdigest(), len(content))


def packed(files: Sequence[tuple[str, bytes]], limit: int = MAX_BYTES) -> tuple[bytes, list[str]]:
    """The archive of the files that went in, and their names."""
    enveloppe = Enveloppe(limit)
    for name, content in files:
        enveloppe.add(fingerprint(name, content), BytesIO(content))
    archive = enveloppe.finish().read()
    enveloppe.close()
    return archive, [file.name for file in enveloppe.fichiers]


def test_files_share_a_flux_and_each_gets_its_result(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", "F1", "F2", "F3")
    results = depot.deposer_lot(CODE, reversed(paths))
    assert [result.chemin for result in results] == [str(path) for path in paths]
    assert all(result.recevable for result in results)
    ((id_flux, files),) = on_platform.flux().items()
    assert {r.flux.id for r in results if r.flux} == {id_flux}
    assert [name for name, _ in files] == ["F1.xml", "F2.xml", "F3.xml"]


def test_the_async_client_deposits_batches_too(on_platform: Platform, tmp_path: Path) -> None:
    paths = written(tmp_path / "in", "F1", "F2")

    async def program() -> list[bool]:
        async with on_platform.async_client() as depot:
            return [r.recevable for r in await depot.deposer_lot(CODE, paths)]

    assert asyncio.run(program()) == [True, True]
    assert len(on_platform.flux()) == 1


def test_a_batch_run_again_deposits_only_what_is_new(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", "F1", "F2")
    depot.deposer_lot(CODE, paths)
    paths += written(tmp_path / "in", "F3")
    again = depot.deposer_lot(CODE, paths)
    assert [r.flux.repris for r in again if r.flux] == [True, True, False]
    assert len(on_platform.flux()) == 2
    # A file of a batch deposited alone is known too.
    assert depot.deposer(CODE, paths[0]).repris


def test_faulty_files_stay_here_and_the_others_go(depot: DepotFlux, tmp_path: Path) -> None:
    paths = written(tmp_path / "in", "F1")
    faulty = {
        "empty.xml": (b" \n", "is empty"),
        "a#b.xml": (b"<a/>", "holds #"),
        "note.txt": (b"<a/>", "takes .xml files"),
        "pdf.xml": (b"%PDF-1.7", "is no XML"),
        "report.xml": (b"<Report/>", "belongs to FSO6000A"),
    }
    for name, (content, _) in faulty.items():
        (tmp_path / "in" / name).write_bytes(content)
        paths.append(tmp_path / "in" / name)
    paths.append(tmp_path / "in" / "absent.xml")
    results = {Path(r.chemin).name: r for r in depot.deposer_lot(CODE, paths)}
    for name, (_, says) in faulty.items():
        assert says in str(results[name].erreur)
        assert results[name].flux is None
    assert "cannot be read" in str(results["absent.xml"].erreur)
    assert results["F1.xml"].recevable


def test_files_of_one_name_go_in_different_flux_and_equal_files_once(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    first, second, third = (tmp_path / name / "F.xml" for name in "abc")
    for path, number in ((first, "1"), (second, "2"), (third, "1")):
        path.parent.mkdir()
        path.write_bytes(facture_ubl(number))
    results = depot.deposer_lot(CODE, [first, second, third])
    assert [r.recevable for r in results] == [True, True, True]
    assert results[0].flux == results[2].flux
    assert sorted(on_platform.received().values()) == [1, 1]
    assert len(on_platform.flux()) == 2


def test_the_files_of_an_irrecevable_flux_go_again_when_asked_to(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", "F1", "F2")
    paths[1].write_bytes(paths[1].read_bytes().replace(b"IssueDate>", b"Date>"))
    assert {r.dernier.statut for r in depot.deposer_lot(CODE, paths) if r.dernier} == {
        Statut.IRRECEVABLE
    }
    assert all(r.flux and r.flux.repris for r in depot.deposer_lot(CODE, paths))
    written(tmp_path / "in", "F2")
    results = depot.deposer_lot(CODE, paths, redeposer_irrecevables=True)
    assert [r.recevable for r in results] == [True, True]
    assert len(on_platform.flux()) == 2


def test_asked_to_deposit_again_it_leaves_what_is_well_under_way_or_unsure(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    well, broken, new, unsure = paths = written(tmp_path / "in", "F1", "F2", "F3", "F4")
    broken.write_bytes(broken.read_bytes().replace(b"IssueDate>", b"Date>"))
    assert depot.attendre(depot.deposer(CODE, well)).recevable
    assert not depot.attendre(depot.deposer(CODE, broken)).recevable
    depot.deposer(CODE, new)
    on_platform.line.faults = ["503"]
    with pytest.raises(DepotIncertain):
        depot.deposer(CODE, unsure)
    results = depot.deposer_lot(CODE, paths, redeposer_irrecevables=True)
    assert [r.flux.repris if r.flux else None for r in results] == [True, False, True, None]
    assert [r.incertain for r in results] == [False, False, False, True]
    assert {name: times for (name, _), times in on_platform.received().items()} == {
        "F1.xml": 1, "F2.xml": 2, "F3.xml": 1,
    }  # fmt: skip


def test_time_over_leaves_the_last_status(depot: DepotFlux, tmp_path: Path) -> None:
    (result,) = depot.deposer_lot(CODE, written(tmp_path / "in", "F1"), timeout=0)
    assert result.dernier is not None
    assert result.dernier.statut is Statut.RECU


def test_a_platform_out_of_reach_stops_the_batch(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", *(f"F{number:04}" for number in range(3)))
    on_platform.line.faults = ["refused"] * 5
    results = depot.deposer_lot(CODE, paths)
    assert all("cannot be reached" in str(r.erreur) and not r.incertain for r in results)
    assert all(r.recevable for r in depot.deposer_lot(CODE, paths))


def test_two_uncertain_deposits_in_a_row_stop_the_batch(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    # One name: an envelope each.
    paths = [tmp_path / str(number) / "F.xml" for number in range(5)]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_bytes(facture_ubl(f"N{number}"))
    on_platform.line.faults = ["500", None, "500", "500"]
    results = depot.deposer_lot(CODE, paths, simultanes=1)
    assert [bool(r.flux) for r in results] == [False, True, False, False, False]
    assert [r.incertain for r in results] == [True, False, True, True, False]
    assert "not deposited" in str(results[4].erreur)
    assert depot.deposer_lot(CODE, paths)[4].recevable


def test_both_clients_raise_the_same_error_when_the_book_fails(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = written(tmp_path / "in", "F1")

    def failing(*_: object) -> int:
        raise LivreError("the book fails")

    monkeypatch.setattr(Book, "next_number", failing)
    with pytest.raises(LivreError, match="the book fails"):
        depot.deposer_lot(CODE, paths)

    async def program() -> None:
        async with on_platform.async_client() as client:
            await client.deposer_lot(CODE, paths)

    with pytest.raises(LivreError, match="the book fails"):
        asyncio.run(program())


def test_a_batch_needs_its_codes(on_platform: Platform, depot: DepotFlux) -> None:
    with pytest.raises(ConfigurationError, match="FSO3110A"):
        depot.deposer_lot("3110", [])
    with pytest.raises(ConfigurationError, match="at least one"):
        depot.deposer_lot(CODE, [], simultanes=0)
    with (
        on_platform.client(code_application="") as without,
        pytest.raises(ConfigurationError, match="CODE_APPLICATION"),
    ):
        without.deposer_lot(CODE, [])


def test_more_than_500_files_make_several_flux(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    paths = [tmp_path / "in" / f"F{number:04}.xml" for number in range(MAX_FILES + 1)]
    for path in paths:
        path.write_bytes(f"<Invoice>{path.stem}</Invoice>".encode())
    settled: list[tuple[int, int]] = []
    depot.deposer_lot(CODE, paths, timeout=0, progression=lambda n, of: settled.append((n, of)))
    assert sorted(len(files) for files in on_platform.flux().values()) == [1, MAX_FILES]
    assert settled[-1] == (MAX_FILES + 1, MAX_FILES + 1)
    assert set(on_platform.received().values()) == {1}


@given(
    sizes=st.lists(st.integers(0, 60_000), min_size=1, max_size=12),
    limit=st.integers(40_000, 200_000),
    seed=st.integers(0, 3),
)
@settings(deadline=None)
def test_an_archive_stays_below_its_limit_and_holds_what_it_says(
    sizes: list[int], limit: int, seed: int
) -> None:
    random = Random(seed)
    files = [
        (f"F{n}.xml", random.randbytes(size) if n % 2 else bytes(size))
        for n, size in enumerate(sizes)
    ]
    archive, names = packed(files, limit)
    assert len(archive) <= limit
    with tarfile.open(fileobj=BytesIO(archive)) as opened:
        held = [(m.name, opened.extractfile(m).read()) for m in opened]  # type: ignore[union-attr]
    assert held == [(name, content) for name, content in files if name in names]
    # What was left out did not fit: the limit is not wasted by more than the margin.
    left = [content for name, content in files if name not in names]
    if left:
        alone = min(len(gzip.compress(content)) for content in left)
        assert len(archive) + alone > limit - 11_500


def test_the_same_files_give_the_same_bytes() -> None:
    files = [("F1.xml", b"<a/>"), ("é" * 120 + ".xml", b"<b/>")]
    assert packed(files) == packed(files)
    with tarfile.open(fileobj=BytesIO(packed(files)[0])) as opened:
        assert [(m.name, m.mtime, m.uid, m.gid) for m in opened] == [
            ("F1.xml", 0, 0, 0),
            ("é" * 120 + ".xml", 0, 0, 0),
        ]


@given(number=st.integers(0, 10**15 - 1))
def test_the_name_of_an_envelope_is_the_recommended_one(number: int) -> None:
    name = enveloppe_name("FSO3110A", "AAA123", number)
    assert re.fullmatch(r"FSO3110A_AAA123_AAA1233110[0-9]{15}\.tar\.gz", name)
    assert read(name) is not None


def test_the_sequence_never_gives_a_number_twice(tmp_path: Path) -> None:
    first, second = Book(tmp_path / "recus.db", ACCOUNT), Book(tmp_path / "recus.db", ACCOUNT)
    numbers = [book.next_number("AAA123") for book in (first, second) * 50]
    assert numbers == sorted(set(numbers))
    first.close()
    second.close()
    again = Book(tmp_path / "recus.db", ACCOUNT)
    assert again.next_number("AAA123") > numbers[-1]
    again.close()
