"""The served process: over a socket, with many clients, killed and started again."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation.modes import GenerationMode

from depot_flux_contract.verify.checks.cases import let_in
from depot_flux_simulator.access.throttle import FREE
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from tests.support.served import Served, served

FINAL = (Statut.RECEVABLE, Statut.IRRECEVABLE)
GOOD = facture_ubl()
CLIENTS = 8
EACH = 30  # the full 8 × 250 is in the benchmark


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), "--pace", "0") as simulator:
        yield simulator


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_the_contract_holds_over_a_socket(running: Served) -> None:
    schema = schemathesis.openapi.from_path(DEFAULT_CONTRACT)
    schema.config.update(base_url=running.base_url)
    schema.config.generation.update(modes=list(GenerationMode))
    let_in(schema, running.access())
    for operation in schema.get_all_operations():
        run_all(operation.ok())  # type: ignore[union-attr]


def run_all(operation: Any) -> None:
    strategies = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @given(case=st.one_of(strategies))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def every_case(case: Any) -> None:
        case.call_and_validate()

    every_case()


def test_clients_at_once_each_get_their_own_and_none_is_lost_over_a_sigkill(
    tmp_path: Path,
) -> None:
    with served(tmp_path, "--pace", "0") as simulator:
        accepted: list[str] = []
        half = threading.Event()
        stop = threading.Event()

        def deposit_many(number: int) -> None:
            with simulator.api() as calls:
                for rank in range(EACH):
                    try:
                        reply = calls.deposer(GOOD, f"F{number}-{rank}.xml")
                    except httpx.TransportError:
                        return  # killed under way: what was not accepted is the caller's to know
                    accepted.append(reply.accept().id_flux)
                    if len(accepted) >= CLIENTS * EACH // 2:
                        half.set()
                    if stop.is_set():
                        return

        with ThreadPoolExecutor(CLIENTS) as pool:
            jobs = [pool.submit(deposit_many, number) for number in range(CLIENTS)]
            half.wait(60)
            simulator.kill()
            stop.set()
            for job in jobs:
                job.result()
        assert len(accepted) >= CLIENTS * EACH // 2
        assert len(set(accepted)) == len(accepted)

        simulator.start()
        waiting = set(accepted)
        with simulator.api() as calls:

            def all_final() -> bool:
                waiting.difference_update(
                    [flux for flux in waiting if calls.consulter(flux).statut is Statut.RECEVABLE]
                )
                return not waiting

            until(all_final)


@pytest.mark.deep
def test_what_was_under_control_when_killed_is_controlled_after(tmp_path: Path) -> None:
    simulator = Served(tmp_path, "--pace", "0")
    simulator.start()
    with simulator.api() as calls:
        flux = [calls.deposer(GOOD, f"F{n}.xml").accept().id_flux for n in range(20)]
    simulator.kill()
    with served(tmp_path, "--pace", "0") as again, again.api() as calls:
        until(lambda: all(calls.consulter(f).statut is Statut.RECEVABLE for f in flux))


def test_the_engine_killed_alone_is_started_again(running: Served) -> None:
    engine = engine_of(running)
    engine.kill()
    until(lambda: engine_of(running).pid != engine.pid)
    with running.api() as calls:
        flux = calls.deposer(GOOD, "after.xml").accept().id_flux
        until(lambda: calls.consulter(flux).statut in FINAL)
        assert calls.consulter(flux).statut is Statut.RECEVABLE
    assert running.healthy()


def family_of(simulator: Served) -> tuple[psutil.Process, psutil.Process, list[psutil.Process]]:
    """Supervisor, engine and workers, all of one moment: any may be replaced at any time."""
    found: list[tuple[psutil.Process, psutil.Process, list[psutil.Process]]] = []

    def there() -> bool:
        with suppress(psutil.NoSuchProcess):  # one may die while it is looked at
            children = psutil.Process(simulator.process.pid).children()
            parents = [(child, child.children()) for child in children]
            engines = [(child, own[0]) for child, own in parents if own]
            if len(engines) == 1:
                ((supervisor, engine),) = engines
                found.append((supervisor, engine, [one for one in children if one != supervisor]))
        return bool(found)

    until(there)
    return found[0]


def engine_of(simulator: Served) -> psutil.Process:
    """The supervisor's child."""
    return family_of(simulator)[1]


