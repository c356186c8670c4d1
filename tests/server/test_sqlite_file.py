"""The SQLite file itself: small pages, and a log that does not outgrow a small disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from depot_flux_simulator.store.sqlite import Sqlite
from tests.support.stores import on_sqlite

pytestmark = on_sqlite


def asked(path: Path, pragma: str) -> int:
    opened = Sqlite(path, path.with_suffix(".lock"), 5.0, durable=False)
    try:
        with opened.engine.connect() as connection:
            value: int = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
            return value
    finally:
        opened.close()


@pytest.mark.parametrize("made_with", [None, 1_024, 4_096])
def test_the_log_is_as_long_in_bytes_whatever_pages_the_file_was_made_with(
    tmp_path: Path, made_with: int | None
) -> None:
    path = tmp_path / "flux.db"
    if made_with is not None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA page_size = {made_with}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE kept (pk INTEGER)")
    page = asked(path, "page_size")
    assert page == (made_with or 2_048)
    assert 39_000_000 < asked(path, "wal_autocheckpoint") * page <= 40_000_000
