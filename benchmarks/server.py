"""Benchmarks of the served simulator against a bare Flask route under the same server.

    make bench

Everything is measured in one run, the two sides in turn; what counts are the ratios.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import psutil
from flask import Flask, Response, request
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from benchmarks.load import CONNECTIONS, FORM, Load, Turn, multipart
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Calls
from tests.support.served import Served, free_port, port_is_free, served

WORKERS = 2
THREADS = 4  # of the bare routes; the simulator has its own way
ROUNDS = 3


def bare_app() -> Flask:
    """What the simulator is measured against: routes that do the least there is to do."""
    app = Flask("bare")
    folder = Path(tempfile.mkdtemp())

    @app.get("/flux/<id_flux>")
    def read(id_flux: str) -> Response:
        return Response(b'{"statut":"RECEVABLE"}', content_type="application/json")

    @app.post("/flux")
    def drop() -> tuple[dict[str, str], int]:
        request.files["fichier"].stream.read()
        return {"idFlux": "1"}, 201

    @app.post("/keep")
    def keep() -> tuple[dict[str, str], int]:
        request.files["fichier"].save(folder / "kept")
        return {"idFlux": "1"}, 201

    return app


def serve_bare(port: int) -> None:
    """The bare routes under the simulator's server, as WSGI, which is what suits them best."""
    Server(
        f"{__name__}:bare_app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        factory=True,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=2,
    ).serve()


class Bare(NamedTuple):
    """The bare server: its first process, and where it listens."""

    pid: int
    port: int


@contextmanager
def bare() -> Iterator[Bare]:
    """The bare server, in a process of its own."""
    port = free_port()
    command = f"from benchmarks.server import serve_bare; serve_bare({port})"
    process = subprocess.Popen([sys.executable, "-c", command], start_new_session=True)
    try:
        while port_is_free(port):
            time.sleep(0.05)
        time.sleep(1)
        yield Bare(process.pid, port)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def compared(title: str, ours: Callable[[], float], theirs: Callable[[], float], need: str) -> None:
    """Print both sides and their ratio, pair by pair in turn."""
    printed(title, [(ours(), theirs()) for _ in range(ROUNDS)], need)


def printed(title: str, pairs: list[tuple[float, float]], need: str) -> None:
    """Print both sides and the ratio, the middle of those of the pairs."""
    ratio = median(a / b for a, b in pairs)
    a, b = median(a for a, _ in pairs), median(b for _, b in pairs)
    print(f"{title:<50} {a:>10.2f} {b:>10.2f}   ratio {ratio:.2f}  ({need})", flush=True)


