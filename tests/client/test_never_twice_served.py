"""Both sides killed for real, on a socket: no file deposited twice, none forgotten, no lie."""

import contextlib
import hashlib
import itertools
import logging
import signal
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from depot_flux import (
    DepotFluxError,
    DepotIncertain,
    Etat,
    IndisponibleError,
    RequeteRefuseeError,
    Statut,
)
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_access import SECRETS
from tests.support.book import Deposited, holds, settle
from tests.support.contract import unknown
from tests.support.dying import CODE, MOMENTS, Death, at, client_of, run
from tests.support.served import Served, served
from tests.support.steering import steer

RANK = {statut: rank for rank, statut in enumerate(Statut)}
NAMES = ["a/F0.xml", "a/F1.xml", "a/F2.xml", "b/F1.xml", "b/F2.xml"]  # two envelopes at least
numbers = itertools.count()

# The simulator's own faults; after the last two the client gives up before the answer is there.
FAULTS: list[dict[str, object]] = [
    {"kind": "reset_before_store"},
    {"kind": "reset_after_store"},
    {"kind": "truncated_body"},
    {"kind": "malformed_json"},
    {"kind": "wrong_content_type"},
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 503, "retry_after": 1},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500},
    {"kind": "expired_token"},
    {"kind": "slow_body", "delay": 0.1},
    {"kind": "latency", "delay": 0.9},
]
PATIENCE = 0.6  # seconds that a client waits for an answer
faults = st.lists(st.sampled_from(FAULTS), max_size=2)
some_files = st.lists(st.sampled_from(range(len(NAMES))), min_size=1, unique=True)
deaths = st.builds(
    Death,
    st.sampled_from(sorted(MOMENTS)),
    st.just(1),
    st.sampled_from([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]),
)


