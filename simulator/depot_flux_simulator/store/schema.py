"""The schema of a database that is opened, and which bytes are its own."""

from uuid import uuid4

import sqlalchemy as sa

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import tables
from depot_flux_simulator.store.contents import IDENTITY, Contents
from depot_flux_simulator.store.database import Backend
from depot_flux_simulator.store.elsewhere import InDatabase

VERSION = 11

_VERSION, _IDENTITY = "schema", "identity"
_OLDEST = 4
_MOST_VALUES = 100
# What makes each schema of the one before.
_STEPS: dict[int, tuple[str | sa.Table | sa.Index, ...]] = {
    5: ("ALTER TABLE flux ADD COLUMN ecarte TEXT",),
    6: ("ALTER TABLE flux ADD COLUMN repris TEXT",),
    7: (
        tables.facture,
        tables.constat,
        "INSERT INTO constat (flux, rang, fichier, gravite, message, regle, remede, source,"
        " raison, feuille, lieu, terme, original) SELECT flux, rang, fichier, 'erreur', message,"
        " regle, '', '', code, '', lieu, '', '' FROM rejet",
        "DROP TABLE rejet",
    ),
    8: (
        "ALTER TABLE flux ADD COLUMN arrive_le BIGINT",
        "ALTER TABLE flux ADD COLUMN pris_par VARCHAR(80)",
        "ALTER TABLE flux ADD COLUMN pris_jusqu BIGINT",
        tables.en_attente,
    ),
    9: (
        tables.par_verdict,
        tables.par_fin,
        tables.par_motif,
        "DROP INDEX IF EXISTS ix_motif_code",
    ),
    10: (tables.octets,),
    11: (tables.pris, tables.ecartes),
}


def is_current(connection: sa.Connection, backend: Backend, contents: Contents) -> bool:
    """Whether there is nothing to prepare, at no cost of a writer."""
    if not sa.inspect(connection).has_table(tables.meta.name):
        return False
    known = _values(connection)
    if not isinstance(contents, InDatabase):
        identity = known.get(_IDENTITY)
        same = identity and contents.identity == _borne(connection, backend, identity)
        current = same and known.get(_VERSION) == str(VERSION)
        return bool(current) and not _lie_in(connection, contents)
    return known.get(_VERSION) == str(VERSION) and _has_its_bytes(connection)


def prepare(connection: sa.Connection, backend: Backend, contents: Contents, name: str) -> None:
    """Make the tables or bring them up to date, and see that the contents are the database's.

    Args:
        connection: a transaction.
        backend: of the database.
        contents: where the bytes of its flux lie.
        name: of the database, for messages.

    Raises:
        ConfigurationError: another version or another program wrote it, or the contents are not
            its own.
    """
    backend.begin_alone(connection)
    known: dict[str, str] = {}
    if sa.inspect(connection).has_table(tables.meta.name):
        known = _values(connection)
    elif contents.identity is not None:
        raise _not_its_own(contents, name)
    _migrate(connection, backend.schemas, known.get(_VERSION), name)
    _tie(connection, backend, contents, known.get(_IDENTITY), name)


def claim(connection: sa.Connection, backend: Backend, contents: Contents) -> None:
    """Have the contents bear whose they are, once what `prepare` did is for good.

    Sooner they would be those of a database that a start which was killed never made.
    """
    known = _values(connection).get(_IDENTITY)
    if known is not None:
        contents.claim(_borne(connection, backend, known))


def _values(connection: sa.Connection) -> dict[str, str]:
    # Another program's may have other columns, and more rows than ours ever has.
    query = sa.select(sa.text("*")).select_from(tables.meta).limit(_MOST_VALUES)
    rows = connection.execute(query).mappings()
    return {str(row.get("key")): str(row.get("value")) for row in rows}