@pytest.mark.parametrize("by", ["SIGINT", "SIGHUP"])
def test_ctrl_c_or_a_terminal_that_closes_stops_everything_at_once(tmp_path: Path, by: str) -> None:
    simulator = Served(tmp_path, "--workers", "2")
    simulator.start()
    children = psutil.Process(simulator.process.pid).children(recursive=True)
    assert simulator.interrupt(signal.Signals[by]) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "Traceback" not in simulator.said()
    assert "again" not in simulator.said()


def test_a_terminal_that_closes_ends_none_that_was_told_to_go_on(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        with served(tmp_path) as simulator:
            os.killpg(simulator.process.pid, signal.SIGHUP)
            time.sleep(0.5)
            assert simulator.healthy()
            assert "again" not in simulator.said()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_two_hundred_slow_uploads_keep_nobody_waiting(running: Served) -> None:
    let_in = "".join(f"{k}: {v}\r\n" for k, v in running.access().items())
    deposit = (
        f"POST /flux HTTP/1.1\r\nHost: x\r\n{let_in}Content-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    token = (
        "POST /api/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\ng"
    )
    with ExitStack() as stack, running.api() as calls:
        for head in [deposit, token] * 100:
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            slow.sendall(head.encode())
        for number in range(20):
            id_flux = calls.deposer(GOOD, f"beside-{number}.xml").accept().id_flux
            assert calls.consulter(id_flux).accepted


@pytest.mark.parametrize("said", ["", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], ids=["", "HTTP/2"])
def test_those_who_say_nothing_keep_nobody_waiting(running: Served, said: str) -> None:
    resource = pytest.importorskip("resource", reason="the system has no such limits")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 6_000:
        pytest.skip("a process may open few files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (3_000, hard))
    try:
        with ExitStack() as stack, running.api() as calls:
            for _ in range(1_500):
                silent = stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
                silent.sendall(said.encode())
            id_flux = calls.deposer(GOOD, "beside.xml").accept().id_flux
            assert calls.consulter(id_flux).accepted
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_wrong_secrets_are_counted_by_all_who_answer_together(running: Served) -> None:
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
    url = f"{running.url}/api/oauth/token"
    codes = [httpx.post(url, data=form).status_code for _ in range(FREE + 2)]
    assert codes == [400] * FREE + [429] * 2


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("GET /_simulator/flux HTTP/1.1", "", 200),
        ("GET /_simulator/flux HTTP/1.0", "", 403),
        ("GET /_simulator/flux HTTP/1.1", "Origin: http://[", 403),
        ("POST /_simulator/page/deposit HTTP/1.1", "Origin: http://[\r\nContent-Length: 0", 403),
        ("GET /_simulator%2Fflux HTTP/1.1", "", 404),
        ("post /_simulator/reset HTTP/1.1", "Content-Length: 0", 405),
    ],
)
def test_what_no_client_sends_is_refused_over_a_socket(
    running: Served, line: str, headers: str, status: int
) -> None:
    host = f"Host: 127.0.0.1:{running.port}"
    sent = "".join(f"{each}\r\n" for each in (line, host, "Connection: close", headers) if each)
    with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
        connection.sendall(f"{sent}\r\n".encode())
        told = connection.makefile("rb").readline()
    assert int(told.split()[1]) == status


@pytest.mark.reconstruction
def test_a_chunked_deposit_without_length_is_taken_or_bounded(running: Served) -> None:
    def body(size: int) -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="codeInterface"\r\n\r\nFSO3110A\r\n'
        yield b'--b\r\nContent-Disposition: form-data; name="fichier"; filename="a.xml"\r\n\r\n'
        for _ in range(size):
            yield b"x" * 1_000_000
        yield b"\r\n--b--\r\n"

    headers = {**running.access(), "Content-Type": "multipart/form-data; boundary=b"}
    good = httpx.post(f"{running.url}/flux", content=body(1), headers=headers, timeout=30)
    assert good.status_code == 201
    try:
        big = httpx.post(f"{running.url}/flux", content=body(105), headers=headers, timeout=60)
    except httpx.TransportError:
        return  # cut while it was still sending: bounded all the same
    assert big.status_code == 413
