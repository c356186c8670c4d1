"""What happens to one deposit, from its bytes and what was said of them to the stored flux."""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import sqlalchemy as sa

from depot_flux_simulator import deposit
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.clock import ManualClock
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.lifecycle import Facts, Pace
from depot_flux_simulator.flux.rules import Scenario
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.errors import (
    QuotaError,
    StoreError,
    StoreUnreachableError,
    UncertainError,
)
from depot_flux_simulator.store.small import SMALL
from depot_flux_simulator.store.upload import Upload
from depot_flux_simulator.testing import Calls, Simulator, Transport
from depot_flux_simulator.web.app import create_app
from tests.server.test_served import until
from tests.support.contract import CONTRACT
from tests.support.served import AAA
from tests.support.stores import database_of, kept_bytes, on_sqlite

GOOD = facture_ubl()
SHA256 = hashlib.sha256(GOOD).hexdigest()


@pytest.fixture(params=["small", "large"])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Parts]:
    if request.param == "large":
        request.getfixturevalue("in_files")
    started = start(tmp_path)
    yield started
    started.close()


def start(folder: Path, *, reserved_names: bool = True) -> Parts:
    chosen = Settings(database=database_of(folder), reserved_names=reserved_names)
    return Parts.start(chosen, ManualClock())


def content(parts: Parts) -> Upload:
    file = parts.store.contents.new()
    file.write(GOOD)
    return file


class Given(NamedTuple):
    """A deposit and its bytes."""

    depot: Depot
    file: Upload


def given(parts: Parts, nom: str = "facture.xml") -> Given:
    file = content(parts)
    return Given(Depot(file.path, nom, "FSO3110A", "AAA123"), file)


def stored(parts: Parts, given: Given) -> deposit.Deposited:
    return parts.deposits.store(given.depot, given.file)


def facts(parts: Parts, deposited: deposit.Deposited) -> Facts:
    found = parts.store.flux.facts(str(deposited.identifier), deposited.depot.code_application)
    assert found is not None
    return found


def test_what_was_said_is_kept_even_when_it_is_nothing(parts: Parts) -> None:
    file = content(parts)
    said = {Role.NOM_FICHIER: "", Role.CODE_INTERFACE: "FSO6000A"}
    named = parts.deposits.named(file, said, "AAA123")
    assert named == Depot(file.path, "", "FSO6000A", "AAA123")


def test_what_the_contract_has_no_field_for_is_told_from_the_flux(parts: Parts) -> None:
    parts.contract.states_name = parts.contract.states_code_interface = False
    file = content(parts)
    named = parts.deposits.named(file, {}, "AAA123")
    assert named == Depot(file.path, "flux.xml", "FSO3110A", "AAA123")
    deposited = stored(parts, Given(named, file))
    assert bytes_at_hand(parts, deposited.depot) == GOOD


def test_nothing_is_guessed_where_the_contract_has_a_field(parts: Parts) -> None:
    parts.contract.states_name = parts.contract.states_code_interface = True
    named = parts.deposits.named(content(parts), {}, "AAA123")
    assert (named.nom, named.code_interface) == ("", "")


def bytes_at_hand(parts: Parts, deposited: Depot) -> bytes:
    with parts.store.contents.at_hand(deposited.contenu.name) as path:
        return path.read_bytes()


def test_a_deposit_beyond_the_quota_leaves_no_bytes(parts: Parts) -> None:
    parts.steering.set(flux_per_hour=1)
    kept, refused = given(parts), given(parts)
    stored(parts, kept)
    with pytest.raises(QuotaError) as error:
        stored(parts, refused)
    assert error.value.wait_ms == 3_600_000
    assert bytes_at_hand(parts, kept.depot) == GOOD
    assert kept_bytes(parts.store) == [kept.file.path.name]
    assert [flux.depot for flux in parts.store.flux.waiting(10)] == [kept.depot]


