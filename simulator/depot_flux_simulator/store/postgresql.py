"""The store in PostgreSQL: for several servers, on one machine or on many."""

from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from time import monotonic, sleep
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.dialects.postgresql import insert

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.adder import Adder
from depot_flux_simulator.store.errors import StoreError, StoreUnreachableError
from depot_flux_simulator.store.failures import own_errors
from depot_flux_simulator.store.inserter import Inserter
from depot_flux_simulator.store.patience import Patience
from depot_flux_simulator.store.prepared import Reader

_POOL, _MORE = 4, 12
_AGAIN_SECONDS = 0.1
# How long tables that hold much may take to be brought up to date.
_SCHEMA_SECONDS = 3_600.0
# The first half of the keys of locks that are ours, whatever else lies in the database.
_LOCKS = 0x473242
# What the role may not do with which of our tables, as far as there are any.
_REFUSED = sa.text("""
    SELECT name, kind FROM unnest(CAST(:tables AS text[])) AS name,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS kind
        WHERE NOT has_table_privilege(to_regclass(name), kind)
    UNION ALL SELECT name, 'USAGE' FROM unnest(CAST(:sequences AS text[])) AS name
        WHERE NOT has_sequence_privilege(to_regclass(name), 'USAGE')
""")
_NOW = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1_000, sa.BigInteger)
_WHICH = (
    "SELECT concat(system_identifier, '/', oid) FROM pg_control_system(), pg_database"
    " WHERE datname = current_database()"
)


