"""What the store and the engine promise, whoever dies when."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.engine import Engine
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.clock import ManualClock, Reading
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Constat, Facture, Gravite, Raison
from depot_flux_simulator.flux.lifecycle import Pace, Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Scenario
from depot_flux_simulator.flux.verdict import Fichier, Motif, Verdict
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.flux import Terms
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.store.tables import metadata
from tests.support.stores import altered, on_sqlite, open_store

GOOD = facture_ubl()


def deposit(store: Store, content: bytes = GOOD, identifiers: Iterator[str] | None = None) -> str:
    file = store.contents.new()
    file.write(content)
    file.settle()
    contenu = file.path
    depot = Depot(contenu, f"{contenu.name[-8:]}.xml", "FSO3110A", "AAA123")
    source = identifiers or iter([contenu.name])
    new = lambda: next(source)  # noqa: E731
    return str(store.flux.deposit(depot, file, Terms(Pace()), 1_000, new))


def engine(store: Store) -> Engine:
    return Engine(store, ManualClock(2_000), Equipment.gather(frozenset({"AAA123"})))


def test_an_identifier_drawn_twice_is_drawn_again(store: Store) -> None:
    assert deposit(store, identifiers=iter(["1"])) == "1"
    assert deposit(store, identifiers=iter(["1", "1", "2"])) == "2"


def test_another_engine_goes_on_where_the_first_was(store: Store, tmp_path: Path) -> None:
    identifiers = [deposit(store) for _ in range(3)]

    def die_at_the_second(pk: int) -> None:
        if pk == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine(store).step(die_at_the_second)
    again = open_store(tmp_path)
    assert [flux.pk for flux in again.flux.waiting(10)] == [2, 3]
    engine(again).step()
    facts = [again.flux.facts(identifier, "AAA123") for identifier in identifiers]
    assert all(known is not None and known.recevable for known in facts)
    again.close()


def test_a_first_verdict_is_never_replaced(store: Store) -> None:
    identifier = deposit(store)
    engine(store).step()
    flux = store.flux.get(identifier)
    assert flux is not None
    other = Verdict(motifs=(Motif(Code.IRR_VIDE, "m", "r", "d", "s"),))
    store.verdicts.record(flux, other, 9_000)
    assert store.verdicts.of(flux) == store.verdicts.of(flux)
    known = store.flux.facts(identifier, "AAA123")
    assert known is not None
    assert known.recevable is True
    assert known.verdict_le == 2_000
    assert store.verdicts.of(flux).motifs == ()


def test_a_motif_comes_back_as_it_was_recorded(store: Store) -> None:
    identifier = deposit(store)
    flux = store.flux.get(identifier)
    assert flux is not None
    motif = Motif(
        Code.IRR_TAILLE_PJ, "message", "règle", "remède", "[DG]", "a.xml", "pièce.pdf", 12
    )
    store.verdicts.record(flux, Verdict((motif,), (), ("remarque",), ("clé",)), 5)
    assert store.verdicts.of(flux) == Verdict((motif,), (), ("remarque",))
    assert store.verdicts.knows_key("AAA123", "clé")
    assert not store.verdicts.knows_key("BBB456", "clé")


def facture_of(numero: str, *constats: Constat) -> Facture:
    return Facture(
        "a.xml",
        numero,
        "2026-09-15",
        "380",
        "200000008",
        "20000000800017",
        "Ville",
        "0225:200000008",
        "0225:987654324",
        "AJW-1",
        constats or (constat(Raison.REJ_COH), constat(None)),
        ("la plateforme",),
        f"clé de {numero}",
    )


def constat(raison: Raison | None) -> Constat:
    gravite = Gravite.ERREUR if raison else Gravite.AVERTISSEMENT
    return Constat("a.xml", gravite, "m", "BR-1", "r", "s", raison, "f 1", 3, "lieu", "BT-1", "o")


def test_what_became_of_invoices_comes_back_as_it_was_recorded(store: Store) -> None:
    identifier = deposit(store)
    flux = store.flux.get(identifier)
    assert flux is not None
    factures = (facture_of("F1"), facture_of("F2", constat(Raison.NON_TRANSMISE)))
    verdict = Verdict(factures=factures, constats=(constat(None),))
    store.verdicts.record(flux, verdict, 5)
    assert store.verdicts.of(flux) == verdict
    assert store.factures.knows("clé de F1")
    assert not store.factures.knows("clé de F3")
    assert not store.factures.knows("")


def test_the_secret_is_drawn_once_for_all(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path)
    assert store.secret() == other.secret()
    assert len(store.secret()) >= 32
    other.close()


def test_a_database_of_another_version_is_refused_in_one_line(store: Store, tmp_path: Path) -> None:
    altered(tmp_path, "UPDATE meta SET value = '3' WHERE key = 'schema'")
    with pytest.raises(ConfigurationError, match="another version"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE cle (porte TEXT)", "INSERT INTO cle VALUES ('cave')"),
        ("CREATE TABLE meta (id INTEGER, name TEXT)",),
        ("CREATE TABLE meta (key TEXT, value TEXT)", "INSERT INTO meta VALUES ('site', 'x')"),
        ("CREATE TABLE meta (key TEXT, value TEXT)", "INSERT INTO meta VALUES ('schema', 'v1')"),
        ("CREATE TABLE meta (key TEXT, value TEXT)", "INSERT INTO meta VALUES ('schema', '')"),
    ],
    ids=["cle", "columns", "no version", "v1", "empty"],
)
def test_tables_of_another_program_are_neither_taken_nor_changed(
    statements: tuple[str, ...], tmp_path: Path
) -> None:
    altered(tmp_path, *statements)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"another program .*\((cle|meta)\).* own$"):
            open_store(tmp_path)
    altered(tmp_path, "CREATE TABLE flux (x INTEGER)")  # none was made


def test_a_first_start_that_ends_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    class End(BaseException):
        pass

    def end(*_: object, **_named: object) -> None:
        raise End

    table = metadata.tables["octets"]
    sa.event.listen(table, "after_create", end)
    try:
        with pytest.raises(End):
            open_store(tmp_path)
    finally:
        sa.event.remove(table, "after_create", end)
    open_store(tmp_path).close()


@on_sqlite
def test_a_database_that_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Store("sqlite:////no/such/folder/flux.db", tmp_path / "contents")


@on_sqlite
def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "flux.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_store(tmp_path)


def test_what_fails_beneath_leaves_the_store_as_its_own_error(store: Store, tmp_path: Path) -> None:
    """On every way to the database, the one that asks the driver itself included."""
    identifier = deposit(store)
    flux = store.flux.get(identifier)
    assert flux is not None
    file = store.contents.new()
    file.write(GOOD)
    file.settle()
    depot = replace(flux.depot, contenu=file.path)
    altered(tmp_path, "ALTER TABLE flux RENAME TO gone", "ALTER TABLE pilotage RENAME TO gone_too")
    calls: list[Callable[[], object]] = [
        lambda: store.flux.facts(identifier, "AAA123"),
        lambda: store.flux.get(identifier),
        lambda: store.flux.waiting(1),
        lambda: store.flux.count_failure(flux.pk),
        lambda: store.flux.search(FluxFilter(), 0, before=None, limit=1),
        lambda: store.flux.deposit(depot, file, Terms(Pace()), 1_000, lambda: "2"),
        lambda: store.verdicts.record(flux, Verdict(), 5),
        store.steering.settings,
        store.flux.contents,
    ]
    for call in calls:
        with pytest.raises(StoreError, match=r"no such table|does not exist"):
            call()
    altered(tmp_path, "ALTER TABLE gone RENAME TO flux")
    assert store.flux.facts(identifier, "AAA123") is not None


def test_a_reset_empties_every_table_but_the_settings_and_what_is_told_of_the_store(
    store: Store, tmp_path: Path
) -> None:
    secret, clock = store.secret(), Reading(1, 2)
    store.steering.prepare(clock)
    store.steering.add(Scenario(statut=Statut.RECEVABLE))
    flux = store.flux.get(deposit(store))
    assert flux is not None
    motif = Motif(Code.IRR_VIDE, "m", "r", "d", "s")
    fichier = Fichier("a.xml", 1, "0" * 64)
    verdict = Verdict((motif,), (fichier,), ("remarque",), ("clé",), (facture_of("F1"),))
    store.verdicts.record(flux, verdict, 5)

    def filled() -> set[str]:
        with store._database.reading() as connection:
            return {
                name
                for schema in store._database.backend.schemas
                for name, table in schema.tables.items()
                if connection.execute(sa.select(table).limit(1)).first()
            }

    assert filled() >= set(metadata.tables)
    names = store.names()
    store.steering.reset(clock)
    store.contents.drop(names)
    assert not store.contents.tidy_some()  # there were few
    assert filled() == {"meta", "pilotage"}
    assert store.secret() == secret


def test_the_store_tells_how_long_a_flux_has_waited(store: Store, tmp_path: Path) -> None:
    assert store.oldest_wait_ms() == 0
    hour = 3_600_000
    for hours in (1, 3, 2):
        deposit(store)
        earlier = f"UPDATE flux SET arrive_le = arrive_le - {hours * hour}"
        altered(tmp_path, f"{earlier} WHERE pk = (SELECT max(pk) FROM flux)")
    assert hour <= store.oldest_wait_ms() < hour + 60_000  # the oldest, whatever its neighbours
    engine(store).step()
    assert store.oldest_wait_ms() == 0
