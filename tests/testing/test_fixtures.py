"""The fixtures for programs on the facade, or in any language, as a project that uses them does."""

from collections.abc import Iterator

import pytest

from depot_flux_simulator.testing import Simulator

pytest_plugins = ["pytester"]

FACADE_TESTS = """
import pytest
from depot_flux import AsyncDepotFlux, DepotFlux, DepotIncertain, Etat

@pytest.mark.depot_flux(pace=0)
def test_it_deposits_and_follows(depot_flux_facade):
    flux = depot_flux_facade.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
    assert depot_flux_facade.attendre(flux, timeout=5).statut == "IRRECEVABLE"

@pytest.mark.parametrize("turn", range(2))
def test_the_book_is_of_one_test_and_the_platform_is_steered(
    depot_flux_facade, depot_flux_simulator, turn
):
    assert depot_flux_facade.livre.recus() == []
    depot_flux_simulator.fault("reset_after_store", operations=["deposer"])
    with pytest.raises(DepotIncertain):
        depot_flux_facade.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
    [recu] = depot_flux_facade.livre.recus()
    assert recu.etat is Etat.INCERTAIN
    assert len(depot_flux_simulator.search()) == 1

@pytest.mark.anyio
async def test_with_await(depot_flux_async_facade, depot_flux_simulator):
    async with depot_flux_async_facade as depot:
        flux = await depot.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
        depot_flux_simulator.advance("10m")
        assert (await depot.consulter(flux)).final

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

SERVED_TESTS = """
import httpx, pytest

seen = []

@pytest.mark.parametrize("turn", range(2))
def test_one_address_for_all(depot_flux_url, depot_flux_served_simulator, turn):
    seen.append(depot_flux_url)
    assert len(set(seen)) == 1
    assert httpx.get(depot_flux_url.removesuffix("/v7") + "/_simulator/up").text == "up\\n"
    assert depot_flux_url.endswith("/v7")
    depot_flux_served_simulator.deposit(b"<Invoice/>")
    assert len(depot_flux_served_simulator.search()) == turn + 1  # not cleared between them
"""
SERVED_SETTINGS = """
import pytest

@pytest.fixture(scope="session")
def depot_flux_served_settings():
    return {"pace": 0, "base_path": "/v7"}
"""

ELSEWHERE_TESTS = """
import pytest

def test_deposits(depot_flux_facade, depot_flux_url):
    flux = depot_flux_facade.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
    assert depot_flux_facade.attendre(flux, timeout=5).final
    assert depot_flux_facade.configuration.base_url == depot_flux_url

def test_steers(depot_flux_simulator):
    raise AssertionError

def test_steers_what_is_served(depot_flux_served_simulator):
    raise AssertionError

def test_steers_by_url(depot_flux_simulator_url):
    raise AssertionError
"""
ACCESS = {
    "DEPOT_FLUX_CLIENT_ID": "demo-client",
    "DEPOT_FLUX_CLIENT_SECRET": "demo-secret",
    "DEPOT_FLUX_LOGIN": "demo@depot-flux.example",
    "DEPOT_FLUX_MOT_DE_PASSE": "demo-password",
}


@pytest.fixture
def elsewhere() -> Iterator[Simulator]:
    with Simulator(pace=0, start=None) as simulator:
        yield simulator


def test_a_facade_is_ready(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FACADE_TESTS)
    result = pytester.runpytest_inprocess("-n", "0", "--strict-markers")
    result.assert_outcomes(passed=4)


def test_one_address_is_served_for_all_tests(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SERVED_SETTINGS)
    pytester.makepyfile(SERVED_TESTS)
    pytester.runpytest_inprocess("-n", "0", "-p", "no:randomly").assert_outcomes(passed=2)


def test_the_same_tests_run_elsewhere_and_what_steers_is_skipped(
    pytester: pytest.Pytester, elsewhere: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = elsewhere.serve() + elsewhere.base_path
    for name, value in {**ACCESS, "DEPOT_FLUX_FICHIER_RECUS": str(pytester.path / "r.db")}.items():
        monkeypatch.setenv(name, value)
    pytester.makepyfile(ELSEWHERE_TESTS)
    result = pytester.runpytest_inprocess("-n", "0", "-rs", f"--depot-flux-url={url}/")
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines(["*steers the simulator, and --depot-flux-url names another*"])
    assert [view.flux.depot.nom for view in elsewhere.search()] == ["F1.xml"]
    assert (pytester.path / "r.db").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--depot-flux-url=http://127.0.0.1:1"], "*missing: client_id*"),
        (["--depot-flux-url=http://elsewhere.example", "--depot-flux-profile=simulator"],
         "*never travel in clear*"),
        (["--depot-flux-url=https://127.0.0.1:1", "--depot-flux-profile=nobody"],
         "*no profile 'nobody'*"),
        (["--depot-flux-url=https://api.piste.gouv.fr/cpro/v1", "--depot-flux-profile=simulator"],
         "*is a production platform*"),
    ],
)  # fmt: skip
def test_an_access_that_cannot_be_used_is_told_in_one_line(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    told: str,
) -> None:
    monkeypatch.setenv("DEPOT_FLUX_CONFIG", str(pytester.path / "none.toml"))
    pytester.makepyfile("def test_it(depot_flux_facade): pass")
    result = pytester.runpytest_inprocess("-n", "0", *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    assert "pytest_plugin.py" not in result.stdout.str()