class Postgresql:
    """One database of a server of PostgreSQL; see `database.Backend`.

    Args:
        url: as PostgreSQL's own library reads it.
        deadline: seconds that a caller waits for an answer.

    Raises:
        ConfigurationError: the URL cannot be read.
    """

    schemas: tuple[sa.MetaData, ...] = (tables.metadata, tables.shared)

    def __init__(self, url: str, deadline: float) -> None:
        _check(url)
        tables.for_postgresql()
        self._url = url
        self._hosts = _hosts(url)
        self._patience = Patience(deadline)
        self.engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_size=_POOL,
            max_overflow=_MORE,
            pool_timeout=deadline,
            pool_pre_ping=True,
            pool_use_lifo=True,
        )
        sa.event.listen(self.engine, "before_cursor_execute", self._check)
        sa.event.listen(self.engine, "handle_error", self._hold)
        # Without a transaction around them, which would take two ways there and back more.
        self.reads: sa.Engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def writing(self) -> AbstractContextManager[None]:
        """Writers only wait for each other where they change the same row."""
        return nullcontext()

    def alone(self, connection: sa.Connection, subject: str) -> None:
        """Let no other transaction be alone with the same subject until this one ends."""
        key = sa.func.hashtext(subject)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCKS, key)))

    def settle(self, table: sa.Table, row: dict[str, Any], began: float) -> None:
        """Wait until no commit that failed can still add a row.

        One whose answer was lost may go on, and nobody sees what it adds before it ends. But who
        adds the same waits for it.

        Args:
            table: where it may come.
            row: the row, or one that cannot be there beside it.
            began: when the wait of the caller began.

        Raises:
            StoreError: the database does not say so in time, though asked once at least.
        """
        until = began + self._patience.seconds
        while True:
            wait = round(1_000 * max(until - monotonic(), _AGAIN_SECONDS))
            try:
                with own_errors(), self.engine.connect() as connection:  # nothing is committed
                    connection.execute(sa.text(f"SET LOCAL statement_timeout = {wait}"))
                    connection.execute(insert(table).on_conflict_do_nothing(), row)
            except StoreError:
                if monotonic() + _AGAIN_SECONDS > until:
                    raise
                sleep(_AGAIN_SECONDS)  # it may be restarting
            else:
                return

    def begin_alone(self, connection: sa.Connection) -> None:
        """Begin a transaction that makes or changes tables, after others that do."""
        # Nobody else gets the connection after it, which waits as long as that takes.
        connection.detach()
        driver: Any = connection.connection.dbapi_connection
        driver.patience = Patience(_SCHEMA_SECONDS)
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        self.alone(connection, "schema")

    def fault(self, connection: sa.Connection) -> str | None:
        """Why the database cannot be used and what to do, None if it can."""
        encoding = connection.scalar(sa.text("SHOW server_encoding"))
        if encoding != "UTF8":
            return f"keeps text in {encoding}; name one that was created with ENCODING 'UTF8'"
        if self.is_read_only(connection):
            return "is read-only; name the primary server, or unset default_transaction_read_only"
        made = [table for schema in self.schemas for table in schema.sorted_tables]
        numbered = [table for table in made if table.autoincrement_column is not None]
        names = {
            "tables": [table.name for table in made],
            "sequences": [f"{table.name}_pk_seq" for table in numbered],
        }
        refused = connection.execute(_REFUSED, names).first()
        if refused is not None:
            return f"the role lacks {refused.kind} on {refused.name}; grant it ALL on what is there"
        return None

    def is_read_only(self, connection: sa.Connection) -> bool:
        """Whether nothing can be written to it, for the time being."""
        return str(connection.scalar(sa.text("SHOW transaction_read_only"))) == "on"

    def now(self) -> sa.ColumnElement[int]:
        """The database's time, in milliseconds."""
        return _NOW

    def which(self, connection: sa.Connection) -> str:
        """The server that was set up and the database made in it; a standby keeps both."""
        return str(connection.scalar(sa.text(_WHICH)))

    def truncate(self, connection: sa.Connection, emptied: list[sa.Table]) -> None:
        """Empty tables at once; the flux first, as everybody who writes takes them first."""
        names = ", ".join(table.name for table in reversed(emptied))
        connection.execute(sa.text(f"TRUNCATE {names}"))

    def reader(self, statement: sa.Select[Any]) -> Reader:
        """What runs one statement again and again."""

        def connect() -> _Connection:
            connection = self._connect()
            connection.autocommit = True
            return connection

        return Reader(connect, self._patience, statement)

    def inserter(self) -> Inserter:
        """What adds rows together."""
        return Inserter(Adder(self._connect), self.writing, self._patience.seconds)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _check(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Have nobody wait for what others have just waited for in vain."""
        try:
            self._patience.check(statement)
        except psycopg.OperationalError as error:
            raise StoreUnreachableError(str(error)) from error

    def _hold(self, context: sa.ExceptionContext) -> None:
        # Other statements may wait for one row or one key, which need not be the next caller's.
        whole_tables = (context.statement or "").startswith(("SELECT", "INSERT"))
        canceled = isinstance(context.original_exception, psycopg.errors.QueryCanceled)
        if canceled and whole_tables and "pg_advisory" not in str(context.statement):
            self._patience.hold(str(context.statement))

    def _connect(self) -> "_Connection":
        self._patience.check()
        deadline = self._patience.seconds
        began = monotonic()
        try:
            connection = _Connection.connect(
                self._url,
                connect_timeout=max(2, round(deadline / self._hosts)),
                application_name="depot-flux-simulator",
                client_encoding="utf8",
                autocommit=True,
            )
        except psycopg.OperationalError:
            if monotonic() - began >= deadline / 2:
                self._patience.lose()
            raise
        connection.patience = self._patience
        # A process that is stopped in the middle of a transaction holds up nobody for long. And
        # whoever waited for others sees what they did, whatever the database or the role is set to.
        longest = round(deadline * 1_000)
        connection.execute(
            "SET default_transaction_isolation = 'read committed';"
            f"SET statement_timeout = {longest};"
            f"SET idle_in_transaction_session_timeout = {2 * longest}"
        )
        connection.autocommit = False
        return connection


class _Connection(psycopg.Connection[Any]):
    """A connection that waits no longer than it may, whatever became of the other end."""

    patience: Patience | None = None

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        """Wait for an answer."""
        patience = self.patience
        if patience is None:
            return super().wait(gen, *arguments, **named)
        patience.check()
        deadline = monotonic() + patience.answer_seconds

        def bounded() -> Generator[Any, Any, Any]:
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if not ready and monotonic() > deadline:
                        raise patience.give_up(self.pgconn)
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

        return super().wait(bounded(), *arguments, **named)


def _hosts(url: str) -> int:
    """How many hosts a URL names: one is tried after the other, each for as long."""
    parts = conninfo_to_dict(url)
    return max(str(parts.get(name, "")).count(",") for name in ("host", "hostaddr")) + 1


def _check(url: str) -> None:
    """Refuse a URL that cannot be read, or of which a part of the password would become another.

    Where no part of it can be a password's, an option that PostgreSQL does not know is named.

    Raises:
        ConfigurationError: it is one.
    """
    unread = {"host": "@"}
    try:
        # What reads URLs before PostgreSQL 18 takes a blank for any other character.
        parts = unread if any(map(str.isspace, url)) else conninfo_to_dict(url)
    except psycopg.Error:
        parts = unread
    names = f"{parts.get('host', '')}{parts.get('port', '')}".replace("/", "")
    unknown = _unknown_option(url) if parts is unread else None
    if unknown is not None:
        raise ConfigurationError(
            f"the URL of PostgreSQL cannot be read: there is no option {unknown}; remove it"
        )
    if "@" in names or "/" in str(parts.get("dbname", "")) or "@" in str(parts.get("dbname", "")):
        raise ConfigurationError(
            "the URL of PostgreSQL cannot be read; write postgresql://user:password@host:5432/name"
            " with %40 for an @ in the password, %2F for a /, %3A for a :, %20 for a space"
        )


def _unknown_option(url: str) -> str | None:
    before, _, options = url.partition("?")
    if "@" in options or ("@" not in before and ":" in before.removeprefix("postgresql:")):
        return None
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    names = (option.partition("=")[0] for option in options.split("&") if "=" in option)
    return next((name for name in names if name not in known and name != "ssl"), None)
