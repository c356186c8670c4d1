"""The pytest plugin, as a project that uses it sees it."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

USER_TESTS = """
import pytest
from io import BytesIO
from depot_flux_client.api.flux import consulter_flux, deposer_flux
from depot_flux_client.models import Depot, Statut
from depot_flux_client.types import File

def depot():
    return Depot(File(BytesIO(b"<Invoice/>"), "facture.xml"), "FSO3110A")

def statut(client):
    id_flux = deposer_flux.sync(client=client, body=depot()).id_flux
    return consulter_flux.sync(id_flux, client=client).statut

@pytest.mark.parametrize("turn", range(4))
def test_starts_clean(depot_flux_simulator, depot_flux_client, turn):
    assert depot_flux_simulator.now().hour == 8
    depot_flux_simulator.advance("1h")
    assert statut(depot_flux_client) is Statut.RECU

@pytest.mark.depot_flux(pace=0)
def test_pace(depot_flux_client):
    assert statut(depot_flux_client) is Statut.IRRECEVABLE

@pytest.mark.depot_flux(pace=0, scenario={"statut": "RECEVABLE"})
def test_scenario(depot_flux_client):
    assert statut(depot_flux_client) is Statut.RECEVABLE

@pytest.mark.depot_flux(pace=0)
class TestNearest:
    @pytest.mark.depot_flux(scenario=[{"nom": "*.pdf", "statut": "RECU"}, {"statut": "RECEVABLE"}])
    def test_markers_add_up(self, depot_flux_client):
        assert statut(depot_flux_client) is Statut.RECEVABLE

def test_served(depot_flux_simulator, depot_flux_simulator_url):
    import httpx
    headers = depot_flux_simulator.headers()
    assert httpx.get(depot_flux_simulator_url + "/healthcheck", headers=headers).is_success

@pytest.mark.anyio
async def test_async(depot_flux_simulator, depot_flux_client):
    deposited = await deposer_flux.asyncio(client=depot_flux_client, body=depot())
    depot_flux_simulator.advance("10m")
    found = await consulter_flux.asyncio(deposited.id_flux, client=depot_flux_client)
    assert found.statut is Statut.IRRECEVABLE

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_a_users_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USER_TESTS)
    result = pytester.runpytest_inprocess("-n", "0", "--strict-markers")
    result.assert_outcomes(passed=9)


def test_a_users_tests_under_xdist(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only what a user needs: other plugins of this project's own tests take seconds to load.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(USER_TESTS)
    plugins = ("xdist", "anyio.pytest_plugin", "depot_flux_simulator.testing.pytest_plugin")
    options = [option for plugin in plugins for option in ("-p", plugin)]
    result = pytester.runpytest_subprocess(*options, "-n", "2", "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=9)


def test_a_misspelt_marker_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.depot_flux(pase=0)
        def test_it(depot_flux_simulator):
            pass
    """)
    result = pytester.runpytest_inprocess("-n", "0")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes pace= and scenario=, not*pase*"])


def test_nothing_is_loaded_until_it_is_used() -> None:
    code = (
        "import sys, depot_flux_simulator.testing.pytest_plugin;"
        "heavy = {'flask', 'httpx', 'sqlalchemy', 'lxml', 'depot_flux_client'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-n", "0", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.depot_flux(pace=None, scenario=None):*"])
