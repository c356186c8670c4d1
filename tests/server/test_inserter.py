"""Rows that many threads add at once: all of them, each once, or an error for whoever asked."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import ConflictError, StoreUnreachableError
from depot_flux_simulator.store.inserter import Addition, Inserter
from depot_flux_simulator.store.sqlite import Adder


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/flux.db", tmp_path / "lock")
    tables.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def adds(database: Database) -> Iterator[Inserter]:
    made = Inserter(Adder(database.engine), database.backend.writing, 0.3)
    yield made
    made.close()


def row(key: str) -> list[Addition]:
    return [(tables.meta, {"key": key, "value": ""})]


def keys(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "flux.db")) as connection:
        return sorted(key for (key,) in connection.execute("SELECT key FROM meta"))


@contextmanager
def held(database: Database, adds: Inserter, rows: int) -> Iterator[None]:
    """Nobody writes until so many rows wait."""
    with database.backend.writing():
        yield
        while len(adds._waiting) < rows:
            pass


def test_rows_that_wait_together_are_written_together(
    database: Database, adds: Inserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    add = Adder.add

    def counted(self: Adder, rows: Sequence[Addition]) -> None:
        batches.append(len(rows))
        add(self, rows)

    monkeypatch.setattr(Adder, "add", counted)
    wanted = [f"{number:02}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        with held(database, adds, 20):
            jobs = [pool.submit(adds.insert, row(key)) for key in wanted]
        for job in jobs:
            job.result()
    assert keys(tmp_path) == wanted
    assert batches == [20]


def test_a_row_that_conflicts_takes_no_other_with_it(
    database: Database, adds: Inserter, tmp_path: Path
) -> None:
    adds.insert(row("2"))
    with ThreadPoolExecutor(5) as pool:
        with held(database, adds, 5):
            jobs = [pool.submit(adds.insert, row(str(n))) for n in range(5)]
        errors = [type(job.exception()) for job in jobs]
    assert errors == [type(None), type(None), ConflictError, type(None), type(None)]
    assert keys(tmp_path) == ["0", "1", "2", "3", "4"]


def test_whoever_is_told_that_others_write_has_written_nothing(
    database: Database, adds: Inserter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, done = threading.Event(), threading.Event()
    add = Adder.add

    def slow(self: Adder, rows: Sequence[Addition]) -> None:
        writing.set()
        done.wait()
        add(self, rows)

    monkeypatch.setattr(Adder, "add", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adds.insert, row("first"))
        writing.wait()
        with pytest.raises(StoreUnreachableError):
            adds.insert(row("second"))
        done.set()
        first.result()
    adds.insert(row("third"))
    assert keys(tmp_path) == ["first", "third"]


def test_an_error_reaches_everybody_who_waits(
    database: Database, adds: Inserter, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "flux.db")) as connection:
        connection.execute("DROP TABLE meta")
    with ThreadPoolExecutor(3) as pool:
        with held(database, adds, 3):
            jobs = [pool.submit(adds.insert, row(str(n))) for n in range(3)]
        assert [type(job.exception()) for job in jobs] == [StoreUnreachableError] * 3
