"""A user's own tests: calls of any client held to the contract, and the checks as tests."""

import asyncio
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest
import requests

from depot_flux import DepotFlux
from depot_flux_contract.testing import ContractBrokenError, Side, Watch
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from tests.support.verifying import configuration
from tests.support.wrong import Wrong
from tests.verify.faults import A200ForA201, AMissingField

pytestmark = pytest.mark.reconstruction
pytest_plugins = ("pytester",)

PLUGIN = (
    ()
    if any(
        each.value == "depot_flux_contract.pytest_plugin" for each in entry_points(group="pytest11")
    )
    else ("-p", "depot_flux_contract.pytest_plugin")
)
"""A checkout that was installed before the plugin was there does not load it by itself."""


def test_the_facade_breaks_nothing(simulator: Simulator, tmp_path: Path) -> None:
    settings = configuration(simulator, simulator.applications[0], tmp_path / "recus.db")
    with Watch() as watch, DepotFlux(settings, transport=watch.transport(simulator.transport)) as d:
        flux = d.deposer("FSO3110A", facture_ubl(), nom="facture.xml")
        d.consulter(flux)
    assert len(watch.exchanges) == 3


@pytest.mark.parametrize("fault", [A200ForA201, AMissingField])
def test_a_wrong_platform_is_told_as_a_report(fault: type[Wrong], simulator: Simulator) -> None:
    watch = Watch(side="platform")
    headers = simulator.headers()
    transport = watch.transport(fault(simulator))
    with httpx.Client(transport=transport, base_url=simulator.url, headers=headers) as client:
        simulator.calls(client).deposer(facture_ubl())
        simulator.calls(client).consulter(simulator.deposit(facture_ubl()))
    with pytest.raises(ContractBrokenError) as caught:
        watch.check()
    message = str(caught.value)
    assert {finding.check for finding in caught.value.findings} == {fault.check}
    for part in ("rule ", "source ", "came ", "repeat  curl", "spec/depot-flux-g2b.yaml:"):
        assert part in message
    assert headers["cpro-account"] not in message


def test_a_wrong_client_is_told_too(simulator: Simulator) -> None:
    watch = Watch(side=Side.CLIENT)
    with httpx.Client(transport=watch.transport(simulator.transport), base_url=simulator.url) as c:
        c.post("/flux", content=b"<a/>")
    told = {finding.check for finding in watch.findings}
    assert told == {"request-access", "request-content-type"}


def test_an_exception_of_the_test_itself_is_not_hidden(simulator: Simulator) -> None:
    def broken() -> None:
        with Watch() as watch:
            request = httpx.Request("GET", f"{simulator.url}/flux/1")
            assert watch.pair(request, httpx.Response(200, content=b""))
            raise KeyError

    with pytest.raises(KeyError):
        broken()


def test_requests_is_held_too_and_so_is_asynchronous_code(simulator: Simulator) -> None:
    watch = Watch()
    url = simulator.serve()
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", watch.adapter())
        answer = session.get(f"{url}/flux/1-2", headers=simulator.headers(), timeout=10)
    assert answer.status_code == 400
    assert [finding.check for finding in watch.findings] == ["request-parameters"]

    async def call() -> None:
        transport = watch.async_transport(simulator.transport)
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(f"{simulator.url}/flux/3-4", headers=simulator.headers())

    asyncio.run(call())
    assert len(watch.findings) == len(watch.exchanges) == 2


@pytest.mark.deep
def test_the_fixture_fails_the_test_that_broke_the_contract(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_mine(depot_flux_watch):
            request = httpx.Request("GET", "https://host/flux/1-2")
            depot_flux_watch.pair(request, httpx.Response(404))
        """
    )
    done = pytester.runpytest_subprocess(*("-n", "0", "-p", "no:cacheprovider", *PLUGIN))
    done.stdout.fnmatch_lines(["*request-access*", "*rule *", "*source *"])
    done.assert_outcomes(passed=1, errors=1)


@pytest.mark.deep
def test_the_checks_run_as_tests(tmp_path: Path) -> None:
    with Simulator(start=None, pace=0.01) as simulator:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *PLUGIN),
                *("--pyargs", "depot_flux_contract.suite"),
                *("--base-url", simulator.serve(), "--profile", "simulator", "--rate", "200"),
                *("-k", "token or identifier or limit"),
            ],
            cwd=tmp_path,
            env={**os.environ, "DEPOT_FLUX_FICHIER_RECUS": str(tmp_path / "recus.db")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not verified: for platforms of one's own: --deep" in done.stdout
    assert " passed, " in done.stdout


@pytest.mark.deep
def test_a_suite_without_a_platform_ends_at_once_and_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", *PLUGIN, "--pyargs"]
    done = subprocess.run(
        [
            *command,
            "depot_flux_contract.suite",
            "--base-url",
            "http://127.0.0.1:1",
            "--profile",
            "simulator",
        ],
        cwd=tmp_path,
        env={**os.environ, "DEPOT_FLUX_FICHIER_RECUS": str(tmp_path / "recus.db")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "cannot be reached" in done.stdout + done.stderr
