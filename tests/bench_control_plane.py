"""What the control plane costs while nobody steers: throughput with it and without, in one run.

    python -m tests.bench_control_plane

Both simulators run side by side and are loaded in turns, so that what else the machine does falls
on both alike; the figure is the median of the ratios of neighbouring turns.
"""

import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.control_plane.steering import deposit
from tests.server.served import Served, served

TURNS = 15
SECONDS = 2.0
CLIENTS = 4


def main() -> int:
    """Print the figures; 0 when the control plane costs at most 5 %."""
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        served(Path(one)) as steered,
        served(Path(other), "--no-control-plane") as bare,
    ):
        loads = [_Load(steered), _Load(bare)]
        for load in loads:
            load.run(1.0)  # warm
        pairs = [_pair(loads, turn) for turn in range(TURNS)]
    ratio = statistics.median(with_it / without for with_it, without in pairs)
    result = {
        "consultations a second, control plane idle": round(statistics.median(p[0] for p in pairs)),
        "consultations a second, --no-control-plane": round(statistics.median(p[1] for p in pairs)),
        "ratio": round(ratio, 3),
        "spread of the ratio": [
            round(found, 3) for found in statistics.quantiles((a / b for a, b in pairs), n=4)
        ],
    }
    print(json.dumps(result, indent=2))
    return 0 if ratio >= 0.95 else 1


def _pair(loads: "list[_Load]", turn: int) -> tuple[float, float]:
    """One turn of each, every other time in the other order."""
    order = (0, 1) if turn % 2 else (1, 0)
    found = {number: loads[number].run(SECONDS) for number in order}
    return found[0], found[1]


class _Load:
    def __init__(self, simulator: Served) -> None:
        self._port = simulator.port
        self._headers = simulator.access()
        client = simulator.client().with_headers(self._headers).get_httpx_client()
        self._path = f"/flux/{deposit(client).json()['idFlux']}"

    def run(self, seconds: float) -> float:
        """Consultations a second."""
        with multiprocessing.Pool(CLIENTS) as pool:
            arguments = (self._port, self._path, self._headers, seconds)
            return sum(pool.starmap(_consult, [arguments] * CLIENTS))


def _consult(port: int, path: str, headers: dict[str, str], seconds: float) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: answered {answer.status}")
        count += 1
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
