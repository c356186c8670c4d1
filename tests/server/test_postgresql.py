"""What the store promises where it is PostgreSQL, and several servers share it."""

import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.lifecycle import Pace
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import database as store_database
from depot_flux_simulator.store.claims import Claimant
from depot_flux_simulator.store.database import DEADLINE_SECONDS, Database
from depot_flux_simulator.store.errors import QuotaError, StoreUnreachableError
from depot_flux_simulator.store.flux import Terms
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.store.tables import cleared
from depot_flux_simulator.store.urls import postgresql_url, shown
from depot_flux_simulator.testing import RefusedError, Simulator, settings
from depot_flux_simulator.web.door import PAGE
from tests.server.test_claims import known
from tests.server.test_served import until
from tests.support.contract import assert_problem
from tests.support.postgresql import Postgresql, installed, server, url_of

GOOD = facture_ubl()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def open_store(folder: Path, more: str = "") -> Store:
    return Store(url_of(folder) + more, None, folder / "arrivee")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Simulator]]:
    """Two simulators on one database."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(settings, "database_in", lambda _folder: url_of(tmp_path))
    with Simulator(folder=tmp_path / "one") as one, Simulator(folder=tmp_path / "two") as other:
        yield [one, other]


def deposit(
    store: Store, content: bytes = GOOD, nom: str = "a.xml", per_hour: int | None = None
) -> str:
    file = store.contents.new()
    file.write(content)
    file.settle()
    depot = Depot(file.path, nom, "FSO3110A", "AAA123")
    given = Terms(Pace(), per_hour=per_hour)
    return str(store.flux.deposit(depot, file, given, 1_000, lambda: file.path.name))


@installed
def test_bytes_lie_in_the_database_and_nowhere_else(store: Store, tmp_path: Path) -> None:
    for content in (b"", GOOD, bytes(range(256)) * 10_000):
        flux = known(store, deposit(store, content))
        with store.contents.at_hand(flux.depot.contenu.name) as path:
            assert path.read_bytes() == content
    assert list((tmp_path / "arrivee").iterdir()) == []


@installed
def test_a_flux_of_30_mo_never_lies_in_memory_whole(store: Store) -> None:
    content = tmp = bytes(1_000) * 30_000
    del tmp
    tracemalloc.start()
    try:
        flux = known(store, deposit(store, content))
        del content
        with store.contents.at_hand(flux.depot.contenu.name) as path:
            assert path.stat().st_size == 30_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15_000_000


@installed
def test_a_name_may_hold_whatever_names_hold(store: Store) -> None:
    for nom in ("a\0b.xml", "\uffff0\0.xml", "é'\"%s;--.xml", "x" * 3_000):
        assert known(store, deposit(store, nom=nom)).depot.nom == nom
    assert store.flux.facts("\0", "AAA123") is None


@installed
@pytest.mark.parametrize("more", ["", "&client_encoding=latin1", "%20-cclient_encoding%3Dlatin1"])
def test_text_comes_back_as_it_was_whatever_encoding_is_asked_for(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url_of(tmp_path)
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    store = open_store(tmp_path, more)
    assert known(store, deposit(store, nom="€.xml")).depot.nom == "€.xml"
    store.close()


@installed
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_does_not_take_every_text_is_refused(encoding: str, tmp_path: Path) -> None:
    url = server().database(encoding.lower(), encoding)
    with pytest.raises(
        ConfigurationError, match=f"/{encoding.lower()}.* text in {encoding}; .* 'UTF8'$"
    ):
        Store(url, None, tmp_path / "arrivee")


@installed
def test_a_read_only_database_is_refused(store: Store, tmp_path: Path) -> None:
    assert not store.is_read_only()
    with pytest.raises(ConfigurationError, match=r"is read-only; name the primary"):
        open_store(tmp_path, "%20-cdefault_transaction_read_only%3Don")


@installed
def test_a_role_that_may_not_do_everything_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    url = url_of(tmp_path)
    tell(tmp_path, "DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN")
    schema = url.rpartition("%3D")[2]

    def refused() -> str:
        with pytest.raises(ConfigurationError) as caught:
            Store(url.replace("postgres@", "weak@"), None, tmp_path / "arrivee")
        return str(caught.value)

    try:
        grants = (
            (f"USAGE ON SCHEMA {schema}", "lacks SELECT on flux"),
            (f"SELECT ON ALL TABLES IN SCHEMA {schema}", "lacks INSERT on flux"),
            (f"INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema}", "lacks TRUNCATE on flux"),
            (f"ALL ON ALL TABLES IN SCHEMA {schema}", "lacks USAGE on flux_pk_seq"),
        )
        for granted, said in grants:
            tell(tmp_path, f"GRANT {granted} TO weak")
            assert said in refused()
        tell(tmp_path, f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO weak")
        weak = Store(url.replace("postgres@", "weak@"), None, tmp_path / "arrivee")
        deposit(weak)
        backend = weak._database.backend
        with weak._database.writing() as connection:
            backend.truncate(connection, cleared(backend.schemas))
        weak.close()
    finally:
        tell(tmp_path, "DROP OWNED BY weak", "DROP ROLE weak")


@installed
def test_a_database_that_becomes_read_only_is_unhealthy(two: list[Simulator]) -> None:
    one = two[0]
    assert one.calls().superviser().accepted
    connections = one.app.extensions["depot_flux"].store._database
    with connections.reading() as connection:
        connection.execute(sa.text("SET default_transaction_read_only = on"))
    reply = one.calls().superviser()
    assert "lecture seule" in assert_problem(reply, 503)


@installed
def test_a_line_that_is_refused_stops_no_other(store: Store, tmp_path: Path) -> None:
    check = "CHECK (ligne NOT LIKE '%never%' AND 1 / (1 - (ligne LIKE '%nil%')::int) = 1)"
    tell(tmp_path, f"ALTER TABLE appel ADD {check}")
    for said in ("never", "first", "nil", "second", "never"):
        store.calls.append(json.dumps([0, said]).encode(), 1)
    assert [text for _, text in store.calls.read(1)] == ["second", "first"]
    store.calls.append(json.dumps([0, "third"]).encode(), 1)
    until(lambda: [text for _, text in store.calls.read(1)] == ["third", "second", "first"])


@installed
def test_lines_of_calls_are_written_together_and_come_back_as_they_were(store: Store) -> None:
    commits: list[object] = []
    sa.event.listen(store._database.engine, "commit", commits.append)
    said = ["plain", "\uffff0", "\\N \\", "{a,b}", "é\u2028"]
    began = time.monotonic()
    for number in range(200):
        store.calls.append(json.dumps([0, said[number % 5]], ensure_ascii=False).encode(), 1)
        time.sleep(0.0005)
    store.calls.append(json.dumps([0, "later"]).encode(), 2)
    lasted = time.monotonic() - began
    assert [text for _, text in store.calls.read(2)] == ["later"]
    assert [text for _, text in store.calls.read(1)] == (said * 40)[::-1]
    assert len(commits) <= lasted / 0.02 + 3


@installed
def test_a_consultation_goes_on_where_the_database_ended_its_connection(store: Store) -> None:
    id_flux = deposit(store)
    facts = store.flux.facts(id_flux, "AAA123")
    assert facts is not None
    assert store.flux.facts(f"{id_flux}\0", "AAA123") is None
    with store._database.writing() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND query LIKE 'SELECT flux.depose_le%'"
            )
        )
    assert store.flux.facts(id_flux, "AAA123") == facts


@installed
def test_what_the_database_refuses_is_told_in_its_words(store: Store) -> None:
    store.flux.facts("x", "AAA123")
    with store._database.writing() as connection:
        connection.execute(sa.text("ALTER TABLE flux RENAME COLUMN final_le TO fini_le"))
    for _ in range(2):
        with pytest.raises(StoreUnreachableError, match="final_le"):
            store.flux.facts("x", "AAA123")


@installed
def test_what_one_server_steers_the_other_does_at_once(two: list[Simulator]) -> None:
    one, other = two
    for number in range(5):
        one.advance("1h")
        assert other.now() == one.now()
        rule = other.fault("status", operations=["deposer"])
        with pytest.raises(RefusedError):
            one.deposit(GOOD, name=f"{number}.xml")
        other.remove(rule)
        id_flux = one.deposit(GOOD, name=f"{number}.xml")
        assert other.content(id_flux) == GOOD
        assert other.journal()[-1].id_flux == id_flux
    assert [call.id for call in one.journal()] == [call.id for call in other.journal()]
    other.reset()
    assert one.search() == []
    assert one.journal() == []


@installed
@pytest.mark.parametrize("number", [2**31, 10**12, 2**63 - 1, 2**63, 10**30])
def test_a_number_that_no_row_has_is_asked_for_as_any_other(
    number: int, two: list[Simulator]
) -> None:
    one = two[0]
    id_flux = one.deposit(GOOD)
    client = one.app.test_client()

    def ask(path: str, method: str = "GET") -> int:
        return client.open(f"/_simulator/{path}", method=method).status_code

    found, unknown = (200, 404) if number < 2**63 else (400, 400)
    for kind in ("scenarios", "faults", "annuaire/fournisseurs", "annuaire/destinataires"):
        assert ask(f"{kind}/{number}", "DELETE") == unknown
    for path in (f"factures/{number}", f"factures/{number}/cdar"):
        assert ask(path) == unknown
    for path in ("flux", "factures", "journal"):
        assert ask(f"{path}?before={number}") == found
    told = client.get(f"{PAGE}/", query_string={"before": str(number)})
    assert told.status_code == 200
    assert id_flux in told.get_data(as_text=True)


@installed
def test_a_password_may_stand_beside_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "p@ss/%w:rd")
    store = open_store(tmp_path)
    with store._database.reading() as connection:
        driver: Any = connection.connection.dbapi_connection
        assert driver.info.password == "p@ss/%w:rd"
    store.close()


@installed
def test_a_token_of_one_server_is_good_at_the_other(two: list[Simulator]) -> None:
    one, other = two
    with other.client() as client:
        client.headers.update(one.headers())
        assert other.calls(client).deposer(GOOD).accepted


@installed
@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_the_quota_is_exact_whoever_deposits_and_however_the_database_is_set(
    isolation: str, tmp_path: Path
) -> None:
    more = f"%20-cdefault_transaction_isolation%3D{isolation.replace(' ', '%5C%20')}"
    store, other = open_store(tmp_path, more), open_store(tmp_path, more)

    def attempt(number: int) -> bool:
        try:
            deposit([store, other][number % 2], nom=f"{number}.xml", per_hour=5)
        except QuotaError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 5
    store.close()
    other.close()


@installed
def test_no_server_sets_the_instant_back_that_another_sets_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    late, later = 10**15, 10**15 + 1_000
    store.live_through(late - 1)
    other = open_store(tmp_path)
    jobs = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE meta"):
            jobs.append(pool.submit(other.live_through, later))
            waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
            until(lambda: jobs[0].done() or bool(tell(tmp_path, waits)))

    sa.event.listen(store._database.engine, "before_cursor_execute", meanwhile)
    with ThreadPoolExecutor(1) as pool:
        store.live_through(late)
    jobs[0].result()
    assert store.time() == later
    other.close()


@installed
def test_first_starts_at_once_all_work(tmp_path: Path) -> None:
    def start(_number: int) -> str:
        opened = open_store(tmp_path)
        try:
            return opened.secret()
        finally:
            opened.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(8)))) == 1


@installed
@pytest.mark.deep
def test_a_database_that_is_restarted_is_503_until_it_is_back(tmp_path: Path) -> None:
    own = Postgresql()
    store = Store(own.url("restarted"), None, tmp_path / "arrivee")
    try:
        id_flux = deposit(store)
        own.stop()
        for call in (lambda: store.flux.facts(id_flux, "AAA123"), lambda: store.flux.waiting(1)):
            with pytest.raises(StoreUnreachableError):
                call()
        with pytest.raises(StoreUnreachableError):
            deposit(store, nom="b.xml")
        own.start()
        assert store.flux.facts(id_flux, "AAA123") is not None
        deposit(store, nom="b.xml")
        own.stop()
        own.start()
        deposit(store, nom="c.xml")  # nobody was there meanwhile
        assert [flux.depot.nom for flux in store.flux.waiting(9)] == ["a.xml", "b.xml", "c.xml"]
    finally:
        store.close()
        own.remove()


@installed
@pytest.mark.deep
def test_a_database_that_hangs_is_away_within_one_deadline_and_at_once_after_it(
    tmp_path: Path,
) -> None:
    own = Postgresql()
    store = Store(own.url("hanging"), None, tmp_path / "arrivee")
    id_flux = deposit(store)
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.flux.facts(id_flux, "AAA123"),
        lambda: store.verdicts.knows_key("AAA123", "nom a.xml"),
        lambda: store.claims.claim(Claimant("one")),
        lambda: deposit(store, nom="b.xml"),
    )
    try:
        for call in calls[:2]:  # whose connections stay open
            call()
        with own.stopped():
            for number, call in enumerate(calls):
                began = time.monotonic()
                with pytest.raises(StoreUnreachableError, match="not answer"):
                    call()
                assert time.monotonic() - began < (DEADLINE_SECONDS + 2 if not number else 1)
        until(lambda: answers(store, id_flux))
        deposit(store, nom="b.xml")
        assert [flux.depot.nom for flux in store.flux.waiting(9)] == ["a.xml", "b.xml"]
    finally:
        store.close()
        own.remove()


@pytest.mark.deep
def test_hosts_that_do_not_answer_share_one_deadline() -> None:
    silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    with silent[0], silent[1], silent[2]:
        hosts = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in silent)
        database = Database(f"postgresql://u@{hosts}/d", Path("unused"))
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError), database.reading():
            pass
        assert time.monotonic() - began < 1.5 * DEADLINE_SECONDS
    database.close()


def answers(store: Store, id_flux: str) -> bool:
    try:
        return store.flux.facts(id_flux, "AAA123") is not None
    except StoreUnreachableError:
        return False


@installed
def test_a_schema_before_is_migrated_and_a_later_one_refused(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    deposit(first)
    first.close()
    before = ("flux_par_verdict", "flux_par_fin", "motif_par_code", "flux_pris", "flux_ecartes")
    version = "UPDATE meta SET value = '{}' WHERE key = 'schema'"
    tell(tmp_path, *(f"DROP INDEX {name}" for name in before), version.format(8))
    for _ in range(2):  # migrated, then as any other
        again = open_store(tmp_path)
        assert [flux.depot.nom for flux in again.flux.waiting(9)] == ["a.xml"]
        again.close()
    named = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    assert set(before) <= {row[0] for row in tell(tmp_path, named)}
    tell(tmp_path, version.format(1_000))
    with pytest.raises(ConfigurationError, match="later version"):
        open_store(tmp_path)


@installed
def test_whoever_starts_waits_for_one_who_migrates_as_long_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "DEADLINE_SECONDS", 1.0)
    with psycopg.connect(url_of(tmp_path)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, hashtext('schema'))", [0x473242])
        with ThreadPoolExecutor(1) as pool:
            opening = pool.submit(open_store, tmp_path)
            with pytest.raises(TimeoutError):
                opening.result(2.5)
            other.commit()
            store = opening.result(30)
    deposit(store)
    store.close()


def tell(folder: Path, *statements: str) -> list[Any]:
    """Do to the database what no simulator does; what the last statement finds."""
    with psycopg.connect(url_of(folder)) as connection:
        for statement in statements:
            told = connection.execute(statement.encode())
        return told.fetchall() if told.description else []


@installed
def test_indexes_are_what_the_database_is_good_at(store: Store, tmp_path: Path) -> None:
    named = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    made = dict(tell(tmp_path, named))
    for index in ("flux_a_controler", "flux_en_attente"):
        assert made[index].endswith("WHERE (recevable IS NULL)")
    for index, held in (("flux_pris", "pris_par"), ("flux_ecartes", "ecarte")):
        assert made[index].endswith(f"WHERE ((recevable IS NULL) AND ({held} IS NOT NULL))")
    for index in ("ix_facture_numero", "ix_facture_siren"):
        assert "USING hash" in made[index]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hu/sh@h/d",
        "postgresql://u:hu@sh@h/d",
        "postgresql://u:hu sh@h/d",
        "postgres://u:hush@h/d?password=hush&nonsense=1",
    ],
)
def test_no_half_of_a_password_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as refused:
        Store(url, None, tmp_path)
    assert "sh" not in str(refused.value).replace("password@host", "").replace("%", "")
    assert "hu" not in shown(url)


def test_an_option_that_postgresql_does_not_know_is_named(tmp_path: Path) -> None:
    for url in ("postgresql://u:hu@h/d?bogus=hush", "postgresql://h/d?sslmode=require&bogus=1"):
        with pytest.raises(ConfigurationError, match=r"cannot be read: .* no option bogus; remove"):
            Store(url, None, tmp_path)
    for url in ("postgresql://u:hu?sh@h/d?sh=1", "postgresql://u:5432?hush=1"):
        with pytest.raises(ConfigurationError, match="%2F") as refused:
            Store(url, None, tmp_path)
        assert "sh" not in str(refused.value)


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg", " POSTGRESQL", "Postgres"]
)
def test_a_url_is_taken_as_people_write_it(scheme: str, tmp_path: Path) -> None:
    given = Settings(database=f"{scheme}://u@h:5432/d \n", contents_at=str(tmp_path))
    assert given.is_shared
    assert postgresql_url(given.database) == "postgresql://u@h:5432/d"
    assert given.owner is None
    assert given.contents == tmp_path
    assert Settings(database=given.database).contents is None
