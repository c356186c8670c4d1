"""What the control plane costs while nobody steers: throughput with it and without, in one run.

    python -m benchmarks.control_plane

Both simulators run side by side and are loaded in turns, so that what else the machine does falls
on both alike; a ratio is the median of those of neighbouring turns. Beside the throughput stands
the processor time that the simulator's processes spend on a call: it says the same and wavers
less on a machine that others use too.
"""

import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.support.contract import CONTRACT
from tests.support.served import Served, served

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
    calls = [(one.calls, other.calls) for one, other in pairs]
    cpu = [(one.cpu, other.cpu) for one, other in pairs]
    result = {
        "calls a second": _compared(calls),
        "processor time of a call, µs": _compared(cpu),
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if result["calls a second"]["ratio"] >= 0.95 else 1


def _compared(pairs: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "control plane idle": round(statistics.median(one for one, _ in pairs), 1),
        "--no-control-plane": round(statistics.median(other for _, other in pairs), 1),
        "ratio": round(statistics.median(one / other for one, other in pairs), 3),
    }


def _pair(loads: "list[_Load]", turn: int) -> "tuple[_Turn, _Turn]":
    """One turn of each, every other time in the other order."""
    order = (0, 1) if turn % 2 else (1, 0)
    found = {number: loads[number].run(SECONDS) for number in order}
    return found[0], found[1]


class _Turn(NamedTuple):
    calls: float
    cpu: float


class _Load:
    def __init__(self, simulator: Served) -> None:
        self._port = simulator.port
        self._process = psutil.Process(simulator.process.pid)
        self._headers = simulator.access()
        with simulator.api() as api:
            id_flux = api.deposer(b"<x/>").accept().id_flux
        self._path = CONTRACT.location(id_flux, CONTRACT.base_path)

    def run(self, seconds: float) -> _Turn:
        """Load it."""
        before = self._cpu()
        with multiprocessing.Pool(CLIENTS) as pool:
            arguments = (self._port, self._path, self._headers, seconds)
            calls = sum(pool.starmap(_consult, [arguments] * CLIENTS))
        spent = self._cpu() - before
        return _Turn(calls, spent / (calls * seconds) * 1_000_000)

    def _cpu(self) -> float:
        processes = [self._process, *self._process.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in processes)


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
