"""Several engines share the work: a flux is one's at a time, and none waits for one that died."""

import socketserver
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from depot_flux_simulator.controls.clamav import TIMEOUT as ANTIVIRUS_SECONDS
from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.engine import Engine
from depot_flux_simulator.flux.clock import ManualClock
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Raison
from depot_flux_simulator.flux.lifecycle import Pace
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store import claims
from depot_flux_simulator.store.claims import Claimant
from depot_flux_simulator.store.errors import OvertakenError
from depot_flux_simulator.store.flux import StoredFlux, Terms
from depot_flux_simulator.store.store import Store
from tests.controls.test_antivirus import Clamd
from tests.server.test_served import FINAL, engine_of, until
from tests.server.test_store import constat, facture_of
from tests.support.served import BBB, served
from tests.support.stores import altered, on_sqlite

GOOD = facture_ubl()


def deposit(store: Store, nom: str, application: str = "AAA123", content: bytes = b"") -> str:
    file = store.contents.new()
    file.write(content or GOOD.replace(b"F2026", nom[:5].encode()))
    file.settle()
    depot = Depot(file.path, nom, "FSO3110A", application)
    return str(store.flux.deposit(depot, file, Terms(Pace()), 1_000, lambda: file.path.name))


def engine(store: Store, name: str = "") -> Engine:
    equipment = Equipment.gather(frozenset({"AAA123", "BBB456"}))
    return Engine(store, ManualClock(2_000), equipment, name=name)


def names(store: Store, claimant: Claimant) -> list[str]:
    return [flux.depot.nom for flux in store.claims.claim(claimant)[1]]


def known(store: Store, id_flux: str) -> StoredFlux:
    flux = store.flux.get(id_flux)
    assert flux is not None
    return flux


def test_engines_take_turns_between_applications(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "AT_ONCE", 2)
    for number in range(5):
        deposit(store, f"a{number}.xml")
    deposit(store, "b.xml", "BBB456")
    order: list[int] = []
    engine(store).step(order.append)
    assert order == [1, 2, 6, 3, 4, 5]


def test_a_big_flux_is_claimed_without_those_behind_it(store: Store) -> None:
    deposit(store, "small.xml")
    deposit(store, "big.xml", content=bytes(400_000))
    deposit(store, "behind.xml")
    assert names(store, Claimant("one")) == ["small.xml"]
    assert names(store, Claimant("two")) == ["big.xml"]
    assert names(store, Claimant("three")) == ["behind.xml"]


def test_a_flux_that_was_interrupted_is_claimed_alone_by_who_wants_such_ones(store: Store) -> None:
    for name in ("a.xml", "b.xml", "c.xml", "d.xml"):
        deposit(store, name)
    for number in (2, 3):
        store.flux.count_failure(number)
    assert names(store, Claimant("one", again=False)) == ["a.xml", "d.xml"]
    assert not store.claims.has_any(Claimant("two", again=False))
    assert store.claims.claim(Claimant("two", again=False)) == (None, [])
    assert names(store, Claimant("two")) == ["b.xml"]
    assert names(store, Claimant("three")) == ["c.xml"]
    for name in ("one", "two", "three"):
        store.claims.release(name)
    assert names(store, Claimant("one")) == ["a.xml"]


def test_what_one_engine_has_no_other_gets_until_it_lets_go(store: Store, tmp_path: Path) -> None:
    deposit(store, "a.xml")
    assert names(store, Claimant("one")) == ["a.xml"]
    assert store.claims.claim(Claimant("two")) == (None, [])
    assert not store.claims.has_any(Claimant("two"))
    assert names(store, Claimant("one")) == ["a.xml"]  # whoever takes its place has it too
    store.claims.release("one")
    assert names(store, Claimant("two")) == ["a.xml"]


