"""Bytes of small flux lie in the SQLite file, those of large ones beside it."""

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.lifecycle import Pace
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve.alone import Alone
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import small
from depot_flux_simulator.store.flux import Terms
from depot_flux_simulator.store.small import SMALL
from depot_flux_simulator.store.store import Store
from tests.server.test_claims import known
from tests.server.test_store import deposit, engine
from tests.support.stores import altered, kept_bytes, on_sqlite, open_store

pytestmark = on_sqlite
GOOD = facture_ubl()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("content", "in_a_file"),
    [(b"", False), (GOOD, False), (bytes(SMALL), False), (bytes(SMALL + 1), True)],
)
def test_bytes_come_back_from_where_they_lie(store: Store, content: bytes, in_a_file: bool) -> None:
    flux = known(store, deposit(store, content))
    name = flux.depot.contenu.name
    assert (flux.taille, flux.sha256) == (len(content), sha256(content).hexdigest())
    assert store.contents.names() == ([name] if in_a_file else [])
    with store.contents.at_hand(name) as path:
        assert path.read_bytes() == content
        assert path.stat().st_size == len(content)
    assert kept_bytes(store) == [name]


def test_what_is_written_in_many_pieces_is_whole(store: Store) -> None:
    file = store.contents.new()
    content = b"".join(bytes([number % 256]) * 1_000 for number in range(100))
    for start in range(0, len(content), 700):
        file.write(content[start : start + 700])
    file.seek(10)
    assert file.read(5) == content[10:15]
    file.seek(0)
    assert file.read() == content
    file.settle()
    assert (file.taille, file.sha256) == (len(content), sha256(content).hexdigest())
    assert file.path.read_bytes() == content


def test_what_is_small_can_be_had_as_a_file_while_it_is_read(store: Store) -> None:
    file = store.contents.new()
    file.write(GOOD)
    file.seek(3)
    assert file.write_out().read_bytes() == GOOD
    assert file.read() == GOOD[3:]
    assert file.write_out() == file.path


def test_another_process_reads_what_is_at_hand(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = known(store, deposit(store)).depot.contenu.name
    reader = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
    for memory in (small._OPEN_FILES, tmp_path / "none"):
        monkeypatch.setattr(small, "_OPEN_FILES", memory)
        with store.contents.at_hand(name) as path:
            command = [sys.executable, "-c", reader, str(path)]
            assert subprocess.run(command, capture_output=True, check=True).stdout == GOOD
        assert not path.exists()
    assert store.contents.names() == []


def test_controls_alone_give_the_same_verdict(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'flux.db'}").resolved()
    store = Store(settings.database, settings.contents)
    flux = known(store, deposit(store))
    store.flux.count_failure(flux.pk)
    tried = engine(store)
    tried.alone = Alone(settings)
    tried.step()
    assert known(store, flux.id_flux).facts.recevable is True
    store.close()


LOSSES = {
    "manque": "DELETE FROM octets WHERE contenu = '{}'",
    "changé": "UPDATE octets SET morceau = x'00' WHERE contenu = '{}'",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_flux_whose_bytes_are_lost_is_set_aside_until_they_are_back(
    store: Store, tmp_path: Path, loss: str
) -> None:
    lost, other = known(store, deposit(store)), known(store, deposit(store))
    name = lost.depot.contenu.name
    altered(tmp_path, LOSSES[loss].format(name))
    tried = engine(store)
    assert tried.step() == 1
    assert known(store, other.id_flux).facts.recevable is not None
    assert loss in (known(store, lost.id_flux).ecarte or "")
    put_back = f"INSERT OR REPLACE INTO octets VALUES ('{name}', 0, x'{GOOD.hex()}')"
    altered(tmp_path, put_back)
    engine(store).step()
    assert known(store, lost.id_flux).facts.recevable is not None
    assert known(store, lost.id_flux).ecarte is None


def test_a_flux_and_its_bytes_are_stored_together_or_not_at_all(
    store: Store, tmp_path: Path
) -> None:
    deposit(store, identifiers=iter(["1"]))
    altered(
        tmp_path, "CREATE TRIGGER t BEFORE INSERT ON octets BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(Exception, match="no"):
        deposit(store, identifiers=iter(["2"]))
    assert store.flux.get("2") is None
    altered(tmp_path, "DROP TRIGGER t")
    assert deposit(store, identifiers=iter(["1", "3"])) == "3"  # drawn before: both once more
    assert len(kept_bytes(store)) == 2


def test_what_a_reset_that_was_cut_left_is_thrown_away_and_nothing_else(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "_AT_ONCE", 2)
    gone = [known(store, deposit(store)).pk for _ in range(5)]
    kept = known(store, deposit(store))
    altered(tmp_path, f"DELETE FROM flux WHERE pk <= {max(gone)}")
    assert store.sweep() == 0
    assert kept_bytes(store) == [kept.depot.contenu.name]


def test_names_grow_with_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for instant in (1_790_000_000_000, 1_790_000_000_001, 1_900_000_000_000):
        monkeypatch.setattr("depot_flux_simulator.store.contents.file_time", lambda: instant)  # noqa: B023
        names.append(store.contents.new().path.name)
    assert names == sorted(names)
    assert {len(name) for name in names} == {32}


def test_durable_bytes_lie_in_a_database_that_waits_for_the_disk(tmp_path: Path) -> None:
    with_power = Store(f"sqlite:///{tmp_path}/flux.db", tmp_path / "contents", durable=True)
    file = with_power.contents.new()
    file.write(GOOD)
    file.settle()
    depot = Depot(file.path, "a.xml", "FSO3110A", "AAA123")
    with_power.flux.deposit(depot, file, Terms(Pace()), 1_000, lambda: "1")
    assert kept_bytes(with_power) == [file.path.name]
    connection = with_power.flux._inserter._adder._connection.dbapi_connection  # type: ignore[attr-defined]
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    with_power.close()