def _migrate(
    connection: sa.Connection, schemas: tuple[sa.MetaData, ...], version: str | None, name: str
) -> None:
    if version is None:
        inspector = sa.inspect(connection)
        names = [table.name for schema in schemas for table in schema.sorted_tables]
        found = [name for name in names if inspector.has_table(name)]
        if found:
            raise _not_ours(found, name)
        for schema in schemas:
            schema.create_all(connection)
        row = {"key": _VERSION, "value": str(VERSION)}
        connection.execute(tables.meta.insert(), row)
        return
    if not version.isdecimal():
        raise _not_ours([tables.meta.name], name)
    if int(version) > VERSION:
        raise ConfigurationError(
            f"database {name}: was written by a later version of the simulator (schema {version}, "
            f"not {VERSION}); use that one, or name another database"
        )
    if int(version) < _OLDEST:
        raise ConfigurationError(
            f"database {name}: was written by another version of the simulator (schema {version}, "
            f"before {_OLDEST}), which is read no longer; name another database or delete this one"
        )
    for step in range(int(version) + 1, VERSION + 1):
        for change in _STEPS[step]:
            if isinstance(change, str):
                connection.execute(sa.text(change))
            else:
                change.create(connection, checkfirst=True)
    mine = tables.meta.c.key == _VERSION
    connection.execute(tables.meta.update().where(mine).values(value=str(VERSION)))


def _tie(
    connection: sa.Connection, backend: Backend, contents: Contents, known: str | None, name: str
) -> None:
    if isinstance(contents, InDatabase):
        if not _has_its_bytes(connection):
            raise ConfigurationError(
                f"database {name}: the bytes of its flux lie elsewhere; name the place by "
                "--contents as before, or name another database"
            )
        return
    if _lie_in(connection, contents):
        raise ConfigurationError(
            f"database {name}: holds the bytes of its flux itself, and none lie in "
            f"{contents.place}; leave out --contents as before, or name another database"
        )
    found = contents.identity
    if known is None:
        if found is not None:
            raise _not_its_own(contents, name)
        known = uuid4().hex
        connection.execute(tables.meta.insert(), {"key": _IDENTITY, "value": known})
    elif found is None and _are_lost(connection, contents):
        raise ConfigurationError(
            f"{contents.place}: holds none of the bytes of database {name}; put them back, "
            "or name another database"
        )
    if found not in {None, known, _borne(connection, backend, known)}:
        raise (_a_copys if str(found).startswith(known) else _not_its_own)(contents, name)


def _borne(connection: sa.Connection, backend: Backend, known: str) -> str:
    """What the contents bear: what a database says of itself, and which one says so."""
    return f"{known} {backend.which(connection)}".strip()


def _are_lost(connection: sa.Connection, contents: Contents) -> bool:
    """Whether there are flux, and the bytes of none of them among the contents."""
    known = connection.scalars(sa.select(tables.flux.c.contenu)).all()
    return bool(known) and set(contents.names()).isdisjoint(known)


def _has_its_bytes(connection: sa.Connection) -> bool:
    """Whether the database holds the bytes of a flux that it holds, if there is one."""
    flux = tables.flux.c
    one = connection.scalar(sa.select(flux.contenu).order_by(flux.pk).limit(1))
    held = sa.select(tables.octets.c.rang).where(tables.octets.c.contenu == one).limit(1)
    return one is None or connection.execute(held).first() is not None


def _not_ours(found: list[str], name: str) -> ConfigurationError:
    return ConfigurationError(
        f"database {name}: holds tables of another program that are called as those of the "
        f"simulator ({', '.join(found)}); a reset would empty them; name a database of its own"
    )


def _lie_in(connection: sa.Connection, contents: Contents) -> bool:
    """Whether the database holds bytes of any flux, where none of them belong there."""
    flux, held = tables.flux.c, tables.octets.c.contenu
    query = sa.select(flux.pk).join_from(tables.flux, tables.octets, held == flux.contenu).limit(1)
    return not contents.partial and connection.execute(query).first() is not None


def _not_its_own(contents: Contents, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{contents.place}: holds the bytes of another database than {name}; put that database "
        "back if it was damaged, or name another place"
    )


def _a_copys(contents: Contents, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{contents.place}: holds the bytes of the database that {name} is a copy of; name another "
        f"place, or remove {contents.place}/{IDENTITY} if the copy has taken that one's place"
    )