class Killings(RuleBasedStateMachine):
    """Deposits alone and in batches, by clients and on a platform that fail and are killed."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.simulator = Served(self.folder, "--workers", "1")
        self.flux: dict[Deposited, str] = {}
        self.received: Counter[Deposited] = Counter()
        self.paths = [self.invoice(name) for name in NAMES]
        # Sent in several blocks, and irrecevable.
        self.paths[0].write_bytes(b"<broken>" + b" " * 1_000_000)

    @initialize()
    def start(self) -> None:
        self.simulator.start()
        self.stack.callback(self.simulator.kill)
        steer(self.simulator.url, "clock", mode="manual")
        self.book = self.folder / "recus.db"
        self.depot = self.stack.enter_context(client_of(self.simulator.base_url, self.book))
        self.depot._http.timeout = httpx.Timeout(PATIENCE)
        self.depot._clock.sleep = self.pause

    @rule(number=st.sampled_from(range(len(NAMES))), failing=faults)
    def deposit(self, number: int, failing: list[dict[str, object]]) -> None:
        self.fail("deposer", failing)
        with contextlib.suppress(DepotFluxError):
            self.depot.deposer(CODE, self.paths[number])

    @rule(chosen=some_files, failing=faults)
    def deposit_batch(self, chosen: list[int], failing: list[dict[str, object]]) -> None:
        self.fail("deposer", failing)
        paths = [self.paths[number] for number in chosen]
        results = self.depot.deposer_lot(CODE, paths, timeout=0, simultanes=2)
        assert {result.chemin for result in results} == set(map(str, paths))
        assert all(result.flux or result.erreur for result in results)

    @rule(death=deaths, failing=faults)
    def deposit_and_die(self, death: Death, failing: list[dict[str, object]]) -> None:
        self.fail("deposer", failing[:1])
        self.paths.append(self.invoice(f"a/G{len(self.paths)}.xml"))
        code = run(self.simulator.base_url, self.book, self.paths[-1:], death)
        assert code in {0, -signal.SIGKILL}

    @rule(chosen=some_files, death=deaths, nth=st.integers(1, 2), failing=faults)
    def deposit_batch_and_die(
        self, chosen: list[int], death: Death, nth: int, failing: list[dict[str, object]]
    ) -> None:
        self.fail("deposer", failing[:1])
        paths = [self.paths[number] for number in chosen]
        new = f"G{len(self.paths)}.xml"  # twice the same name: two envelopes
        self.paths += [self.invoice(f"a/{new}"), self.invoice(f"b/{new}")]
        death = replace(death, nth=nth)
        code = run(self.simulator.base_url, self.book, paths + self.paths[-2:], death, batch=True)
        assert code in {0, -signal.SIGKILL}

    @rule(number=st.sampled_from(range(len(NAMES))), moment=st.sampled_from(sorted(MOMENTS)))
    def deposit_while_the_platform_dies(self, number: int, moment: str) -> None:
        stop = at(moment, self.simulator.kill)
        try:
            with contextlib.suppress(DepotFluxError):
                self.depot.deposer(CODE, self.paths[number])
        finally:
            stop()
            self.revive()

    @rule(number=st.sampled_from(range(len(NAMES))))
    def deposit_while_the_platform_dies_before_it_answers(self, number: int) -> None:
        before = len(self.stored())
        self.fail("deposer", [{"kind": "latency", "delay": 5}])
        answered = threading.Event()

        def kill() -> None:
            while len(self.stored()) == before and not answered.wait(0.01):
                pass
            self.simulator.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            with contextlib.suppress(DepotFluxError):
                self.depot.deposer(CODE, self.paths[number])
        finally:
            answered.set()
            killer.join()
            self.revive()

    @rule(failing=faults)
    def consult(self, failing: list[dict[str, object]]) -> None:
        self.fail("consulter", failing)
        for recu in self.depot.livre.recus():
            if recu.id_flux:
                before = self.truth(recu.id_flux)
                with contextlib.suppress(DepotFluxError):
                    told = self.depot.consulter(recu.id_flux).statut
                    after = self.truth(recu.id_flux)
                    assert RANK[before] <= RANK[told] <= RANK[after]
                    assert told is after or not told.final

    @rule(seconds=st.integers(1, 10))
    def wait(self, seconds: int) -> None:
        self.pause(seconds)

    @rule()
    def settled(self) -> None:
        settle(self.depot.livre, self.stored())

    @invariant()
    def no_file_was_deposited_twice(self) -> None:
        self.stored()
        assert set(self.received.values()) <= {1}

    @invariant()
    def the_book_holds_every_flux_or_is_unsure_of_it(self) -> None:
        assert holds(self.depot.livre, self.stored())

    def teardown(self) -> None:
        try:
            httpx.delete(f"{self.simulator.url}/_simulator/faults").raise_for_status()
            self.settled()
            for result in self.depot.deposer_lot(CODE, self.paths, timeout=60):
                assert result.dernier is not None, result
                assert result.dernier.final
                assert result.dernier.statut is self.truth(result.dernier.id)
            self.stored()
            assert sorted(self.received.values()) == [1] * len(self.paths)
        finally:
            self.stack.close()

    def invoice(self, name: str) -> Path:
        """A new invoice in the folder of this example."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(facture_ubl(f"F{next(numbers)}"))
        return path

    def fail(self, operation: str, failing: list[dict[str, object]]) -> None:
        """Let the next calls of an operation go wrong."""
        for fault in failing:
            steer(self.simulator.url, "faults", operations=[operation], times=1, **fault)

    def revive(self) -> None:
        """Start the platform again if it is dead, on the data that it left."""
        if self.simulator.process.poll() is not None:
            self.simulator.start()

    def pause(self, seconds: float) -> None:
        """Let time pass on the platform; the controls need some real time too."""
        if self.simulator.process.poll() is None:
            steer(self.simulator.url, "clock", advance=f"{int(seconds * 1000) + 1}ms")
            time.sleep(0.02)

    def stored(self) -> dict[Deposited, str]:
        """Identifier of every flux that the platform stored."""
        address = f"{self.simulator.url}/_simulator/flux"
        for flux in httpx.get(address, params={"limit": 100}).json()["flux"]:
            id_flux = flux["id_flux"]
            if id_flux not in self.flux.values():
                content = httpx.get(f"{address}/{id_flux}/contenu").content
                self.flux[flux["nom"], hashlib.sha256(content).hexdigest()] = id_flux
                self.received.update(files(flux["nom"], content))
        return self.flux

    def truth(self, id_flux: str) -> Statut:
        """The status of a flux as the platform's own detail tells it."""
        detail = httpx.get(f"{self.simulator.url}/_simulator/flux/{id_flux}").json()
        return Statut(detail["statut"])


