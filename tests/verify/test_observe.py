"""What passes between a client and a platform: carried on, written, held to the contract."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from depot_flux import DepotFlux, RequeteRefuseeError
from depot_flux._http.reading import MAX_ANSWER
from depot_flux.configuration import Configuration
from depot_flux_contract.exchanges import Exchange, Secrets, held_contract
from depot_flux_contract.exchanges.har import HarWriter, read_har
from depot_flux_contract.observe.proxy import Proxy
from depot_flux_contract.observe.watching import Watching
from depot_flux_contract.verify.plan import Pace, Timing
from depot_flux_contract.verify.platform import Recorder
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from tests.client.test_transport import Body
from tests.support.served import free_port
from tests.support.verifying import configuration

pytestmark = pytest.mark.reconstruction
ROOT = Path(__file__).parents[2]


def passed(
    simulator: Simulator, har: Path, *calls: tuple[str, str, dict[str, Any]], contents: bool = False
) -> tuple[list[httpx.Response], list[str]]:
    """Some calls through the proxy: the answers, and the lines it prints."""
    lines: list[str] = []

    async def call() -> list[httpx.Response]:
        with HarWriter(har, Secrets(), contents=contents) as writer:
            watching = Watching(held_contract(), writer, "", lines.append)
            async with httpx.AsyncClient(transport=simulator.transport) as platform:
                made: Any = Proxy(simulator.url, watching, platform)
                proxy = httpx.ASGITransport(made)
                async with httpx.AsyncClient(transport=proxy, base_url="http://proxy") as client:
                    return [await client.request(m, url, **said) for m, url, said in calls]

    return asyncio.run(call()), lines


def test_a_call_is_carried_on_as_it_is(simulator: Simulator, tmp_path: Path) -> None:
    content = facture_ubl() + b"\r\n--+++\x00"
    deposit = {
        "headers": simulator.headers(),
        "files": {"fichier": ("été.xml", content)},
        "data": {"codeInterface": "FSO3110A"},
    }
    har = tmp_path / "seen.har"
    [answer, unknown], lines = passed(
        simulator,
        har,
        ("POST", "/flux", deposit),
        ("GET", "/flux/%C3%A9?a=1", {"headers": simulator.headers()}),
    )
    assert (answer.status_code, unknown.status_code) == (201, 400)
    assert unknown.headers["content-type"] == "application/problem+json"
    assert simulator.content(answer.json()["idFlux"]) == content
    assert [line for line in lines if not line.startswith(" ")] == [
        "client: request-parameters GET /flux/%C3%A9"
    ]
    [first, second] = read_har(har)
    assert (first.received.status, second.received.status) == (201, 400)
    assert "<Invoice" not in har.read_text(encoding="utf-8")
    assert simulator.headers()["cpro-account"] not in har.read_text(encoding="utf-8")


def test_contents_are_kept_where_asked(simulator: Simulator, tmp_path: Path) -> None:
    deposit = {"headers": simulator.headers(), "files": {"fichier": ("a.xml", b"<Invoice/>")}}
    har = tmp_path / "seen.har"
    passed(simulator, har, ("POST", "/flux", deposit), contents=True)
    assert "<Invoice/>" in har.read_text(encoding="utf-8")


def test_a_platform_that_does_not_answer_is_a_502(simulator: Simulator, tmp_path: Path) -> None:
    simulator.fault("reset_before_store", operations=["consulter"])
    answers, _ = passed(simulator, tmp_path / "seen.har", ("GET", "/flux/1", {}))
    assert [answer.status_code for answer in answers] == [502]


@pytest.mark.deep
def unpacking(_request: httpx.Request) -> httpx.Response:
    """An answer of forty thousand bytes that unpacks to forty million."""
    body = Body([gzip.compress(bytes(4 * MAX_ANSWER))])
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body)


def test_an_answer_that_unpacks_beyond_all_measure_is_not_carried_on(tmp_path: Path) -> None:
    async def call() -> httpx.Response:
        with HarWriter(tmp_path / "seen.har", Secrets()) as writer:
            watching = Watching(held_contract(), writer, "", print)
            async with httpx.AsyncClient(transport=httpx.MockTransport(unpacking)) as platform:
                made: Any = Proxy("http://x", watching, platform)
                transport = httpx.ASGITransport(made)
                async with httpx.AsyncClient(transport=transport, base_url="http://p") as client:
                    return await client.get("/flux/1")

    answer = asyncio.run(call())
    assert answer.status_code == 502
    assert len(answer.content) < 1_000


def test_what_verifies_reads_no_more_of_an_answer_than_the_facade() -> None:
    timing, seen = Timing(), list[Exchange]()
    recorder = Recorder(httpx.MockTransport(unpacking), Pace(1_000, timing), timing, seen.append)
    with httpx.Client(transport=recorder) as client:
        assert len(client.get("http://x/flux/1").content) == MAX_ANSWER
    assert [each.received.size for each in seen] == [MAX_ANSWER]


def test_the_facade_through_the_proxy_breaks_nothing(tmp_path: Path) -> None:
    port = free_port()
    with Simulator(start=None, pace=0.05) as simulator:
        command = [
            *(sys.executable, "-c", "from depot_flux_contract.command import main; main()"),
            *("observe", "--to", simulator.serve(), "--port", str(port)),
        ]
        proxy = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        try:
            assert proxy.stdout
            assert f"127.0.0.1:{port} carries on" in proxy.stdout.readline()
            wait_for(port)
            first = configuration(simulator, simulator.applications[0], tmp_path / "recus.db")
            values = {name: getattr(first, name) for name in first.__slots__}
            settings = Configuration(**values | {"base_url": f"http://127.0.0.1:{port}"})
            with DepotFlux(settings) as depot:
                depot.sante()
                flux = depot.deposer("FSO3110A", facture_ubl(), nom="facture.xml")
                assert depot.attendre(flux).statut == "RECEVABLE"
                with pytest.raises(RequeteRefuseeError):
                    depot.consulter("CPP0013110000000000000000")
        finally:
            proxy.send_signal(signal.SIGINT)
        told, _ = proxy.communicate(timeout=20)
    assert proxy.returncode == 0, told
    assert "0 breaches" in told
    seen = json.loads((tmp_path / "observed.har").read_text(encoding="utf-8"))["log"]["entries"]
    assert len(seen) >= 5


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthcheck", headers=ACCESS)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the proxy does not answer")


ACCESS = {"Authorization": "Bearer a.b.c", "cpro-account": "ZGVtbzpkZW1v"}


@pytest.mark.deep
def test_the_facades_own_tests_break_nothing(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    # One of them deposits a code that is none, to see the refusal.
    chosen = ["tests/client/test_depot.py", "-k", "not test_a_refusal_shows"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
            *("-p", "tests.support.watched", *chosen),
        ],
        cwd=ROOT,
        env={**os.environ, "DEPOT_FLUX_WATCHED": str(told)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    calls, _, breaches = told.read_text(encoding="utf-8").partition("\n")
    assert int(calls) > 100
    assert breaches == ""
