"""A database that is busy, away or damaged: 503 in time, on every route, and back by itself."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import database as store_database
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.testing import Simulator
from tests.server.test_served import family_of, until
from tests.support.served import port_is_free, served
from tests.support.stores import altered, on_sqlite, open_store

GOOD = facture_ubl()
Route = Callable[[Simulator], Any]


def steer(path: str, method: str = "GET", body: object = None) -> Route:
    def ask(simulator: Simulator) -> Any:
        client = simulator.app.test_client()
        return client.open(f"/_simulator/{path}", method=method, json=body).status_code

    return ask


READS: dict[str, Route] = {
    "consult": lambda simulator: simulator.calls().consulter("CPP0013110000000000000001").status,
    "health": lambda simulator: simulator.calls().superviser().status,
    "list": steer("flux"),
    "detail": steer("flux/CPP0013110000000000000001"),
    "bytes": steer("flux/CPP0013110000000000000001/contenu"),
}
WRITES: dict[str, Route] = {
    "deposit": lambda simulator: simulator.calls().deposer(GOOD).status,
    "clock": steer("clock", "POST", {"advance": "1s"}),
    "settings": steer("settings", "PATCH", {"pace": 2}),
    "scenario": steer("scenarios", "POST", {"statut": "RECU"}),
    "fault": steer("faults", "POST", {"kind": "status", "operations": ["deposer"]}),
    "forget": steer("scenarios", "DELETE"),
    "reset": steer("reset", "POST"),
}
stays = pytest.mark.skipif(os.name != "posix", reason="the system moves no file that is open")
pytestmark = pytest.mark.reconstruction


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(folder=tmp_path, pace=0) as running:
        running.deposit(GOOD)
        yield running


def test_every_route_answers_503_while_the_database_fails(
    simulator: Simulator, tmp_path: Path
) -> None:
    altered(tmp_path, "ALTER TABLE flux RENAME TO gone")
    altered(tmp_path, "ALTER TABLE pilotage RENAME TO gone_too")
    altered(tmp_path, "ALTER TABLE regle RENAME TO gone_three")
    said = {name: ask(simulator) for name, ask in {**READS, **WRITES}.items()}
    assert said == dict.fromkeys(said, 503)
    altered(tmp_path, "ALTER TABLE gone RENAME TO flux")
    altered(tmp_path, "ALTER TABLE gone_too RENAME TO pilotage")
    altered(tmp_path, "ALTER TABLE gone_three RENAME TO regle")
    assert WRITES["deposit"](simulator) == 201


@pytest.mark.parametrize("kind", ["status", "malformed_json"])
def test_a_fault_that_cannot_be_counted_is_503_and_the_next_one_strikes(
    simulator: Simulator, tmp_path: Path, kind: str
) -> None:
    client = simulator.app.test_client()
    routes: dict[str, Route] = {
        **{name: READS[name] for name in ("consult", "health")},
        "deposit": WRITES["deposit"],
        "token": lambda _: client.post("/api/oauth/token").status_code,
    }
    simulator.fault(kind, probability=0)
    for ask in routes.values():
        ask(simulator)  # everybody knows of the fault from here on
    kept = len(simulator.search())
    altered(tmp_path, "ALTER TABLE regle RENAME TO gone")
    said = {name: ask(simulator) for name, ask in routes.items()}
    assert said == dict.fromkeys(said, 503)
    assert {entry.statut for entry in simulator.journal()[-4:]} == {503}
    altered(tmp_path, "ALTER TABLE gone RENAME TO regle")
    assert len(simulator.search()) == kept
    assert WRITES["deposit"](simulator) == 201


@on_sqlite
def test_a_database_that_is_no_longer_one_is_503(simulator: Simulator, tmp_path: Path) -> None:
    parts = simulator.app.extensions["depot_flux"]
    parts.store.flux.close()
    parts.store._database.engine.dispose()
    for path in tmp_path.glob("flux.db*"):
        if path.is_file():
            path.write_bytes(b"not a database at all" * 500)
    said = {name: ask(simulator) for name, ask in {**READS, **WRITES}.items()}
    del said["consult"]  # its connection may still hold what it read
    assert said == dict.fromkeys(said, 503)


@on_sqlite
def test_a_database_that_somebody_locks_is_503_within_one_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "DEADLINE_SECONDS", 0.3)
    with Simulator(folder=tmp_path, pace=0) as simulator:
        id_flux = simulator.deposit(GOOD)
        with closing(sqlite3.connect(tmp_path / "flux.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            with ThreadPoolExecutor(8) as pool:
                said = list(pool.map(lambda _: WRITES["deposit"](simulator), range(8)))
            assert said == [503] * 8
            assert time.monotonic() - began < 5  # not one after the other
            assert simulator.status(id_flux).final
            other.rollback()
        assert simulator.deposit(GOOD, name="after.xml")


@on_sqlite
def test_processes_that_wait_behind_each_other_have_one_deadline_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "DEADLINE_SECONDS", 1.0)
    stores = [open_store(tmp_path) for _ in range(12)]  # to the lock, each is a process

    def took(store: Store) -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError):
            store.live_through(1)
        return time.monotonic() - began

    with closing(sqlite3.connect(tmp_path / "flux.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(12) as pool:
            first = list(pool.map(took, stores))
        assert max(first) < 5  # not one after the other
        assert took(stores[0]) > 0.9  # whoever comes later has a deadline of its own
        other.rollback()
    for store in stores:
        store.live_through(1)
        store.close()


def removed(path: Path) -> None:
    path.unlink()


def removed_with_its_log(path: Path) -> None:
    for each in (path, path.with_name("flux.db-wal"), path.with_name("flux.db-shm")):
        each.unlink()


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def overwritten(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").replace(path)


@on_sqlite
@stays
@pytest.mark.parametrize(
    "harm",
    [removed, removed_with_its_log, emptied, overwritten, replaced],
    ids=lambda f: f.__name__,
)
def test_nothing_is_accepted_into_a_file_that_is_no_longer_the_one(
    simulator: Simulator, tmp_path: Path, harm: Callable[[Path], None], caplog: Any
) -> None:
    path = tmp_path / "flux.db"
    harm(path)
    there = path.exists() and path.read_bytes()
    asked = {**WRITES, "health": READS["health"], "list": READS["list"]}
    said = {name: ask(simulator) for name, ask in asked.items()}
    assert said == dict.fromkeys(said, 503)
    said_so = rf"{re.escape(str(path))}: was [\w ]+ while the server runs"
    assert len(re.findall(said_so, caplog.text)) == len(WRITES) + 1  # health says it to its caller
    assert (path.exists() and path.read_bytes()) == there  # none is made in its place


@on_sqlite
@stays
def test_a_file_that_comes_back_is_used_again(simulator: Simulator, tmp_path: Path) -> None:
    path, aside = tmp_path / "flux.db", tmp_path / "aside.db"
    path.rename(aside)
    assert WRITES["deposit"](simulator) == 503
    aside.rename(path)
    before = len(simulator.search())
    simulator.deposit(GOOD, name="after.xml")
    assert len(simulator.search()) == before + 1


@on_sqlite
@stays
def test_a_folder_that_is_moved_away_is_seen_before_long(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Simulator(folder=folder) as simulator:
        simulator.deposit(GOOD)
        folder.rename(tmp_path / "moved")
        until(lambda: WRITES["deposit"](simulator) == 503)
        (tmp_path / "moved").rename(folder)
        assert WRITES["deposit"](simulator) == 201


@on_sqlite
@pytest.mark.parametrize("other", [False, True])
def test_processes_that_come_later_make_no_store(tmp_path: Path, other: bool) -> None:
    folder, moved = tmp_path / "data", tmp_path / "moved"
    settings = Settings(database=f"sqlite:///{folder / 'flux.db'}").resolved()
    Parts.start(settings).close()
    made = settings.once_made()
    Parts.start(made).close()
    folder.rename(moved)
    if other:
        folder.mkdir(0o700)
        (folder / "flux.db").touch(0o600)
    with pytest.raises(ConfigurationError, match="was removed or replaced"):
        Parts.start(made)
    assert [path.name for path in folder.glob("*")] == ["flux.db"] * other
    if not other:
        moved.rename(folder)
        Parts.start(made).close()


@on_sqlite
@stays
def test_a_worker_that_is_started_again_makes_no_store(tmp_path: Path) -> None:
    path, aside = tmp_path / "flux.db", tmp_path / "aside.db"
    with served(tmp_path, "--workers", "1") as simulator:
        _, _, (worker,) = family_of(simulator)
        path.rename(aside)
        worker.kill()
        until(lambda: "was removed or replaced" in simulator.said())
        assert not path.exists()
        aside.rename(path)
        until(lambda: not port_is_free(simulator.port))
        until(simulator.healthy)


def test_first_starts_at_once_all_work(tmp_path: Path) -> None:
    def start(_number: int) -> str:
        store = open_store(tmp_path)
        try:
            return store.secret()
        finally:
            store.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(16)))) == 1
