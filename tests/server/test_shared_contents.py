"""Which contents a database that several servers share is given, and which it is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store.store import Store
from tests.server.test_ownership import aged
from tests.server.test_postgresql import deposit, tell
from tests.support.postgresql import installed, server, url_of

pytestmark = installed


def opened(folder: Path, contents: Path | None = None) -> Store:
    """The store of a folder's database, its bytes in another folder or in itself."""
    return Store(url_of(folder), contents, folder / "arrivee")


def identity(folder: Path) -> list[str]:
    return [value for (value,) in tell(folder, "SELECT value FROM meta WHERE key = 'identity'")]


@pytest.mark.parametrize("emptied", [False, True])
def test_a_database_that_holds_bytes_itself_takes_over_no_contents(
    tmp_path: Path, *, emptied: bool
) -> None:
    itself = opened(tmp_path / "itself")
    deposit(itself)
    itself.close()
    if emptied:
        tell(tmp_path / "itself", "DELETE FROM octets", "DELETE FROM flux")
    other = opened(tmp_path / "other", tmp_path / "shared")
    deposit(other)
    [name] = other.contents.names()
    aged(tmp_path / "shared" / name)
    with pytest.raises(ConfigurationError, match="another database" if emptied else "itself"):
        opened(tmp_path / "itself", tmp_path / "shared")
    assert identity(tmp_path / "itself") == []
    assert other.contents.names() == [name]
    other.close()


@pytest.mark.parametrize("tied", [False, True])
def test_a_database_that_holds_bytes_itself_is_given_no_empty_folder_either(
    tmp_path: Path, *, tied: bool
) -> None:
    if tied:  # before its first flux
        opened(tmp_path, tmp_path / "new").close()
    itself = opened(tmp_path)
    deposit(itself, b"<first/>")
    deposit(itself, nom="b.xml")
    itself.close()
    tell(tmp_path, "DELETE FROM octets WHERE morceau = '<first/>'")  # lost, whoever did it
    with pytest.raises(ConfigurationError, match="itself"):
        opened(tmp_path, tmp_path / "new")
    assert len(identity(tmp_path)) == tied


def test_the_place_can_be_chosen_as_long_as_there_is_no_flux(tmp_path: Path) -> None:
    opened(tmp_path).close()
    for nom in ("a.xml", "b.xml"):
        store = opened(tmp_path, tmp_path / "new")
        deposit(store, nom=nom)
        store.close()
    with pytest.raises(ConfigurationError, match="lie elsewhere"):
        opened(tmp_path)


def test_first_starts_at_once_on_one_folder_all_work(tmp_path: Path) -> None:
    def start(number: int) -> str:
        store = opened(tmp_path, tmp_path / "shared")
        try:
            return deposit(store, nom=f"{number}.xml")
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(8)))) == 8
    store = opened(tmp_path, tmp_path / "shared")
    assert len(store.contents.names()) == 8
    store.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The URLs of two databases of one server, the second not there yet."""
    made = [f"d{sha256(f'{tmp_path}/{number}'.encode()).hexdigest()[:16]}" for number in range(2)]
    ask(f"CREATE DATABASE {made[0]}")
    yield made[0], made[1]
    for name in made:
        ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def ask(statement: str) -> None:
    with psycopg.connect(server().url("public"), autocommit=True) as connection:
        connection.execute(statement.encode())


def store_of(database: str, folder: Path) -> Store:
    url = f"postgresql://postgres@/{database}?host={server().folder}"
    return Store(url, folder / "shared", folder / "arrivee")


def test_a_copy_of_a_database_does_not_share_its_contents(
    tmp_path: Path, two: tuple[str, str]
) -> None:
    original, copied = two
    first = store_of(original, tmp_path)
    deposit(first)
    first.close()
    ask(f"CREATE DATABASE {copied} TEMPLATE {original}")
    store_of(original, tmp_path).close()  # it is not taken for one itself
    with pytest.raises(ConfigurationError, match="is a copy of") as refused:
        store_of(copied, tmp_path)
    identity = tmp_path / "shared" / "identity"
    assert f"remove {identity}" in str(refused.value)
    identity.unlink()
    moved = store_of(copied, tmp_path)
    assert len(moved.contents.names()) == 1
    moved.close()
    with pytest.raises(ConfigurationError, match="is a copy of"):
        store_of(original, tmp_path)


def test_contents_that_do_not_tell_copies_yet_do_so_from_the_next_start(
    tmp_path: Path, two: tuple[str, str]
) -> None:
    original, copied = two
    store_of(original, tmp_path).close()
    identity = tmp_path / "shared" / "identity"
    written = identity.read_text()
    identity.write_text(written.split()[0])
    store_of(original, tmp_path).close()
    assert identity.read_text() == written
    ask(f"CREATE DATABASE {copied} TEMPLATE {original}")
    with pytest.raises(ConfigurationError, match="is a copy of"):
        store_of(copied, tmp_path)


def test_contents_without_identity_are_taken_back_by_the_database_whose_bytes_they_are(
    tmp_path: Path,
) -> None:
    shared = tmp_path / "shared"
    first = opened(tmp_path / "one", shared)
    deposit(first)
    first.close()
    other = opened(tmp_path / "other", tmp_path / "elsewhere")
    deposit(other)
    other.close()
    (shared / "identity").unlink()
    with pytest.raises(ConfigurationError, match="none of the bytes"):
        opened(tmp_path / "other", shared)
    opened(tmp_path / "one", shared).close()
    with pytest.raises(ConfigurationError, match="another database"):
        opened(tmp_path / "other", shared)
