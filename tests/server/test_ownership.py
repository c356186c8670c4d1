"""A store is one server's, its bytes are one database's, and nobody's bytes are thrown away."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Raison
from depot_flux_simulator.flux.lifecycle import Pace
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve.listening import listening
from depot_flux_simulator.serve.server import serve
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.contents import Folder
from depot_flux_simulator.store.flux import Terms
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.testing import Simulator
from tests.support.postgresql import PROGRAMS, url_of

pytestmark = pytest.mark.usefixtures("in_files")

GOOD = facture_ubl()
HOUR = 3_600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def open_store(folder: Path, database: str = "flux.db") -> Store:
    return Store(f"sqlite:///{folder / database}", folder / "contents")


def deposit(store: Store) -> Path:
    """Deposit a flux; the file that holds its bytes."""
    file = store.contents.new()
    file.write(GOOD)
    file.settle()
    depot = Depot(file.path, "a.xml", "FSO3110A", "AAA123")
    store.flux.deposit(depot, file, Terms(Pace()), 1_000, lambda: file.path.name)
    return file.path


def aged(path: Path, seconds: int = 2 * HOUR) -> Path:
    """The same file, as if written a while ago."""
    then = path.lstat().st_mtime - seconds
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def test_only_our_own_old_files_without_a_flux_are_swept_and_none_is_deleted(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "contents"
    kept = aged(deposit(store))
    with store.contents.new() as file:
        file.write(b"cut short")
    orphan = aged(file.path)
    young = store.contents.new().write_out()
    others = [folder / "lisez-moi.txt", folder / ("a" * 31), folder / ("A" * 32)]
    for path in others:
        path.write_bytes(b"not ours")
        aged(path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"not even here")
    link = folder / ("b" * 32)
    link.symlink_to(elsewhere)
    inner = folder / ("c" * 32)
    inner.mkdir()
    aged(link)
    aged(inner)
    assert store.sweep() == 1
    assert not orphan.exists()
    assert [path.read_bytes() for path in folder.rglob(orphan.name)] == [b"cut short"]
    assert all(path.exists() for path in [kept, young, *others, elsewhere, link, inner])
    assert store.sweep() == 0


def test_a_sweep_goes_on_after_what_another_server_moved(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "contents"
    orphans = [aged(store.contents.new().write_out()) for _ in range(4)]
    names = [path.name for path in orphans]
    orphans[0].unlink()
    replace = Path.replace

    def moved_meanwhile(path: Path, target: Path) -> Path:
        if path == orphans[1]:
            path.unlink()
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", moved_meanwhile)
    assert store.contents.set_aside(names) == 2
    assert {path.name for path in (folder / "ecartes").iterdir()} == set(names[2:])


def test_a_start_goes_on_where_a_deposit_ends_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = tmp_path / "arrivee"
    incoming.mkdir(0o700)
    done, left = (incoming / (32 * letter) for letter in "ab")
    for path in (done, left):
        path.touch()
        aged(path)
    lstat = Path.lstat

    def ended(path: Path) -> os.stat_result:
        if path == done:
            path.unlink(missing_ok=True)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", ended)
    Store(f"sqlite:///{tmp_path / 'flux.db'}", None, incoming).close()
    assert not left.exists()


@pytest.mark.parametrize("planted", ["link", "file"])
def test_nothing_is_set_aside_behind_a_link(store: Store, tmp_path: Path, planted: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    aside = tmp_path / "contents" / "ecartes"
    if planted == "link":
        aside.symlink_to(elsewhere)
    else:
        aside.write_bytes(b"not ours")
    orphan = aged(store.contents.new().write_out())
    with pytest.raises(ConfigurationError, match=r"ecartes: is (a link|no folder)"):
        store.sweep()
    assert orphan.exists()
    assert list(elsewhere.iterdir()) == []


def test_whose_contents_they_are_outlasts_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "contents"
    done: list[tuple[Path, bool]] = []

    def synced(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append((path, (folder / "identity").exists()))

    monkeypatch.setattr("os.fsync", synced)
    open_store(tmp_path).close()
    assert done[-1] == (folder, True)


def test_a_second_server_on_a_store_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with (
        Simulator(folder=tmp_path),
        pytest.raises(ConfigurationError, match="another simulator") as refused,
    ):
        serve(settings(tmp_path), listening("127.0.0.1", 0, 1), lambda _parts: None)
    assert f"process {os.getpid()}" in str(refused.value)


def test_a_store_that_was_let_go_is_taken_by_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        with Simulator(folder=tmp_path) as simulator:
            simulator.deposit(GOOD)
    with Simulator(folder=tmp_path) as simulator:
        assert len(simulator.search()) == 2
        with pytest.raises(ConfigurationError, match="another simulator"):
            Simulator(folder=tmp_path).start()


def test_a_copy_of_a_served_database_is_not_served_on_the_same_contents(tmp_path: Path) -> None:
    contents = tmp_path / "flux.db-contenus"
    with Simulator(folder=tmp_path) as simulator:
        with (
            closing(sqlite3.connect(tmp_path / "flux.db")) as database,
            closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
        ):
            database.backup(copy)
        id_flux = simulator.deposit(GOOD)
        given = Settings(database=f"sqlite:///{tmp_path / 'copy.db'}", contents_at=str(contents))
        with pytest.raises(ConfigurationError, match="another simulator") as refused:
            serve(given.resolved(), listening("127.0.0.1", 0, 1), never)
        assert f"process {os.getpid()}" in str(refused.value)
        assert "name another --contents" in str(refused.value)
        assert simulator.content(id_flux) == GOOD


def never(_parts: Parts) -> None:
    raise AssertionError("it is served")


def settings(folder: Path) -> Settings:
    return Settings(database=f"sqlite:///{folder / 'flux.db'}").resolved()


def test_two_databases_never_share_one_folder_of_contents(store: Store, tmp_path: Path) -> None:
    kept = deposit(store)
    with pytest.raises(ConfigurationError, match="another database"):
        open_store(tmp_path, "other.db")
    assert kept.read_bytes() == GOOD


@pytest.mark.parametrize("left", [0, 100])
def test_a_database_that_was_truncated_costs_no_flux_its_bytes(tmp_path: Path, left: int) -> None:
    store = open_store(tmp_path)
    kept = deposit(store)
    store.close()
    with (tmp_path / "flux.db").open("r+b") as file:
        file.truncate(left)
    with pytest.raises(ConfigurationError) as refused:
        open_store(tmp_path)
    assert str(tmp_path) in str(refused.value)
    assert kept.read_bytes() == GOOD


def test_contents_behind_a_link_are_refused_and_untouched(tmp_path: Path) -> None:
    elsewhere = tmp_path / "photos"
    elsewhere.mkdir()
    photo = aged(elsewhere / ("d" * 32)) if (elsewhere / ("d" * 32)).write_bytes(b"x") else None
    (tmp_path / "contents").symlink_to(elsewhere)
    with pytest.raises(ConfigurationError, match="is a link"):
        open_store(tmp_path)
    assert photo is not None
    assert list(elsewhere.iterdir()) == [photo]


def test_a_database_whose_contents_are_gone_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    deposit(store)
    store.close()
    (tmp_path / "contents").rename(tmp_path / "moved")
    with pytest.raises(ConfigurationError, match="none of the bytes"):
        open_store(tmp_path)
    rmtree(tmp_path / "contents")
    (tmp_path / "moved").rename(tmp_path / "contents")
    open_store(tmp_path).close()


class Killed(BaseException):
    """As if by the system."""


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_first_start_that_is_killed_stops_no_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, written: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'flux.db'}"
    if kind == "postgresql":
        if PROGRAMS is None:
            pytest.skip("PostgreSQL is not installed")
        url = url_of(tmp_path)
    claim = Folder.claim

    def killed(contents: Folder, identity: str) -> None:
        if written:
            claim(contents, identity)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "claim", killed)
        with pytest.raises(Killed):
            Store(url, tmp_path / "contents")
    for number in range(2):
        again = Store(url, tmp_path / "contents")
        deposit(again)
        assert len(again.flux.contents()) == number + 1
        again.close()


def test_a_database_of_the_schema_before_is_migrated(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    kept = deposit(store)
    store.close()
    with closing(sqlite3.connect(tmp_path / "flux.db")) as database:
        database.executescript(
            "DROP INDEX flux_pris;"
            "DROP INDEX flux_ecartes;"
            "ALTER TABLE flux DROP COLUMN ecarte;"
            "ALTER TABLE flux DROP COLUMN repris;"
            "ALTER TABLE flux DROP COLUMN arrive_le;"
            "ALTER TABLE flux DROP COLUMN pris_par;"
            "ALTER TABLE flux DROP COLUMN pris_jusqu;"
            "DROP TABLE octets;"
            "DROP INDEX flux_en_attente;"
            "DROP INDEX flux_par_verdict;"
            "DROP INDEX flux_par_fin;"
            "DROP INDEX motif_par_code;"
            "CREATE INDEX ix_motif_code ON motif (code);"
            "DROP TABLE constat;"
            "DROP TABLE facture;"
            "CREATE TABLE rejet (flux INTEGER, rang INTEGER, code TEXT, fichier TEXT, message TEXT,"
            " regle TEXT, lieu TEXT);"
            "INSERT INTO rejet VALUES (1, 0, 'REJ_COH', 'a.xml', 'm', 'BR-CO-15', '/x');"
            "UPDATE flux SET sha256 = NULL;"
            "DELETE FROM meta WHERE key = 'identity';"
            "UPDATE meta SET value = '4' WHERE key = 'schema'"
        )
    (tmp_path / "contents" / "identity").unlink()
    for _ in range(2):  # migrated, then as any other
        again = open_store(tmp_path)
        (flux,) = again.flux.waiting(10)
        assert flux.depot.contenu == kept
        [constat] = again.verdicts.of(flux).constats
        assert (constat.raison, constat.regle) == (Raison.REJ_COH, "BR-CO-15")
        again.close()
    with pytest.raises(ConfigurationError, match="another database"):
        open_store(tmp_path, "other.db")


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "flux.db")) as database:
        database.execute("UPDATE meta SET value = '1000' WHERE key = 'schema'")
        database.commit()
    with pytest.raises(ConfigurationError, match="later version"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@db/flux", "oracle://u:secret@db/flux", "nonsense://u:secret@x"]
)
def test_a_database_of_a_kind_that_nobody_tried_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="SQLite or PostgreSQL") as refused:
        Store(url, tmp_path / "contents")
    assert "secret" not in str(refused.value)