def files(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Name and sha256 of a deposit's files."""
    if not name.endswith(".tar.gz"):
        yield name, hashlib.sha256(content).hexdigest()
        return
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        for member in archive:
            opened = archive.extractfile(member)
            assert opened is not None
            yield member.name, hashlib.sha256(opened.read()).hexdigest()


def killings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.deep
class TestKillings(Killings.TestCase):  # type: ignore[misc,valid-type]
    settings = killings(5)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), "--pace", "0", "--workers", "1") as simulator:
        yield simulator


def test_a_killed_process_leaves_its_deposit_uncertain_and_the_rest_resumes(
    running: Served, tmp_path: Path
) -> None:
    folder, book = tmp_path / "in", tmp_path / "recus.db"
    folder.mkdir()
    for number in range(4):
        (folder / f"F{number}.xml").write_bytes(facture_ubl(f"K{number}"))
    death = Death("before the outcome is noted", 3, signal.SIGKILL)
    assert run(running.base_url, book, sorted(folder.iterdir()), death) == -signal.SIGKILL
    with client_of(running.base_url, book) as depot:
        states = {recu.nom: recu.etat for recu in depot.livre.recus()}
        assert states == {
            "F0.xml": Etat.DEPOSE, "F1.xml": Etat.DEPOSE, "F2.xml": Etat.EN_COURS,
        }  # fmt: skip
        results = depot.deposer_lot(CODE, folder.iterdir(), timeout=20)
        assert [result.incertain for result in results] == [False, False, True, False]
        assert [r.flux.repris for r in results if r.flux] == [True, True, False]
        assert all(r.recevable for r in results if r.flux)


@pytest.mark.deep
def test_a_platform_killed_in_the_middle_costs_nothing_but_patience(tmp_path: Path) -> None:
    paths = [tmp_path / f"F{number}.xml" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(facture_ubl(f"P{number}"))
    with (
        served(tmp_path, "--pace", "0", "--workers", "1") as simulator,
        client_of(simulator.base_url, tmp_path / "recus.db") as depot,
    ):
        flux = [depot.deposer(CODE, paths[0])]
        simulator.kill()
        depot._clock.sleep = lambda _seconds: None
        with pytest.raises(DepotFluxError):
            depot.deposer(CODE, paths[1])
        simulator.start()
        depot.close()
        with client_of(simulator.base_url, tmp_path / "recus.db") as again:
            for recu in again.livre.recus():
                if recu.etat is Etat.INCERTAIN:  # the connection was open when it died
                    again.livre.liberer(recu.numero)
            flux += [again.deposer(CODE, path) for path in paths]
            assert flux[0].id == flux[1].id
            assert all(again.attendre(f, timeout=20).recevable for f in flux)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(map(str, fault.values())))
def test_the_simulators_own_faults_on_a_socket(
    running: Served, tmp_path: Path, fault: dict[str, object]
) -> None:
    name = f"{tmp_path.name}.xml"
    with client_of(running.base_url, tmp_path / "recus.db") as depot:
        depot._clock.sleep = lambda _: None
        with pytest.raises(RequeteRefuseeError):  # the connection and the token are there
            depot.consulter(unknown())
        steer(running.url, "faults", operations=["deposer"], times=1, **fault)
        try:
            depot.deposer(CODE, b"<a/>", nom=name)
        except DepotIncertain as error:
            there = stored_as(running.url, name)
            if there:
                depot.livre.confirmer(error.recu.numero, *there)
            else:
                depot.livre.liberer(error.recu.numero)
        except IndisponibleError:  # the line broke before the last block left
            assert stored_as(running.url, name) == []
        flux = depot.deposer(CODE, b"<a/>", nom=name)
        assert stored_as(running.url, name) == [flux.id]


def stored_as(url: str, name: str) -> list[str]:
    """Identifiers of the flux that the simulator holds under a name."""
    page = httpx.get(f"{url}/_simulator/flux", params={"limit": 100}).json()
    return [flux["id_flux"] for flux in page["flux"] if flux["nom"] == name]


def test_no_secret_reaches_a_log(
    running: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with client_of(running.base_url, tmp_path / "recus.db") as depot:
        flux = depot.deposer(CODE, facture_ubl("S1"), nom="S1.xml")
        steer(running.url, "faults", operations=["consulter"], times=1, kind="expired_token")
        depot.consulter(flux)
        with pytest.raises(DepotFluxError):
            depot.consulter(unknown())
    assert {"httpx", "httpcore.http11"} <= {record.name for record in caplog.records}
    assert not [secret for secret in SECRETS if secret in caplog.text]
