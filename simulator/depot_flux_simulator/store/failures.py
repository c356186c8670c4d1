"""What the errors of SQLAlchemy and of the drivers become."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from depot_flux_simulator.store.errors import (
    ConflictError,
    StoreError,
    StoreFullError,
    StoreUnreachableError,
    UncertainError,
)
from depot_flux_simulator.store.lock import BusyError

_FULL = re.compile(r"disk is full|no space left", re.IGNORECASE)


@contextmanager
def own_errors() -> Iterator[None]:
    """Let none of the library's errors out, but the store's own.

    Raises:
        StoreError: there was one.
    """
    try:
        yield
    except (BusyError, sqlite3.Error) as error:  # the second when a connection is made
        raise StoreUnreachableError(str(error)) from error
    except IntegrityError as error:
        raise ConflictError(reason(error)) from error
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise failure(reason(error)) from error
    except SQLAlchemyError as error:
        raise StoreError(reason(error)) from error


def failure(said: str) -> StoreUnreachableError:
    """The error of a database that fails for now, by what the driver said."""
    return (StoreFullError if _FULL.search(said) else StoreUnreachableError)(said)


def failure_at_commit(error: Exception) -> StoreUnreachableError:
    """The error of a database that fails while it commits, by what the driver raised.

    SQLite that finds no room has undone the whole transaction: nothing of it is uncertain.
    """
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", None)
    certain = code == sqlite3.SQLITE_FULL
    return (StoreFullError if certain else UncertainError)(reason(error))


def reason(error: Exception) -> str:
    """What the driver said."""
    return str(getattr(error, "orig", None) or error)
