"""Which kind of store the tests run on: SQLite, unless DEPOT_FLUX_TESTS_STORE says postgresql."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from depot_flux_simulator.store import tables
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.testing import settings

POSTGRESQL = os.environ.get("DEPOT_FLUX_TESTS_STORE") == "postgresql"

on_sqlite = pytest.mark.skipif(POSTGRESQL, reason="speaks of SQLite's own files")


def database_of(folder: Path) -> str:
    """The URL of the database of a simulator whose data lies in a folder."""
    if POSTGRESQL:
        from tests.support.postgresql import url_of

        return url_of(folder)
    return f"sqlite:///{folder / 'flux.db'}"


def install(data: Path) -> None:
    """Have every simulator of the tests keep its store there; what is beside it lies in `data`."""
    if POSTGRESQL:
        settings.database_in = database_of
        os.environ["XDG_DATA_HOME"] = str(data)


def open_store(folder: Path) -> Store:
    """A store whose data lies in a folder."""
    if POSTGRESQL:
        return Store(database_of(folder), None, folder / "arrivee")
    return Store(database_of(folder), folder / "contents")


def kept_bytes(store: Store) -> list[str]:
    """What the bytes are called that are kept, in files or in the database."""
    with store.flux._database.reading() as connection:
        rows = connection.scalars(sa.select(tables.octets.c.contenu).distinct()).all()
    return sorted([*rows, *store.contents.names()])


def altered(folder: Path, *statements: str) -> None:
    """Do to the database what no simulator does."""
    url = database_of(folder)
    if POSTGRESQL:
        import psycopg

        with psycopg.connect(url) as server:
            for statement in statements:
                server.execute(statement.encode())
        return
    with closing(sqlite3.connect(folder / "flux.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