FAILURES: dict[str, Exception] = {
    "locked": StoreUnreachableError("database is locked"),
    "damaged": StoreError("database disk image is malformed"),
    "unforeseen": RuntimeError("nobody thought of it"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_deposit_that_fails_leaves_no_bytes(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def fail(*_: object) -> None:
        raise FAILURES[failure]

    monkeypatch.setattr(parts.store.flux, "deposit", fail)
    with pytest.raises(type(FAILURES[failure])):
        stored(parts, given(parts))
    assert kept_bytes(parts.store) == []


COMMIT = sa.Connection.commit


def committing(*, before: bool) -> Callable[..., None]:
    """A commit that fails, before it has written or after."""

    def fail(connection: sa.Connection) -> None:
        if not before:
            COMMIT(connection)
        raise sa.exc.OperationalError("COMMIT", {}, Exception("disk I/O error"))

    return fail


def test_a_commit_that_fails_leaves_the_flux_or_no_bytes(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever it was is asked for, so that a caller is not told of a failure that was none."""
    refused = given(parts)
    parts.steering.set(flux_per_hour=1_000)  # one more look in the transaction, by SQLAlchemy
    monkeypatch.setattr(sa.Connection, "commit", committing(before=True))
    with pytest.raises(StoreUnreachableError) as error:
        stored(parts, refused)
    assert not isinstance(error.value, UncertainError)
    assert kept_bytes(parts.store) == []
    kept = given(parts)
    monkeypatch.setattr(sa.Connection, "commit", committing(before=False))
    assert facts(parts, stored(parts, kept)).recevable is None
    assert bytes_at_hand(parts, kept.depot) == GOOD


@on_sqlite
@pytest.mark.usefixtures("in_files")
def test_bytes_stay_while_nobody_knows_whether_a_flux_has_them(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.steering.set(flux_per_hour=1_000)
    assert parts.steering.state.settings.flux_per_hour  # known before the database is away
    monkeypatch.setattr(sa.Connection, "commit", committing(before=True))
    doubtful = given(parts)

    def away(*_: object) -> None:
        raise StoreUnreachableError("server closed the connection")

    monkeypatch.setattr(parts.store.flux._database, "reading", away)
    with pytest.raises(UncertainError):
        stored(parts, doubtful)
    assert doubtful.file.path.read_bytes() == GOOD


def test_a_deposit_that_fails_between_its_bytes_and_the_store_leaves_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulator(pace=0) as simulator:
        parts: Parts = simulator.app.extensions["depot_flux"]

        def fail(*_: object) -> None:
            raise RuntimeError("nobody thought of it")

        monkeypatch.setattr(parts.deposits, "named", fail)
        assert simulator.calls().deposer(GOOD).status == 500
        assert kept_bytes(parts.store) == []


@on_sqlite
@pytest.mark.parametrize("content", [GOOD, bytes(SMALL + 1)], ids=["small", "large"])
@pytest.mark.parametrize("few", [200, 2])
def test_a_reset_throws_away_the_bytes_of_its_flux_and_no_others(
    few: int, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot_flux_simulator.parts._FEW", few)
    monkeypatch.setattr("depot_flux_simulator.store.small._AT_ONCE", few)
    with Simulator(pace=0) as simulator:
        parts: Parts = simulator.app.extensions["depot_flux"]
        with parts.store.contents.new() as under_way:
            under_way.write(b"x")
            under_way.write_out()
        others = kept_bytes(parts.store)
        for number in range(3):
            assert simulator.calls().deposer(content, f"{number}.xml").accepted
        assert len(kept_bytes(parts.store)) == len(others) + 3
        simulator.reset()
        if few == 2:  # many are thrown away once the reset is answered
            until(lambda: len(kept_bytes(parts.store)) == len(others))
        assert kept_bytes(parts.store) == others
        assert under_way.path.exists()


@on_sqlite
@pytest.mark.usefixtures("in_files")
def test_bytes_reach_the_disk_before_the_row_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        "os.fsync", lambda fd: done.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
    )

    def committed(connection: sa.Connection) -> None:
        done.append("commit")
        COMMIT(connection)

    for durable in (False, True):
        folder = tmp_path / str(durable)
        folder.mkdir()
        chosen = Settings(database=database_of(folder), durable=durable, inline=True)
        app = create_app(chosen, ManualClock())
        opened: Parts = app.extensions["depot_flux"]
        monkeypatch.setattr(sa.Connection, "commit", committed)
        done.clear()
        client = httpx.Client(transport=Transport(app), base_url="http://localhost")
        client.headers["Authorization"] = f"Bearer {opened.piste.sign(AAA)}"
        client.headers["cpro-account"] = AAA.comptes[0].header
        assert Calls(client, CONTRACT).deposer(GOOD).accepted
        (kept,) = opened.store.contents.names()
        before = done[: done.index("commit")]
        contents = opened.store.contents.folder
        assert before == ([str(contents / kept), str(contents)] if durable else [])
        with opened.store.flux._database.reading() as connection:
            (level,) = connection.execute(sa.text("PRAGMA synchronous")).one()
        assert level == (2 if durable else 1)
        opened.close()


def test_a_scenario_is_found_by_the_digest_of_the_bytes(parts: Parts) -> None:
    parts.steering.add(Scenario(nom="*.xml", recu_ms=0))
    parts.steering.add(Scenario(sha256="0" * 64, traitement_ms=1))
    parts.steering.add(Scenario(sha256=SHA256, traitement_ms=7))
    deposited = stored(parts, given(parts))
    assert facts(parts, deposited) == Facts.deposited(deposited.depose_le, Pace(0, 7))


def test_a_reserved_name_forces_its_outcome_unless_they_are_switched_off(
    parts: Parts, tmp_path: Path
) -> None:
    reserved = given(parts, "SIM-LENT-1h.xml")
    assert facts(parts, stored(parts, reserved)).final_le == ManualClock().now() + 3_602_000
    other = tmp_path / "other"
    other.mkdir()
    plain = start(other, reserved_names=False)
    found = facts(plain, stored(plain, given(plain, "SIM-LENT-1h.xml")))
    assert found == Facts.deposited(ManualClock().now(), Pace())
    plain.close()


def test_the_pace_set_by_a_test_goes_before_the_one_set_at_the_start(parts: Parts) -> None:
    parts.steering.set(pace=2.0)
    deposited = stored(parts, given(parts))
    assert facts(parts, deposited) == Facts.deposited(deposited.depose_le, Pace() * 2)


@pytest.mark.reconstruction
def test_an_identifier_is_no_number() -> None:
    """As on the sibling API: application, the interface's 4 digits, 15 digits."""
    with Simulator(pace=0) as simulator:
        assert re.fullmatch(r"CPP0013117\d{15}", simulator.deposit(b"%PDF-", code="FSO3117A"))
