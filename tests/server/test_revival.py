"""Whatever dies or hangs comes back; nobody starts it by hand."""

import asyncio
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from multiprocessing import Value, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve import kept, workers
from depot_flux_simulator.serve.kept import Kept, Pulse
from depot_flux_simulator.serve.processes import Stops, become_child
from depot_flux_simulator.serve.workers import Respawns, WatchedWorkers, end_when_hung
from tests.server.test_served import FINAL, engine_of, family_of, until
from tests.support.served import Served, served

GOOD = facture_ubl()


def test_a_process_is_gone_when_its_number_long_stays_the_same() -> None:
    number = Value("q", 0)
    pulse = Pulse(number)
    assert not any(pulse.is_gone() for _ in range(30))  # it is starting
    for _ in range(3):
        number.value += 1
        assert not any(pulse.is_gone() for _ in range(6))
    assert any(pulse.is_gone() for _ in range(3))
    pulse.reset()
    assert not pulse.is_gone()


def sleeper() -> BaseProcess:
    """A child that does nothing, ever."""
    process: BaseProcess = get_context("fork").Process(target=time.sleep, args=(60,), daemon=True)
    process.start()
    return process


def test_a_child_is_stopped_when_two_looks_say_so() -> None:
    process, stops = sleeper(), Stops()
    child = psutil.Process(process.pid)
    assert not any(stops.holds(child.pid) for _ in range(3))
    for _ in range(2):
        child.suspend()
        until(lambda: child.status() == psutil.STATUS_STOPPED)
        assert [stops.holds(child.pid) for _ in range(3)] == [False, True, True]
        child.resume()
        until(lambda: child.status() != psutil.STATUS_STOPPED)
        assert not any(stops.holds(child.pid) for _ in range(3))
    process.kill()
    process.join()
    assert not any(stops.holds(child.pid) for _ in range(3))


