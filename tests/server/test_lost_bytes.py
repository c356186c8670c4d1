"""What the platform loses or breaks off is never held against a flux."""

import faulthandler
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import pytest

from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.controls.schemas import SchemasUnreadableError
from depot_flux_simulator.engine import BrokenOffError, Engine, TakenDownError
from depot_flux_simulator.flux.clock import ManualClock
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve.alone import Alone
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.errors import MissingError
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.testing import RefusedError, Simulator
from tests.server.test_ownership import deposit, open_store
from tests.support.contract import assert_problem, supervises
from tests.support.stores import database_of

pytestmark = pytest.mark.usefixtures("in_files")

GOOD = facture_ubl()


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "shorter": lambda path: os.truncate(path, 10),
    "other bytes": lambda path: path.write_bytes(bytes(len(GOOD))),
    "a folder": folder_instead,
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def engine(store: Store) -> Engine:
    return Engine(store, ManualClock(2_000), Equipment.gather(frozenset({"AAA123"})))


def flux_of(store: Store, path: Path) -> StoredFlux:
    flux = store.flux.get(path.name)
    assert flux is not None
    return flux


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_a_flux_whose_bytes_are_lost_is_set_aside_and_the_others_go_on(
    store: Store, caplog: pytest.LogCaptureFixture, alteration: str
) -> None:
    lost, other = deposit(store), deposit(store)
    ALTERATIONS[alteration](lost)
    assert engine(store).step() == 1
    assert flux_of(store, other).facts.recevable is True
    aside = flux_of(store, lost)
    assert aside.facts.recevable is None
    assert aside.ecarte
    assert store.flux.waiting(10) == []
    assert [record.levelno for record in caplog.records if lost.name in record.message] == [
        logging.ERROR
    ]


