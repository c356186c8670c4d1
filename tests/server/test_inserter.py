"""Rows that many threads add at once: all of them, each once, or an error for whoever asked."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from depot_flux_simulator.store import tables
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import (
    ConflictError,
    StoreError,
    StoreUnreachableError,
    UncertainError,
)
from depot_flux_simulator.store.inserter import Addition, Inserter, Statements
from tests.support.stores import POSTGRESQL, altered, database_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(database_of(tmp_path), tmp_path / "lock")
    tables.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def adds(database: Database) -> Iterator[Inserter]:
    made = database.backend.inserter()
    made._deadline = 0.3
    yield made
    made.close()


def row(key: str) -> list[Addition]:
    return [(tables.meta, {"key": key, "value": ""})]


def keys(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.scalars(sa.select(tables.meta.c.key)))


@contextmanager
def nobody_writes(database: Database) -> Iterator[None]:
    """Nobody adds a row of `meta` meanwhile."""
    with database.writing() as connection:
        if POSTGRESQL:
            connection.execute(sa.text("LOCK TABLE meta IN EXCLUSIVE MODE"))
        yield


@contextmanager
def held(adds: Inserter, rows: int) -> Iterator[None]:
    """Nothing is written until so many rows wait."""
    waiting = adds._write
    go = threading.Event()

    def wait() -> None:
        go.wait()
        waiting()

    adds._write = wait  # type: ignore[method-assign]
    yield
    while len(adds._waiting) < rows:
        pass
    adds._write = waiting  # type: ignore[method-assign]
    go.set()


def batches_of(adds: Inserter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each transaction adds from now on, in a thread of its own."""
    batches: list[int] = []
    add = adds._adder.add

    def counted(rows: Sequence[Addition]) -> None:
        assert threading.current_thread() is not threading.main_thread()
        batches.append(len(rows))
        add(rows)

    monkeypatch.setattr(adds._adder, "add", counted)
    return batches


def test_rows_that_wait_together_are_written_together(
    database: Database, adds: Inserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = batches_of(adds, monkeypatch)
    wanted = [f"{number:02}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        with held(adds, 20):
            jobs = [pool.submit(adds.insert, row(key)) for key in wanted]
        for job in jobs:
            job.result()
    assert keys(database) == wanted
    assert batches == [20]


def test_a_row_that_conflicts_takes_no_other_with_it(database: Database, adds: Inserter) -> None:
    adds.insert(row("2"))
    with ThreadPoolExecutor(5) as pool:
        with held(adds, 5):
            jobs = [pool.submit(adds.insert, row(str(n))) for n in range(5)]
        errors = [type(job.exception()) for job in jobs]
    assert errors == [type(None), type(None), ConflictError, type(None), type(None)]
    assert keys(database) == ["0", "1", "2", "3", "4"]


def test_a_value_that_no_database_takes_takes_no_other_row_with_it(
    database: Database, adds: Inserter
) -> None:
    piece = {"contenu": "\ud800", "rang": 0, "morceau": b""}
    wrong = [*row("wrong"), (tables.octets, piece)]
    too_long = row("x" * 100) if POSTGRESQL else wrong
    with ThreadPoolExecutor(4) as pool:
        with held(adds, 4):
            given = (row("0"), wrong, row("1"), too_long)
            jobs = [pool.submit(adds.insert, rows) for rows in given]
        errors = [type(job.exception()) for job in jobs]
    last = StoreError if POSTGRESQL else UnicodeEncodeError
    assert errors == [type(None), UnicodeEncodeError, type(None), last]
    adds.insert(row("2"))
    assert keys(database) == ["0", "1", "2"]


class Stalling:
    """Adds a first row, and then waits in vain; what conflicts is told first."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def add(self, rows: Sequence[Addition]) -> None:
        self.asked.append(len(rows))
        if len(rows) > 1:
            raise ConflictError("there already")
        if len(self.asked) > 2:
            raise UncertainError("no answer")

    def close(self) -> None:
        """There is nothing."""


def test_a_database_that_stops_answering_between_rows_is_not_asked_for_each() -> None:
    stalling = Stalling()
    adds = Inserter(stalling, nullcontext, 5)
    with ThreadPoolExecutor(6) as pool:
        with held(adds, 6):
            jobs = [pool.submit(adds.insert, row(str(number))) for number in range(6)]
        errors = [type(job.exception()) for job in jobs]
    assert stalling.asked == [6, 1, 1]
    assert Counter(errors) == {type(None): 1, UncertainError: 1, StoreUnreachableError: 4}


class UncopiedError(Exception):
    """Of which nobody has a copy."""

    def __init__(self, said: str, why: str) -> None:
        super().__init__(said + why)


def uncopied(*_: object) -> None:
    raise UncopiedError("no", "thing")


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_nobody_whose_rows_are_not_written_goes_on_as_if_they_were(
    adds: Inserter, database: Database, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    with monkeypatch.context() as patch:
        if when == "before":
            patch.setattr(adds, "_writing", uncopied)
        else:
            patch.setattr(adds._adder, "add", uncopied)
        with pytest.raises(UncertainError):
            adds.insert(row("lost"))
    adds.insert(row("later"))
    assert keys(database) == ["later"]


def test_bytes_are_added_by_one_statement_each_and_others_together() -> None:
    pieces = [(tables.octets, {"contenu": str(n), "rang": 0, "morceau": b"x"}) for n in range(3)]
    statements = Statements(sqlite.dialect(), "?", 999)
    (first, *others) = [text for text, _ in statements.adding(pieces)]
    assert others == [first, first]
    ((text, values),) = statements.adding([*row("a"), *row("b")])
    assert text.endswith("VALUES (?, ?), (?, ?)")
    assert values == ["a", "", "b", ""]


def test_whoever_is_told_that_others_write_has_written_nothing(
    database: Database, adds: Inserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, done = threading.Event(), threading.Event()
    add = adds._adder.add

    def slow(rows: Sequence[Addition]) -> None:
        writing.set()
        done.wait()
        add(rows)

    monkeypatch.setattr(adds._adder, "add", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adds.insert, row("first"))
        writing.wait()
        with pytest.raises(StoreUnreachableError):
            adds.insert(row("second"))
        done.set()
        first.result()
    adds.insert(row("third"))
    assert keys(database) == ["first", "third"]


def test_an_error_reaches_everybody_who_waits(adds: Inserter, tmp_path: Path) -> None:
    altered(tmp_path, "DROP TABLE meta")
    with ThreadPoolExecutor(3) as pool:
        with held(adds, 3):
            jobs = [pool.submit(adds.insert, row(str(n))) for n in range(3)]
        assert [type(job.exception()) for job in jobs] == [StoreUnreachableError] * 3


def test_it_is_closed_once_what_is_being_written_is(
    database: Database, adds: Inserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, close = adds._adder.add, adds._adder.close
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(rows: Sequence[Addition]) -> None:
        begun.set()
        go.wait()
        add(rows)
        order.append("written")

    def closed() -> None:
        order.append("closed")
        close()

    monkeypatch.setattr(adds._adder, "add", slow)
    monkeypatch.setattr(adds._adder, "close", closed)
    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(adds.insert, row("1"))
        begun.wait()
        closing = pool.submit(adds.close)
        threading.Timer(0.1, go.set).start()
        adding.result()
        closing.result()
    assert order == ["written", "closed"]
    assert keys(database) == ["1"]