def test_whoever_lets_go_lets_go_of_its_own_alone(store: Store) -> None:
    deposit(store, "a.xml")
    deposit(store, "b.xml", "BBB456")
    assert [names(store, Claimant(name)) for name in ("one", "two")] == [["a.xml"], ["b.xml"]]
    store.claims.release("one")
    assert names(store, Claimant("three", last="AAA123")) == ["a.xml"]
    assert names(store, Claimant("four")) == []


def test_a_claim_that_nobody_renews_is_another_s_after_a_while(
    store: Store, tmp_path: Path
) -> None:
    deposit(store, "a.xml")
    store.claims.claim(Claimant("one"))
    past = f"UPDATE flux SET pris_jusqu = pris_jusqu - {claims.LEASE_MS + 1}"
    altered(tmp_path, past)
    store.claims.renew("one")
    assert not store.claims.has_any(Claimant("two"))
    altered(tmp_path, past)
    assert names(store, Claimant("two")) == ["a.xml"]
    store.claims.renew("one")
    assert names(store, Claimant("two")) == ["a.xml"]


@on_sqlite
@pytest.mark.parametrize("last", ["flux_en_attente", "flux_d_une_application"])
def test_an_engine_looks_at_what_waits_alone_whichever_index_was_made_last(
    store: Store, tmp_path: Path, last: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "flux.db")) as database:
        (made,) = database.execute(
            "SELECT sql FROM sqlite_master WHERE name = ?", [last]
        ).fetchone()
        database.executescript(f"DROP INDEX {last}; {made}")
    for nom in ("a.xml", "b.xml"):
        deposit(store, nom)
    asked: list[tuple[str, Any]] = []
    engine = store._database.engine
    listening = (engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    sa.event.listen(*listening)
    for name, application in [("one", "AAA123"), ("two", "")]:
        store.claims.claim(Claimant(name, application))
        store.claims.renew(name)
    store.claims.release("two")
    assert store.flux.aside() == []
    sa.event.remove(*listening)
    with closing(sqlite3.connect(tmp_path / "flux.db")) as database:
        plans = [
            step
            for statement, values in asked
            if statement.startswith(("SELECT", "UPDATE"))
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert len(plans) > 5
    known = ("flux_en_attente", "INTEGER PRIMARY KEY")
    few = ("flux_pris (pris_par", "flux_ecartes (ecarte>")
    assert not [step for step in plans if not any(name in step for name in (*known, *few))]
    # What others have and what is set aside is found without looking at what waits.
    assert all(any(name in step for step in plans) for name in few)


def test_of_equal_flux_the_second_waits_for_whoever_has_the_first(store: Store) -> None:
    for nom, content in [("a.xml", b"1"), ("a.xml", b"2"), ("b.xml", b"1"), ("c.xml", b"3")]:
        deposit(store, nom, content=content)
    deposit(store, "a.xml", "BBB456", b"1")
    first = store.claims.claim(Claimant("one", later=(2, 3, 4)))[1]
    assert [flux.pk for flux in first] == [1]
    assert names(store, Claimant("two")) == ["c.xml"]
    assert names(store, Claimant("two", last="AAA123")) == ["a.xml"]  # another application's


def test_what_may_be_there_once_is_decided_when_it_is_recorded(store: Store) -> None:
    first, second, others = (
        known(store, deposit(store, "a.xml", application))
        for application in ("AAA123", "AAA123", "BBB456")
    )
    verdict = Verdict(cles=("a key", "its own"))
    assert store.verdicts.record(first, verdict, 5)
    assert not store.verdicts.record(first, verdict, 6)  # it has one
    with pytest.raises(OvertakenError):
        store.verdicts.record(second, Verdict(cles=("a key", "another")), 5)
    assert known(store, second.id_flux).facts.recevable is None
    # An end to it, where the controls find another one first again and again.
    assert store.verdicts.record(second, verdict, 5, contested=True)
    assert known(store, second.id_flux).facts.recevable
    assert not store.verdicts.knows_key("AAA123", "another")
    assert store.verdicts.record(others, verdict, 5)


def test_an_invoice_is_the_first_of_its_kind_when_it_is_recorded(store: Store) -> None:
    first, second = (known(store, deposit(store, nom)) for nom in ("a.xml", "b.xml"))
    store.verdicts.record(first, Verdict(factures=(facture_of("F1"),)), 5)
    with pytest.raises(OvertakenError):
        store.verdicts.record(second, Verdict(factures=(facture_of("F1"),)), 5)
    # One that the controls know for a second one need not be the first.
    again = facture_of("F1", constat(Raison.REJ_UNI))
    store.verdicts.record(second, Verdict(factures=(again, facture_of("F2"))), 5)


def test_a_flux_that_another_came_before_meanwhile_is_controlled_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (deposit(store, "a.xml") for _ in range(2))
    knows, asked = store.verdicts.knows_key, []

    def unknowing(code_application: str, cle: str) -> bool:
        asked.append(cle)
        return len(asked) > 2 and knows(code_application, cle)

    monkeypatch.setattr(store.verdicts, "knows_key", unknowing)
    engine(store).step()
    assert store.verdicts.of(known(store, first)).motifs == ()
    (motif,) = store.verdicts.of(known(store, second)).motifs
    assert motif.code == "IRR_UNICITE"


class HeldScanner(Clamd):
    """One that says nothing of one invoice until it may."""

    holds: ClassVar[bytes] = b"LONG"
    asked: ClassVar[threading.Event] = threading.Event()
    may: ClassVar[threading.Event] = threading.Event()

    def said(self, content: bytes) -> bytes:
        if self.holds in content:
            self.asked.set()
            self.may.wait(ANTIVIRUS_SECONDS)
        return super().said(content)


@pytest.mark.deep
@pytest.mark.reconstruction
def test_a_short_flux_of_another_application_is_judged_while_a_long_one_is_controlled(
    tmp_path: Path,
) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HeldScanner) as scanner:
        threading.Thread(target=scanner.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{scanner.server_address[1]}"
        with served(tmp_path, "--pace", "0", "--workers", "1", "--clamav", address) as simulator:
            with simulator.api() as calls:
                slow = calls.deposer(facture_ubl("LONG"), "slow.xml").accept().id_flux
            assert HeldScanner.asked.wait(60)
            with simulator.api(**simulator.access(BBB)) as calls:
                quick = calls.deposer(GOOD, "quick.xml").accept().id_flux
                until(lambda: calls.consulter(quick).statut in FINAL, ANTIVIRUS_SECONDS - 5)
            with simulator.api() as calls:
                assert calls.consulter(slow).statut not in FINAL
                HeldScanner.may.set()
                until(lambda: calls.consulter(slow).statut in FINAL)
        scanner.shutdown()


class HeldTwice(HeldScanner):
    """The same for another test: what was held once is held again."""

    asked: ClassVar[threading.Event] = threading.Event()
    may: ClassVar[threading.Event] = threading.Event()


@pytest.mark.deep
@pytest.mark.reconstruction
def test_nobody_waits_for_a_flux_that_is_controlled_again_alone(tmp_path: Path) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HeldTwice) as scanner:
        threading.Thread(target=scanner.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{scanner.server_address[1]}"
        given = ("--pace", "0", "--workers", "1", "--clamav", address)
        with served(tmp_path, *given) as simulator, simulator.api() as calls:
            slow = calls.deposer(facture_ubl("LONG"), "slow.xml").accept().id_flux
            assert HeldTwice.asked.wait(60)
            HeldTwice.asked.clear()
            engine_of(simulator).kill()
            assert HeldTwice.asked.wait(60)
            quick = calls.deposer(GOOD, "quick.xml").accept().id_flux
            until(lambda: calls.consulter(quick).statut in FINAL, ANTIVIRUS_SECONDS - 5)
            assert calls.consulter(slow).statut not in FINAL
            HeldTwice.may.set()
            until(lambda: calls.consulter(slow).statut in FINAL)
        scanner.shutdown()
