"""Which contents a database that several servers share is given, and which it is refused."""

from pathlib import Path

import pytest

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store.store import Store
from tests.server.test_ownership import aged
from tests.server.test_postgresql import deposit, tell
from tests.support.postgresql import installed, url_of

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