def test_so_is_one_whose_bytes_the_place_where_they_lie_does_not_have(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, other = deposit(store), deposit(store)
    at_hand = store.contents.at_hand

    def elsewhere(name: str) -> AbstractContextManager[Path]:
        if name == lost.name:
            raise MissingError(name)
        return at_hand(name)

    monkeypatch.setattr(store.contents, "at_hand", elsewhere)
    assert engine(store).step() == 1
    assert flux_of(store, other).facts.recevable is True
    assert flux_of(store, lost).ecarte
    assert store.flux.waiting(10) == []


def test_a_flux_whose_bytes_are_back_is_taken_up_again(store: Store) -> None:
    lost = deposit(store)
    lost.rename(lost.with_suffix(".gone"))
    engine(store).step()
    assert flux_of(store, lost).ecarte
    lost.with_suffix(".gone").rename(lost)
    engine(store).step()
    assert flux_of(store, lost).facts.recevable is True
    assert flux_of(store, lost).ecarte is None


@supervises
def test_a_flux_that_is_set_aside_is_told_in_its_detail_and_by_the_healthcheck() -> None:
    with Simulator(pace=0) as simulator:
        parts = simulator.app.extensions["depot_flux"]
        step, parts.engine.step = parts.engine.step, lambda: None
        lost = simulator.deposit(GOOD)
        parts.engine.step = step
        simulator.flux(lost).flux.depot.contenu.unlink()
        other = simulator.deposit(GOOD.replace(b"F2026", b"F2027"), name="other.xml")
        assert simulator.status(other).final
        assert not simulator.status(lost).final
        with pytest.raises(RefusedError) as refused:
            simulator.healthcheck()
        assert refused.value.status == 503
        detail = simulator.app.test_client().get(f"/_simulator/flux/{lost}").get_json()
        assert "manque" in detail["ecarte"]
        assert_problem(simulator.calls().superviser(), 503)


def test_the_digest_is_told_as_soon_as_the_flux_is_deposited(store: Store) -> None:
    assert flux_of(store, deposit(store)).sha256 == sha256(GOOD).hexdigest()


def test_processes_that_died_never_condemn_a_flux(store: Store) -> None:
    flux = flux_of(store, deposit(store))
    for _ in range(5):
        store.flux.count_failure(flux.pk)
    engine(store).step()
    assert store.verdicts.of(flux) == Verdict(fichiers=store.verdicts.of(flux).fichiers)
    assert flux_of(store, flux.depot.contenu).facts.recevable is True


def test_a_flux_is_condemned_once_it_took_the_controls_down_alone_and_twice(store: Store) -> None:
    poison, other = deposit(store), deposit(store)
    runs: list[bool] = []

    def alone(flux: StoredFlux, *, functional: bool) -> Verdict:
        runs.append(functional)
        raise TakenDownError("SIGSEGV")

    tried = engine(store)
    tried.alone = alone
    store.flux.count_failure(flux_of(store, poison).pk)
    tried.step()
    assert runs == [True, False, False]
    (motif,) = store.verdicts.of(flux_of(store, poison)).motifs
    assert motif.code == "IRR_SYNTAX"
    assert "seul" in motif.message
    assert "deux fois" in motif.message
    assert "SIGSEGV" in motif.message
    assert flux_of(store, other).facts.recevable is True


def test_the_functional_level_alone_never_condemns_a_flux(store: Store) -> None:
    flux = flux_of(store, deposit(store))
    store.flux.count_failure(flux.pk)

    def alone(flux: StoredFlux, *, functional: bool) -> Verdict:
        if functional:
            raise TakenDownError("SIGSEGV")
        return Verdict()

    tried = engine(store)
    tried.alone = alone
    tried.step()
    verdict = store.verdicts.of(flux)
    assert verdict.motifs == ()
    assert "niveau fonctionnel" in verdict.remarques[-1]


def test_a_flux_whose_controls_are_broken_off_alone_waits_and_holds_up_no_other(
    store: Store,
) -> None:
    unlucky, other = deposit(store), deposit(store)
    store.flux.count_failure(flux_of(store, unlucky).pk)
    runs: list[bool] = []

    def alone(flux: StoredFlux, *, functional: bool) -> Verdict:
        runs.append(functional)
        raise BrokenOffError("SIGKILL")

    tried = engine(store)
    tried.alone = alone
    assert tried.step() == 1
    assert tried.step() == 0
    assert len(runs) == 1  # not again at once
    assert flux_of(store, unlucky).facts.recevable is None
    assert flux_of(store, other).facts.recevable is True


@pytest.fixture
def alone(tmp_path: Path) -> Alone:
    return Alone(Settings(database=database_of(tmp_path)).resolved())


@pytest.fixture
def flux(tmp_path: Path) -> Iterator[StoredFlux]:
    settings = Settings(database=database_of(tmp_path)).resolved()
    opened = Store(settings.database, settings.contents)
    yield flux_of(opened, deposit(opened))
    opened.close()


def test_controls_alone_give_the_same_verdict(alone: Alone, flux: StoredFlux) -> None:
    assert alone(flux, functional=True).recevable


def dies_by(number: signal.Signals) -> Callable[..., Verdict]:
    def die(*_: object, **__: object) -> Verdict:
        faulthandler.disable()
        os.kill(os.getpid(), number)
        signal.pause()
        raise AssertionError

    return die


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, TakenDownError),
        (signal.SIGABRT, TakenDownError),
        (signal.SIGXCPU, TakenDownError),
        (signal.SIGKILL, BrokenOffError),
        (signal.SIGTERM, BrokenOffError),
        (signal.SIGSTOP, BrokenOffError),
    ],
)
def test_only_a_death_that_a_file_can_cause_counts(
    alone: Alone,
    flux: StoredFlux,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    said: type[Exception],
) -> None:
    monkeypatch.setattr(Equipment, "controler", dies_by(number))
    told = "stopped" if number is signal.SIGSTOP else number.name
    with pytest.raises(said, match=told):
        alone(flux, functional=False)


def test_controls_that_never_end_are_ended_by_the_time_they_work(
    flux: StoredFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spin(*_: object, **__: object) -> Verdict:
        while True:
            pass

    monkeypatch.setattr(Equipment, "controler", spin)
    settings = Settings(database=database_of(tmp_path)).resolved()
    with pytest.raises(TakenDownError, match="SIGXCPU"):
        Alone(settings, cpu_seconds=1)(flux, functional=False)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("no space"), BrokenOffError),
        (MemoryError(), BrokenOffError),
        (ImportError("another version"), BrokenOffError),
        (SchemasUnreadableError("gone"), BrokenOffError),
        (ZeroDivisionError(), TakenDownError),
    ],
)
def test_what_the_machine_lacks_is_not_held_against_a_file(
    alone: Alone,
    flux: StoredFlux,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    said: type[Exception],
) -> None:
    def fail(*_: object, **__: object) -> Verdict:
        raise error

    monkeypatch.setattr(Equipment, "controler", fail)
    with pytest.raises(said):
        alone(flux, functional=False)


def test_a_process_that_cannot_begin_is_not_held_against_a_file(
    flux: StoredFlux, tmp_path: Path
) -> None:
    gone = tmp_path / "applications.toml"
    settings = Settings(database=database_of(tmp_path), applications=str(gone)).resolved()
    with pytest.raises(BrokenOffError, match=gone.name):
        Alone(settings)(flux, functional=False)
