"""Whatever dies or hangs comes back; nobody starts it by hand."""

import signal
import time
from collections.abc import Iterator
from multiprocessing import Value
from pathlib import Path

import httpx
import psutil
import pytest

from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve.server import _Respawns
from depot_flux_simulator.serve.supervisor import _Pulse
from tests.server.test_served import FINAL, until
from tests.support.served import Served, served

GOOD = facture_ubl()


def test_a_process_is_gone_when_its_number_long_stays_the_same() -> None:
    number = Value("q", 0)
    pulse = _Pulse(number)
    assert not any(pulse.is_gone() for _ in range(30))  # it is starting
    for _ in range(3):
        number.value += 1
        assert not any(pulse.is_gone() for _ in range(6))
    assert any(pulse.is_gone() for _ in range(3))
    pulse.reset()
    assert not pulse.is_gone()


def test_only_many_deaths_in_a_row_end_the_server() -> None:
    deaths = _Respawns()
    cycle = 1_000.0
    for _ in range(19):
        assert cycle - deaths.get(0, 0) > 5.5
        deaths[0] = cycle = cycle + 0.1
        deaths.clear()
    assert cycle - deaths.get(0, 0) > 5.5
    deaths[1] = cycle = cycle + 0.1
    assert cycle - deaths.get(0, 0) <= 5.5
    deaths[0] = cycle = cycle + 3_600
    assert cycle - deaths.get(0, 0) > 5.5


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("revival"), "--pace", "0") as simulator:
        yield simulator


def supervisor_of(simulator: Served) -> psutil.Process:
    """The child that has a child of its own."""
    found: list[psutil.Process] = []

    def there() -> bool:
        children = psutil.Process(simulator.process.pid).children()
        found[:] = [child for child in children if child.children()]
        return len(found) == 1

    until(there)
    return found[0]


def engine_of(simulator: Served) -> psutil.Process:
    """The supervisor's child."""
    return supervisor_of(simulator).children()[0]


def workers_of(simulator: Served) -> list[psutil.Process]:
    """Those that answer."""
    children = psutil.Process(simulator.process.pid).children()
    supervisor = supervisor_of(simulator)
    return [child for child in children if child != supervisor]


def controls(simulator: Served, within: float) -> None:
    """A flux is deposited and gets its verdict in time."""
    with simulator.api() as calls:
        flux = calls.deposer(GOOD, "after.xml").accept().id_flux
        until(lambda: calls.consulter(flux).statut in FINAL, within)


@pytest.mark.deep
def test_an_engine_comes_back_whoever_of_its_family_dies(running: Served) -> None:
    for victim in (engine_of, supervisor_of):
        victim(running).kill()
        controls(running, 20)
    assert running.healthy()


@pytest.mark.deep
def test_an_engine_or_a_supervisor_that_hangs_is_replaced(running: Served) -> None:
    for victim in (engine_of, supervisor_of):
        time.sleep(1)
        stopped = victim(running)
        stopped.suspend()
        psutil.wait_procs([stopped], timeout=20)
        assert not stopped.is_running()
        controls(running, 20)


@pytest.mark.deep
def test_workers_that_are_killed_again_and_again_come_back(running: Served) -> None:
    for _ in range(4):
        workers_of(running)[0].kill()
        time.sleep(0.7)  # four deaths within five seconds

    def answers() -> bool:
        try:
            assert len(workers_of(running)) == 2
            return httpx.get(f"{running.url}/openapi.json", timeout=5).status_code == 200
        except (httpx.TransportError, psutil.NoSuchProcess):
            return False

    until(answers, 10)
    assert running.process.poll() is None
    controls(running, 20)


@pytest.mark.deep
def test_two_kills_of_the_engine_condemn_no_valid_flux(tmp_path: Path) -> None:
    from tests.support.controls import UBL_NAME, enveloppe

    files = [(f"F{n}.xml", facture_ubl(f"F{n}")) for n in range(400)]
    with served(tmp_path, "--pace", "0", "--workers", "1") as simulator, simulator.api() as calls:
        flux = calls.deposer(enveloppe(*files), UBL_NAME).accept().id_flux
        for _ in range(2):
            time.sleep(0.3)
            engine_of(simulator).send_signal(signal.SIGKILL)
        until(lambda: calls.consulter(flux).statut in FINAL, 60)
        detail = httpx.get(f"{simulator.url}/_simulator/flux/{flux}").json()
        assert detail["motifs"] == []
        assert detail["statut"] == "RECEVABLE"


@pytest.mark.deep
def test_a_second_server_costs_the_first_nothing(tmp_path: Path) -> None:
    with served(tmp_path, "--pace", "0", "--workers", "1") as simulator:
        with simulator.api() as calls:
            flux = [calls.deposer(GOOD, f"F{n}.xml").accept().id_flux for n in range(20)]
        other = Served(tmp_path)
        with pytest.raises(AssertionError, match="another simulator"):
            other.start()
        assert other.process.returncode == 1
        for id_flux in flux:
            content = httpx.get(f"{simulator.url}/_simulator/flux/{id_flux}/contenu")
            assert content.content == GOOD
