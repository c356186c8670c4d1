"""How soon what dies or is stopped is back.

    python -m benchmarks.revival

From the signal until a flux that is deposited right after has its verdict, for the supervisor and
the engine; until every worker there should be answers, for a worker.
"""

import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import httpx
import psutil

from depot_flux_simulator.samples import facture_ubl
from tests.server.test_revival import a_worker_of, supervisor_of, workers_of
from tests.server.test_served import FINAL, engine_of
from tests.support.served import Served, served

ROUNDS = 3
WORKERS = 2
GOOD = facture_ubl()


def controls(simulator: Served) -> None:
    """Deposit a flux and wait for its verdict, whatever breaks off meanwhile."""
    while True:
        try:
            with simulator.api() as calls:
                flux = calls.deposer(GOOD, "after.xml").accept().id_flux
                while calls.consulter(flux).statut not in FINAL:
                    time.sleep(0.01)
                return
        except (httpx.TransportError, KeyError):
            time.sleep(0.01)


def answer(simulator: Served, gone: psutil.Process) -> None:
    """Wait until as many listen as did before, and a call is answered."""
    while True:
        try:
            workers = [w for w in workers_of(simulator) if w != gone]
            if len([w for w in workers if any(_listens(w, simulator.port))]) == WORKERS:
                with httpx.Client(timeout=1) as client:
                    client.get(f"{simulator.url}/openapi.json")
                return
        except (httpx.TransportError, psutil.Error):
            pass
        time.sleep(0.02)


def _listens(process: psutil.Process, port: int) -> list[bool]:
    found = process.net_connections("tcp")
    return [c.laddr.port == port for c in found if c.status == psutil.CONN_LISTEN]


def main() -> None:
    """Measure each."""
    victims: list[tuple[str, Callable[[Served], psutil.Process]]] = [
        ("engine", engine_of),
        ("supervisor", supervisor_of),
        ("worker", a_worker_of),
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), "--pace", "0", "--workers", str(WORKERS)) as simulator,
    ):
        for name, victim in victims:
            for kind in (signal.SIGKILL, signal.SIGSTOP):
                times = []
                for _ in range(ROUNDS):
                    time.sleep(1)
                    struck = victim(simulator)
                    began = time.perf_counter()
                    struck.send_signal(kind)
                    if name == "worker":
                        answer(simulator, struck)
                    else:
                        controls(simulator)
                    times.append(time.perf_counter() - began)
                print(
                    f"{name:<12} {kind.name:<8} back after, s {median(times):>6.2f}"
                    f"   at most {max(times):.2f}  (under 2)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
