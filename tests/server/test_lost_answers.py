"""A commit whose answer is lost: what came of it is found out, or nobody claims to know."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from depot_flux_simulator.store.errors import StoreUnreachableError, UncertainError
from depot_flux_simulator.store.store import Store
from tests.server.test_postgresql import deposit, tell
from tests.server.test_served import until
from tests.support.cutting import Cutting, cutting
from tests.support.postgresql import installed, url_of

pytestmark = installed

# One that deposits with a quota is in a transaction of SQLAlchemy's.
QUOTAS = pytest.mark.parametrize("per_hour", [None, 1_000], ids=["plain", "quota"])
WAITS = "SELECT 1 FROM pg_locks WHERE locktype = '{}' AND NOT granted"


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Cutting]:
    with cutting(url_of(tmp_path)) as made:
        yield made


@pytest.fixture
def store(way: Cutting, tmp_path: Path) -> Iterator[Store]:
    opened = Store(way.url, None, tmp_path / "arrivee")
    yield opened
    opened.close()


@contextmanager
def slow_commits(folder: Path) -> Iterator[psycopg.Connection]:
    """While entered no deposit is committed, as where a disk or a standby is slow."""
    tell(
        folder,
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON flux DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION slow()",
    )
    with psycopg.connect(url_of(folder)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7)")
        yield connection


def stored(folder: Path) -> list[str]:
    return [row[0] for row in tell(folder, "SELECT nom FROM flux ORDER BY pk")]


@QUOTAS
def test_a_commit_that_goes_on_is_waited_for(
    way: Cutting, store: Store, tmp_path: Path, per_hour: int | None
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with slow_commits(tmp_path):
            way.armed = True
            job = pool.submit(deposit, store, per_hour=per_hour)
            until(lambda: job.done() or bool(tell(tmp_path, WAITS.format("transactionid"))))
        assert store.flux.get(job.result()) is not None
    assert way.cuts == 1
    assert stored(tmp_path) == ["a.xml"]


@QUOTAS
def test_a_commit_that_comes_to_nothing_is_told_as_that(
    way: Cutting, store: Store, tmp_path: Path, per_hour: int | None
) -> None:
    ended = f"SELECT pg_terminate_backend(pid) FROM ({WAITS.replace('1', 'pid')}) AS it"
    with ThreadPoolExecutor(1) as pool, slow_commits(tmp_path):
        way.armed = True
        job = pool.submit(deposit, store, per_hour=per_hour)
        until(lambda: job.done() or bool(tell(tmp_path, WAITS.format("transactionid"))))
        tell(tmp_path, ended.format("advisory"))
        error = job.exception()
    assert type(error) is StoreUnreachableError
    assert stored(tmp_path) == []


@QUOTAS
def test_a_commit_that_is_not_over_in_time_is_uncertain(
    way: Cutting,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    per_hour: int | None,
) -> None:
    deposit(store, nom="before.xml", per_hour=per_hour)  # by a connection that stays
    monkeypatch.setattr(store._database.backend._patience, "seconds", 0.5)  # type: ignore[attr-defined]
    with slow_commits(tmp_path):
        way.armed = True
        with pytest.raises(UncertainError):
            deposit(store, per_hour=per_hour)
    until(lambda: stored(tmp_path) == ["before.xml", "a.xml"])


@QUOTAS
def test_a_database_that_restarts_is_asked_again(
    way: Cutting, store: Store, tmp_path: Path, per_hour: int | None
) -> None:
    way.refusing, way.armed = 5, True
    assert store.flux.get(deposit(store, per_hour=per_hour)) is not None
    assert (way.cuts, way.refusing) == (1, 0)
    assert stored(tmp_path) == ["a.xml"]
