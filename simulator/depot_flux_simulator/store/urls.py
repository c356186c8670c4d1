"""Addresses of databases, as people write them."""

import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from depot_flux_simulator.errors import ConfigurationError

# What people write for PostgreSQL, a driver of another library included.
_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_URL = re.compile(r"[\w+]+://")
# All between a colon and the last @: passwords hold anything.
_PASSWORD = re.compile(r":(?!//).*@", re.DOTALL)
# Without an @ it may be what follows the user's name, where the host was forgotten.
_PERHAPS = re.compile(r":(?!//).*", re.DOTALL)
_PARAMETER = re.compile(r"([?&][^=&]*(?:pass|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


def shown(url: str) -> str:
    """A URL as anybody may read it: without password. What is none may hold one anywhere."""
    url = url.strip()
    if not _URL.match(url):
        return "***" if any(mark in url for mark in "=:@") else url
    url = _PARAMETER.sub(r"\1***", url)
    if "@" not in url and not url.lower().startswith("sqlite:"):
        return _PERHAPS.sub(":***", url)
    return _PASSWORD.sub(":***@", url)


def postgresql_url(url: str) -> str | None:
    """A URL of PostgreSQL as its own library reads it, None for another database."""
    url = url.strip()
    found = _POSTGRESQL.match(url)
    return f"postgresql://{url[found.end() :]}" if found else None


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL, None for PostgreSQL.

    Raises:
        ConfigurationError: the URL is malformed, names an SQLite database in memory, which
            several processes cannot share, or a kind of database that was never tried.
    """
    if postgresql_url(url) is not None:
        return None
    try:
        made = sa.make_url(url.strip())
    except (ArgumentError, ValueError) as error:  # the second for a port that is no number
        raise ConfigurationError(
            f"database {shown(url)!r} is no URL; write for instance sqlite:///flux.db or "
            "postgresql://user@host/name"
        ) from error
    if made.get_backend_name().lower() != "sqlite":
        raise ConfigurationError(
            f"database {shown(url)}: the store is SQLite or PostgreSQL; write for instance "
            "sqlite:///flux.db or postgresql://user@host/name"
        )
    if not made.database or made.database == ":memory:":
        raise ConfigurationError(
            f"database {shown(url)!r} lives in memory, which processes cannot share; name a file"
        )
    if made.database.startswith("file:"):
        raise ConfigurationError(
            f"database {shown(url)!r}: name the file by its path, for instance sqlite:///flux.db"
        )
    return Path(made.database).absolute()