@pytest.mark.parametrize("end", ["kill", "suspend", "hang"])
def test_what_is_kept_is_started_again_whatever_becomes_of_it(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(kept, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(kept, "_APART_SECONDS", 0.0)
    started: list[BaseProcess] = []
    hangs: list[int] = []
    told: list[int] = []

    def start() -> BaseProcess:
        started.append(sleeper())
        return started[-1]

    watched = Kept("sleeper", start, lambda: bool(hangs) and hangs.pop() == 1)
    for _ in range(5):
        watched.look(lambda: told.append(1))
        watched.wait()
    assert (len(started), told) == (1, [])
    hangs.append(1) if end == "hang" else getattr(psutil.Process(started[0].pid), end)()

    def number() -> int:
        watched.look(lambda: told.append(1))
        watched.wait()
        return len(started)

    until(lambda: number() == 2, 10)
    assert told == [1]
    assert not started[0].is_alive()
    assert started[1].is_alive()
    # One that cannot live is not started as fast as it dies.
    monkeypatch.setattr(kept, "_APART_SECONDS", 100.0)
    started[1].kill()
    started[1].join()
    assert {number() for _ in range(5)} == {2}
    monkeypatch.setattr(kept, "_APART_SECONDS", 0.0)
    until(lambda: number() == 3, 10)
    watched.end()
    assert not started[2].is_alive()


def test_a_worker_that_is_stopped_or_forgotten_is_started_again() -> None:
    workers = [
        SimpleNamespace(idx=number, inner=sleeper(), interrupt_by_parent=number == 3)
        for number in range(4)
    ]
    server = SimpleNamespace(
        wrks=workers, interrupt_children=[], main_loop_interrupt=threading.Event()
    )
    psutil.Process(workers[0].inner.pid).suspend()
    workers[1].inner.kill()
    workers[3].inner.kill()
    with WatchedWorkers(server):
        until(server.main_loop_interrupt.is_set, 10)
        until(lambda: sorted(server.interrupt_children) == [0, 1], 10)
    assert workers[2].inner.is_alive()
    workers[2].inner.kill()


def _family(tell: Connection) -> None:
    def child() -> None:
        become_child()
        tell.send(os.getpid())
        time.sleep(60)

    get_context("fork").Process(target=child).start()
    time.sleep(60)


@pytest.mark.skipif(sys.platform != "linux", reason="no way to ask for it")
def test_a_process_that_is_stopped_ends_with_the_one_that_started_it() -> None:
    context = get_context("fork")
    told, tell = context.Pipe(duplex=False)
    parent = context.Process(target=_family, args=(tell,))
    parent.start()
    assert told.poll(20)
    child = psutil.Process(told.recv())
    child.suspend()
    parent.kill()
    parent.join()

    def gone() -> bool:
        return not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    until(gone, 10)


def test_a_process_whose_loop_stands_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HUNG_SECONDS", 0.3)
    monkeypatch.setattr(workers, "_TURN_SECONDS", 0.02)

    async def life(seconds: float) -> None:
        await asyncio.sleep(0.6)
        time.sleep(seconds)
        os._exit(0)

    def run(seconds: float) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        end_when_hung()
        loop.run_until_complete(life(seconds))

    codes = []
    for seconds in (0.0, 20.0):
        process = get_context("fork").Process(target=run, args=(seconds,))
        process.start()
        process.join(10)
        codes.append(process.exitcode)
        process.kill()
    assert codes == [0, 1]


def test_only_many_deaths_in_a_row_end_the_server() -> None:
    deaths = Respawns()
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
    return family_of(simulator)[0]


def workers_of(simulator: Served) -> list[psutil.Process]:
    """Those that answer."""
    return family_of(simulator)[2]


def a_worker_of(simulator: Served) -> psutil.Process:
    """One of those that answer."""
    return workers_of(simulator)[0]


def is_answered(simulator: Served) -> bool:
    """Whether a call is."""
    try:
        return httpx.get(f"{simulator.url}/openapi.json", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


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
@pytest.mark.parametrize("family", ["engine", "supervisor", "worker"])
def test_what_is_stopped_is_replaced(running: Served, family: str) -> None:
    victims = {"engine": engine_of, "supervisor": supervisor_of, "worker": a_worker_of}
    stopped = victims[family](running)
    stopped.suspend()
    psutil.wait_procs([stopped], timeout=20)
    assert not stopped.is_running()
    until(lambda: len(workers_of(running)) == 2, 20)
    until(lambda: is_answered(running), 20)
    controls(running, 20)


@pytest.mark.deep
def test_the_first_process_is_not_left_stopped(running: Served) -> None:
    first = psutil.Process(running.process.pid)
    first.suspend()
    until(lambda: first.status() != psutil.STATUS_STOPPED, 20)
    workers_of(running)[0].kill()
    until(lambda: len(workers_of(running)) == 2, 20)
    until(lambda: is_answered(running), 20)


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell who is stopped")
def test_the_first_process_is_not_left_stopped_beside_its_supervisor(running: Served) -> None:
    first, supervisor = psutil.Process(running.process.pid), supervisor_of(running)
    supervisor.suspend()
    first.suspend()
    until(lambda: first.status() != psutil.STATUS_STOPPED, 20)
    psutil.wait_procs([supervisor], timeout=20)
    assert not supervisor.is_running()
    controls(running, 20)


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="the system does not show its locks")
@pytest.mark.parametrize("family", ["engine", "worker"])
def test_who_is_stopped_while_it_writes_holds_nobody_up_for_good(
    running: Served, family: str
) -> None:
    over = threading.Event()
    victim = {"engine": engine_of, "worker": a_worker_of}[family]
    inode = (running.folder / "flux.db-contenus" / "write.lock").stat().st_ino

    stopped: list[psutil.Process] = []

    def deposit_many() -> None:
        with running.api() as calls:
            while not over.is_set():
                with suppress(httpx.TransportError):  # its worker may be replaced
                    calls.deposer(GOOD)

    def is_stopped_while_it_writes() -> bool:
        try:
            found = victim(running)
            found.suspend()
        except (IndexError, psutil.NoSuchProcess):  # it is being replaced
            return False
        stopped[:] = [found]
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        held = any(
            "->" not in lock and lock[4] == str(found.pid) and lock[5].endswith(f":{inode}")
            for lock in locks
        )
        if not held:
            with suppress(psutil.NoSuchProcess):  # it was seen stopped, and replaced
                found.resume()
        return held

    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(deposit_many)
        until(is_stopped_while_it_writes)
        over.set()
    assert psutil.wait_procs(stopped, timeout=20)[1] == []
    until(lambda: is_answered(running), 20)
    controls(running, 30)


@pytest.mark.deep
def test_workers_that_are_killed_again_and_again_come_back(running: Served) -> None:
    for _ in range(4):
        workers_of(running)[0].kill()
        time.sleep(0.7)  # four deaths within five seconds

    until(lambda: len(workers_of(running)) == 2, 10)
    until(lambda: is_answered(running), 10)
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


@pytest.mark.deep
def test_a_supervisor_that_finds_the_store_busy_waits_for_it(tmp_path: Path) -> None:
    with served(tmp_path, "--pace", "0") as running:
        supervisor, engine, _ = family_of(running)
        with closing(sqlite3.connect(tmp_path / "flux.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            supervisor.kill()
            until(lambda: "the supervisor waits" in running.said())
        until(lambda: engine_of(running).pid != engine.pid)
        with running.api() as calls:
            flux = calls.deposer(GOOD, "after.xml").accept().id_flux
            until(lambda: calls.consulter(flux).statut is Statut.RECEVABLE)
        assert "Traceback" not in running.said()


@pytest.mark.deep
def test_what_cannot_be_swept_ends_no_watch_over_the_engines(tmp_path: Path) -> None:
    with served(tmp_path):
        pass
    contents = tmp_path / "flux.db-contenus"
    (contents / "ecartes").write_text("somebody's", "utf-8")
    stray = contents / ("0" * 32)
    stray.touch(0o600)
    os.utime(stray, (1e9, 1e9))
    with served(tmp_path, "--pace", "0") as running:
        supervisor, engine, _ = family_of(running)
        engine.kill()
        until(lambda: engine_of(running).pid != engine.pid)
        assert family_of(running)[0].pid == supervisor.pid
    assert stray.exists()
