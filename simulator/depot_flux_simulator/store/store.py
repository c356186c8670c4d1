"""All that one simulator keeps, opened as one."""

import secrets
from collections.abc import Callable, Collection
from pathlib import Path

import sqlalchemy as sa

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux import lifecycle
from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.store import schema, tables
from depot_flux_simulator.store.bucket import Bucket
from depot_flux_simulator.store.claims import Claims
from depot_flux_simulator.store.contents import Contents, Folder
from depot_flux_simulator.store.database import Database, insert_once
from depot_flux_simulator.store.elsewhere import InDatabase
from depot_flux_simulator.store.errors import ConflictError, StoreError
from depot_flux_simulator.store.exchanges import KEPT as WHOLE_CALLS_KEPT
from depot_flux_simulator.store.factures import FactureStore
from depot_flux_simulator.store.flux import FluxStore, StoredFlux
from depot_flux_simulator.store.journal import KEPT as CALLS_KEPT
from depot_flux_simulator.store.overview import Overview
from depot_flux_simulator.store.rules import SteeringStore
from depot_flux_simulator.store.shared_lines import SharedLines
from depot_flux_simulator.store.small import FolderOfLarge
from depot_flux_simulator.store.urls import shown, sqlite_path
from depot_flux_simulator.store.verdicts import VerdictStore
from depot_flux_simulator.store.view import FluxView

_SIGNING_KEY, _LATEST = "secret", "instant"


class Store:
    """What one simulator keeps; safe to use from several threads and processes.

    Every method of it and of its attributes that reads or writes the database raises
    `StoreUnreachableError` when that does not answer, `StoreError` when it fails otherwise.

    Args:
        url: URL of the database, an SQLite file or PostgreSQL.
        contents: where the deposited bytes lie: a folder, the address of a bucket, or None for the
            database itself.
        folder: of this machine, where bytes come in that do not lie in a folder.
        durable: whether a flux survives a power cut too, and not only the death of any process.

    Attributes:
        contents: the bytes of the flux.
        flux: the flux.
        claims: which engine has which of them.
        overview: how many flux there are.
        verdicts: what the controls said of them.
        factures: what became of the invoices of the recevable ones.
        steering: what tests set and ruled.
        calls: the last calls, where several servers share the store.
        whole_calls: the same whole.

    Raises:
        ConfigurationError: the database cannot be opened, another version wrote it, or the
            contents are another database's, or nothing can be written there.
    """

    def __init__(
        self,
        url: str,
        contents: Path | str | None,
        folder: Path | None = None,
        *,
        durable: bool = False,
    ) -> None:
        name = shown(url)
        try:
            self.contents, self._database = _opened(url, contents, folder, durable=durable)
            backend = self._database.backend
            with self._database.reading() as connection:
                fault = backend.fault(connection)
                if fault is not None:
                    raise ConfigurationError(f"database {name}: {fault}")
                current = schema.is_current(connection, backend, self.contents)
            if not current:
                with self._database.writing() as connection:
                    schema.prepare(connection, backend, self.contents, name)
                with self._database.reading() as connection:
                    schema.claim(connection, backend, self.contents)
            self.flux = FluxStore(self._database, self.contents)
        except (StoreError, OSError, ImportError) as error:
            raise ConfigurationError(f"database {name}: cannot be opened: {error}") from error
        self.claims = Claims(self._database, self.flux.stored)
        self.overview = Overview(self._database, self.flux)
        self.verdicts = VerdictStore(self._database)
        self.factures = FactureStore(self._database)
        self.steering = SteeringStore(self._database)
        self.calls = SharedLines(self._database, tables.appel, CALLS_KEPT)
        self.whole_calls = SharedLines(self._database, tables.echange, WHOLE_CALLS_KEPT)

    def close(self) -> None:
        """Give every connection back."""
        self.calls.close()
        self.whole_calls.close()
        self.flux.close()
        self.contents.close()
        self.claims.close()
        self.verdicts.close()
        self.steering.close()
        self._database.close()

    def view(self, flux: StoredFlux, now: Instant) -> FluxView:
        """A flux as it shows at an instant."""
        historique = lifecycle.history(flux.facts, now)
        final = historique[-1].statut.final
        return FluxView(flux, historique, self.verdicts.of(flux) if final else Verdict())

    def sweep(self) -> int:
        """Set aside bytes that no flux refers to, left by a deposit that was cut; how many.

        What was written of late is left alone: it may be of a deposit under way.

        Raises:
            ConfigurationError: where they are to lie is a link, no folder, or another user's.
            OSError: they cannot be moved.
            StoreError: the store does not answer.
        """
        self.contents.tidy()
        names = self.contents.names()
        known = self.flux.known(names)
        return self.contents.set_aside(name for name in names if name not in known)

    def names(self) -> Collection[str]:
        """Of the bytes of every flux that are no rows of the database."""
        if self.contents.partial:
            return self.flux.known(self.contents.names())
        return self.flux.contents()

    def time(self) -> Instant:
        """The time that all servers on the store agree on: the database's, never set back."""
        known = self._value(_LATEST)
        with self._database.reading() as connection:
            now: Instant = connection.execute(sa.select(self._database.backend.now())).scalar_one()
        return max(now, int(known or 0))

    def live_through(self, instant: Instant) -> None:
        """Let no server that is started later begin before this instant."""
        values = tables.meta.c
        mine = values.key == _LATEST
        with self._database.writing() as connection:
            insert_once(connection, tables.meta, {"key": _LATEST, "value": "0"})
            # Held from here on: another server may be about to set it, too.
            query = sa.select(values.value).where(mine).with_for_update()
            known = connection.execute(query).scalar_one()
            if int(known) < instant:
                connection.execute(tables.meta.update().where(mine).values(value=str(instant)))

    def secret(self) -> str:
        """The secret that signs tokens, drawn once for all the processes that share the store."""
        return self._kept(_SIGNING_KEY, lambda: secrets.token_hex(32))

    def is_read_only(self) -> bool:
        """Whether nothing can be written, for the time being."""
        with self._database.reading() as connection:
            return self._database.backend.is_read_only(connection)

    def oldest_wait_ms(self) -> int:
        """How long, in milliseconds, the flux has waited for its verdict that waits longest."""
        for flux in self.flux.waiting(1):
            return max(0, machine_time() - (flux.arrive_le or machine_time()))
        return 0

    def _value(self, key: str) -> str | None:
        query = sa.select(tables.meta.c.value).where(tables.meta.c.key == key)
        with self._database.reading() as connection:
            return connection.scalar(query)

    def _kept(self, key: str, default: Callable[[], str]) -> str:
        """A value kept with the data; the first process to ask settles it."""
        value = self._value(key)
        if value is None:
            try:
                with self._database.writing() as connection:
                    connection.execute(tables.meta.insert(), {"key": key, "value": default()})
            except ConflictError:
                pass  # another process was first
            value = self._value(key)
        return str(value)


def _opened(
    url: str, contents: Path | str | None, folder: Path | None, *, durable: bool
) -> tuple[Contents, Database]:
    if isinstance(contents, Path):
        kept = Folder(contents, durable=durable)
        database = Database(url, kept.lock, durable=durable)
        if sqlite_path(url) is not None:
            kept = FolderOfLarge(contents, database, durable=durable)
        return kept, database
    if folder is None:
        raise ValueError("bytes that lie in no folder come in by one")
    bucket = Bucket(contents, folder) if contents else None
    database = Database(url, folder / "write.lock", durable=durable)
    return bucket or InDatabase(folder, database), database
