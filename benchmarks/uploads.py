"""How long consultations take while many clients are slow to send their bodies.

python -m benchmarks.uploads
"""

import socket
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from depot_flux_simulator.samples import facture_ubl
from tests.support.served import Served, served

SLOW = 200
READERS = 4
SECONDS = 8.0  # less than what a body may take in any case
PACE = 0.02  # between two consultations of a reader


def drip(simulator: Served, over: threading.Event, stack: ExitStack) -> None:
    """Keep bodies coming a few bytes at a time, half of them to the token endpoint."""
    let_in = "".join(f"{k}: {v}\r\n" for k, v in simulator.access().items())
    deposit = (
        f"POST {simulator.base_url.removeprefix(simulator.url)}/flux HTTP/1.1\r\nHost: x\r\n"
        f"{let_in}Content-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    token = (
        "POST /api/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\ng"
    )
    slow = []
    for head in [deposit, token] * (SLOW // 2):
        connection = socket.create_connection(("127.0.0.1", simulator.port))
        slow.append(stack.enter_context(connection))
        connection.sendall(head.encode())
    while not over.wait(0.5):
        for connection in slow:
            with suppress(OSError):
                connection.sendall(b"x" * 10)


def read(simulator: Served, path: str, until: float) -> list[float]:
    """Milliseconds that consultations took, one after the other over a kept connection."""
    lines = [f"GET {path} HTTP/1.1", "Host: x"]
    lines += [f"{name}: {value}" for name, value in simulator.access().items()]
    asked = ("\r\n".join(lines) + "\r\n\r\n").encode()
    taken = []
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=30) as connection:
        while time.monotonic() < until:
            began = time.perf_counter()
            connection.sendall(asked)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
            taken.append((time.perf_counter() - began) * 1_000)
            time.sleep(PACE)
    return taken


def measured(simulator: Served, path: str) -> str:
    """The median and the slowest hundredth of consultations now."""
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(READERS) as pool:
        jobs = [pool.submit(read, simulator, path, until) for _ in range(READERS)]
        taken = [took for job in jobs for took in job.result()]
    p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
    return f"p50 {p50:>6.1f}   p99 {p99:>6.1f}   of {len(taken)}"


def main() -> None:
    """Measure without them, then with them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), "--pace", "0", "--workers", "2") as simulator,
        ExitStack() as stack,
    ):
        with simulator.api() as calls:
            id_flux = calls.deposer(facture_ubl(), "a.xml").accept().id_flux
        path = f"{simulator.base_url.removeprefix(simulator.url)}/flux/{id_flux}"
        print(f"{'consultations alone, ms':<44} {measured(simulator, path)}", flush=True)
        over = threading.Event()
        thread = threading.Thread(target=drip, args=(simulator, over, stack))
        thread.start()
        time.sleep(1)
        title = f"beside {SLOW} slow uploads, ms"
        print(f"{title:<44} {measured(simulator, path)}  (p99 under 100)", flush=True)
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
