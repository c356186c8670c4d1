"""A full disk: deposits wait, reads go on, and all is well once there is room."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store.upload import Upload
from depot_flux_simulator.testing import Simulator
from tests.server.test_served import FINAL, until
from tests.support.contract import CONTRACT, assert_problem
from tests.support.served import served
from tests.support.stores import on_sqlite

GOOD = facture_ubl()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no way to take room beforehand")
def test_what_is_written_through_a_map_has_its_room(tmp_path: Path) -> None:
    (tmp_path / "flux.db-pilotage").mkdir()
    for name, size in (("signal", 8), ("appels-0.ring", 4 << 20)):
        with (tmp_path / "flux.db-pilotage" / name).open("wb") as file:
            file.truncate(size)  # with holes, as an earlier version left it
    with Simulator(folder=tmp_path) as simulator:
        simulator.deposit(GOOD)
        for name in ("signal", "appels-0.ring"):
            known = (tmp_path / "flux.db-pilotage" / name).stat()
            assert known.st_blocks * 512 >= known.st_size


def test_calls_go_on_without_a_journal_that_finds_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Simulator(folder=tmp_path) as simulator:
        monkeypatch.setattr("depot_flux_simulator.store.private.reserve", full)
        assert simulator.status(simulator.deposit(GOOD))
        assert simulator.journal() == []


@pytest.mark.parametrize("when", ["write", "settle"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_deposit_that_finds_no_room_is_503_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, when: str, number: int
) -> None:
    def full(*_: object) -> int:
        raise OSError(number, "No space left on device")

    with Simulator(pace=0) as simulator:
        id_flux = simulator.deposit(GOOD)
        with monkeypatch.context() as patch:
            patch.setattr(Upload, when, full)
            reply = simulator.calls().deposer(GOOD)
            detail = assert_problem(reply, CONTRACT.deposer.first_declared(503, 500))
            assert "place" in detail
            assert simulator.status(id_flux) in FINAL
        assert len(simulator.search()) == 1
        assert simulator.deposit(GOOD, name="again.xml")


@on_sqlite
def test_a_deposit_whose_place_is_gone_is_503_until_it_is_back(tmp_path: Path) -> None:
    big = GOOD.replace(b"</", b" " * 300_000 + b"</", 1)
    with Simulator(folder=tmp_path, pace=0) as simulator:
        contents, away = tmp_path / "flux.db-contenus", tmp_path / "away"
        contents.rename(away)
        reply = simulator.calls().deposer(big)
        detail = assert_problem(reply, CONTRACT.deposer.first_declared(503, 500))
        assert "fichier" in detail
        away.rename(contents)
        assert simulator.status(simulator.deposit(big, name="again.xml")) in FINAL
        assert len(simulator.search()) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "none", str(place)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@on_sqlite
def test_what_finds_no_room_as_it_is_committed_is_told_so(small_disk: Path) -> None:
    with Simulator(folder=small_disk, pace=0) as simulator:
        id_flux = simulator.deposit(GOOD)
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4_096)):
                pass
        refused = [simulator.calls().deposer(GOOD, f"{n}.xml") for n in range(20)]
        assert refused[-1].status == 503
        for reply in refused:
            if reply.status != 201:
                detail = assert_problem(reply, CONTRACT.deposer.first_declared(503, 500))
                assert "place" in detail
        client = simulator.app.test_client()
        told = [client.post("/_simulator/scenarios", json={"statut": "RECU"}) for _ in range(200)]
        assert {reply.status_code for reply in told} <= {201, 503}
        assert told[-1].status_code == 503
        assert all("place" in reply.text for reply in told if reply.status_code == 503)
        assert simulator.status(id_flux).final
        accepted = 1 + sum(reply.status == 201 for reply in refused)
        assert len(simulator.search()) == accepted
        ballast.unlink()
        simulator.deposit(GOOD, name="after.xml")
        assert len(simulator.search()) == accepted + 1


@pytest.mark.deep
def test_a_disk_that_fills_up_and_is_freed(small_disk: Path) -> None:
    with served(small_disk, "--pace", "0", "--workers", "1") as simulator, simulator.api() as calls:
        before = [calls.deposer(GOOD, f"F{n}.xml").accept().id_flux for n in range(20)]
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4_096)):
                pass
        refused = [calls.deposer(GOOD, f"G{n}.xml") for n in range(30)]
        assert {503} <= {reply.status for reply in refused} <= {201, 503}
        assert all(calls.consulter(flux).accepted for flux in before)
        assert httpx.get(f"{simulator.url}/_simulator/journal").status_code == 200
        ballast.unlink()
        after = [reply.id_flux for reply in refused if reply.status == 201]
        after += [calls.deposer(GOOD, f"H{n}.xml").accept().id_flux for n in range(5)]
        until(lambda: all(calls.consulter(flux).statut in FINAL for flux in [*before, *after]))
        until(simulator.healthy)
        assert simulator.process.poll() is None