def memory_mb(process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Memory in MB, what processes share counted once: of those that answer, and of all.

    The first child is the supervisor, whose child is the engine; the others answer.
    """
    main = psutil.Process(process.pid)
    supervisor, *workers = main.children()
    controls = [supervisor, *supervisor.children()]
    answering, controlling = (
        sum(p.memory_full_info().pss for p in processes) / 1e6
        for processes in ([main, *workers], controls)
    )
    return answering, answering + controlling


@contextmanager
def peak(process: "subprocess.Popen[bytes]") -> Iterator[list[float]]:
    """Samples the memory of a simulator; the list holds the highest seen, as `memory_mb`."""
    highest = [0.0, 0.0]
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.01):
            highest[:] = map(max, highest, memory_mb(process))

    thread = threading.Thread(target=sample)
    thread.start()
    yield highest
    stop.set()
    thread.join()


def throughput(simulator: Served, bare_server: Bare) -> None:
    """Consultations and small deposits a second."""
    access = simulator.access()
    headers = {**access, **FORM}
    small = multipart(b"x" * 4096)
    answer = httpx.post(f"{simulator.url}/flux", content=small, headers=headers).json()
    path = f"/flux/{answer['idFlux']}"
    both = (simulator.process.pid, simulator.port), (bare_server.pid, bare_server.port)

    def loads(*call: Any) -> tuple[Load, Load]:
        ours, theirs = (Load(*server, *call) for server in both)
        return ours, theirs

    in_turns("consultations", loads("GET", path, b"", access), "at least 0.85")
    in_turns("durable 4 kB deposits", loads("POST", "/flux", small, headers), "at least 0.45")


def in_turns(title: str, loads: tuple[Load, Load], need: str) -> None:
    """Load both servers in turns; print calls a second and processor time a call."""

    def turn(load: Load) -> Turn:
        found = load.run()
        load.rest()
        return found

    for load in loads:
        turn(load)  # warm
    pairs = [[turn(load) for load in loads] for _ in range(ROUNDS)]
    printed(f"{title} a second", [(one.calls, other.calls) for one, other in pairs], need)
    spent = [(one.cpu, other.cpu) for one, other in pairs]
    printed(f"{title}: processor time of a call, us", spent, "what the ratio comes from")


def big_deposit(simulator: Served, bare_server: Bare) -> None:
    """One deposit of 30 Mo: how long, how much memory."""
    headers = {**simulator.access(), **FORM}
    body = multipart(b"<a>" + b"x" * 29_999_993 + b"</a>", "big.xml")

    def timed(url: str) -> float:
        start = time.perf_counter()
        assert httpx.post(url, content=body, headers=headers, timeout=60).status_code == 201
        return (time.perf_counter() - start) * 1000

    with peak(simulator.process) as highest:
        compared(
            "30 Mo deposit, ms (bare: stores the file)",
            lambda: timed(f"{simulator.url}/flux"),
            lambda: timed(f"http://127.0.0.1:{bare_server.port}/keep"),
            "under 3",
        )
        time.sleep(3)
    print(f"{'memory meanwhile of what answers, MB':<50} {highest[0]:>10.0f}   (under 150)")
    print(f"{'with the controls of the flux, MB':<50} {highest[1]:>10.0f}")


def start_up(folder: Path) -> None:
    """From the command to the first healthy answer."""
    times = []
    for number in range(ROUNDS):
        (folder / str(number)).mkdir()
        start = time.perf_counter()
        with served(folder / str(number)):
            times.append(time.perf_counter() - start)
    print(f"{'start-up to the first healthy answer, s':<50} {median(times):>10.2f}")


def nothing_lost(folder: Path) -> None:
    """8 clients, 2,000 deposits, SIGKILL half-way: all accepted flux reach their end."""
    good = facture_ubl()
    accepted: list[str] = []
    refused = [0]
    with served(folder, "--pace", "0") as simulator:

        def deposit_many(_number: int) -> None:
            with simulator.api() as calls:
                accepted.extend(until_accepted(calls) for _ in range(250))

        def until_accepted(calls: Calls) -> str:
            while True:
                # Named anew each time: what was cut may have been stored, and a name comes once.
                try:
                    return calls.deposer(good, f"{uuid4()}.xml").accept().id_flux
                except httpx.TransportError:
                    refused[0] += 1
                    time.sleep(0.2)

        start = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            jobs = [pool.submit(deposit_many, number) for number in range(CONNECTIONS)]
            while len(accepted) < 1000:
                time.sleep(0.01)
            simulator.kill()
            simulator.start()
            for job in jobs:
                job.result()
        waiting = set(accepted)
        with simulator.api() as calls:
            while waiting:
                waiting -= {f for f in waiting if calls.consulter(f).statut is Statut.RECEVABLE}
        seconds = time.perf_counter() - start
    print(
        f"{'2,000 deposits by 8 clients, one SIGKILL':<50} {len(set(accepted)):>10} distinct and "
        f"recevable in {seconds:.0f} s, {refused[0]} calls cut by the kill"
    )


def main() -> None:
    """Run every benchmark."""
    print(f"{'':<50} {'simulator':>10} {'bare':>10}", flush=True)
    with tempfile.TemporaryDirectory() as name, bare() as bare_server:
        folder = Path(name)
        start_up(folder)
        (folder / "main").mkdir()
        options = ("--pace", "0", "--workers", str(WORKERS))
        with served(folder / "main", *options) as simulator:
            throughput(simulator, bare_server)
        (folder / "big").mkdir()
        with served(folder / "big", *options) as simulator:
            big_deposit(simulator, bare_server)
        (folder / "kill").mkdir()
        nothing_lost(folder / "kill")


if __name__ == "__main__":
    main()
