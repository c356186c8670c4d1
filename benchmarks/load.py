"""Loads a server from a process of its own, and says what each call took of the machine."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import httpx
import psutil

from tests.support.served import Served

CONNECTIONS = 8
SECONDS = 3.0
_LOOK_SECONDS = 0.5
_AT_REST = 0.1  # of a processor
BOUNDARY = "bench-boundary"
_spawn = get_context("spawn")


def multipart(content: bytes, name: str = "a.xml") -> bytes:
    """A deposit's body, each part with its type: Prism ends at one without."""
    part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    head = f'{part}"codeInterface"\r\nContent-Type: text/plain\r\n\r\nFSO3110A\r\n'
    head += f'{part}"fichier"; filename="{name}"\r\nContent-Type: application/xml\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def load(host: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> float:
    """Requests a second over CONNECTIONS kept connections, in a process of its own."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request_bytes = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
    result = _spawn.Value("d", 0.0)
    job = _spawn.Process(target=_load, args=(host, request_bytes, result))
    job.start()
    job.join()
    return float(result.value)


def _load(host: str, request_bytes: bytes, result: Any) -> None:
    # Bare sockets: a client library would take more of the machine than the server it measures.
    address, _, port = host.partition(":")
    stop = time.perf_counter() + SECONDS
    counts = [0] * CONNECTIONS

    def run(number: int) -> None:
        with socket.create_connection((address, int(port))) as connection:
            while time.perf_counter() < stop:
                connection.sendall(request_bytes)
                answer = connection.recv(65536)
                assert answer[9:11] == b"20", answer
                while not _complete(answer):
                    answer += connection.recv(65536)
                counts[number] += 1

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(run, range(CONNECTIONS)))
    result.value = sum(counts) / SECONDS


def _complete(answer: bytes) -> bool:
    head, separator, rest = answer.partition(b"\r\n\r\n")
    head = head.lower()
    if b"transfer-encoding: chunked" in head:
        return rest.endswith(b"0\r\n\r\n")
    length = head.partition(b"content-length:")[2].partition(b"\r")[0]
    return bool(separator) and len(rest) >= int(length or 0)


class Turn(NamedTuple):
    """What a load found: calls a second, and microseconds of all the server's processors a call."""

    calls: float
    cpu: float


class Load:
    """The same call on one server, again and again.

    Args:
        pid: of the server's first process.
        port: where it listens.
        method: of the call.
        path: of the call.
        body: of the call.
        headers: of the call.
    """

    def __init__(
        self, pid: int, port: int, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> None:
        self._process = psutil.Process(pid)
        self._call = (f"127.0.0.1:{port}", method, path, body, headers)

    def run(self) -> Turn:
        """Load it for a while."""
        before = self._spent()
        calls = load(*self._call)
        return Turn(calls, (self._spent() - before) / (calls * SECONDS) * 1_000_000)

    def rest(self) -> None:
        """Wait for what the calls left to be done: it would take from whoever is loaded next."""
        while True:
            before = self._spent()
            time.sleep(_LOOK_SECONDS)
            if self._spent() - before < _AT_REST * _LOOK_SECONDS:
                return

    def _spent(self) -> float:
        processes = [self._process, *self._process.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in processes)


def consulting(simulator: Served) -> Load:
    """Asks for a flux that is deposited now."""
    headers = simulator.access()
    answer = httpx.post(f"{simulator.url}/flux", content=multipart(b"<x/>"), headers=headers | FORM)
    path = f"/flux/{answer.json()['idFlux']}"
    return Load(simulator.process.pid, simulator.port, "GET", path, b"", headers)


def depositing(simulator: Served) -> Load:
    """Deposits the same small file."""
    body = multipart(b"x" * 4096)
    headers = simulator.access() | FORM
    return Load(simulator.process.pid, simulator.port, "POST", "/flux", body, headers)
