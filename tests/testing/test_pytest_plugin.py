"""The pytest plugin, as a project that uses it sees it."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

USER_TESTS = """
import pytest

@pytest.mark.parametrize("turn", range(4))
def test_starts_clean(depot_flux_simulator, turn):
    assert depot_flux_simulator.now().hour == 8
    depot_flux_simulator.advance("1h")
    assert depot_flux_simulator.search() == []
    assert depot_flux_simulator.status(depot_flux_simulator.deposit(b"<Invoice/>")) == "RECU"

def ends(simulator):
    return simulator.status(simulator.deposit(b"<Invoice/>"))

@pytest.mark.depot_flux(pace=0)
def test_pace(depot_flux_simulator):
    assert ends(depot_flux_simulator) == "IRRECEVABLE"

@pytest.mark.depot_flux(pace=0, scenario={"statut": "RECEVABLE"})
def test_scenario(depot_flux_simulator):
    assert ends(depot_flux_simulator) == "RECEVABLE"

@pytest.mark.depot_flux(pace=0)
class TestNearest:
    @pytest.mark.depot_flux(scenario=[{"nom": "*.pdf", "statut": "RECU"}, {"statut": "RECEVABLE"}])
    def test_markers_add_up(self, depot_flux_simulator):
        assert ends(depot_flux_simulator) == "RECEVABLE"

def test_served(depot_flux_simulator, depot_flux_simulator_url):
    import httpx
    with httpx.Client(
        base_url=depot_flux_simulator_url, headers=depot_flux_simulator.headers()
    ) as client:
        assert depot_flux_simulator.calls(client).deposer(b"<Invoice/>").accepted
"""

CLIENT_TESTS = """
import pytest
from io import BytesIO
from depot_flux_client.api.flux import consulter_flux, deposer_flux
from depot_flux_client.models import Depot, Statut
from depot_flux_client.types import File

def depot():
    return Depot(File(BytesIO(b"<Invoice/>"), "facture.xml"), "FSO3110A")

def test_sync(depot_flux_client):
    id_flux = deposer_flux.sync(client=depot_flux_client, body=depot()).id_flux
    assert consulter_flux.sync(id_flux, client=depot_flux_client).statut is Statut.RECU

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
    result.assert_outcomes(passed=8)


@pytest.mark.reconstruction
def test_a_users_tests_with_the_generated_client(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(CLIENT_TESTS)
    result = pytester.runpytest_inprocess("-n", "0", "--strict-markers")
    result.assert_outcomes(passed=2)


SETTINGS_OF_ALL = """
import pytest

@pytest.fixture(scope="session")
def depot_flux_simulator_settings():
    return {"pace": 0, "base_path": "/everywhere"}
"""
SETTINGS_OF_A_MODULE = """
import pytest
from datetime import UTC, datetime
from depot_flux_simulator.testing import SimulatorSettings

@pytest.fixture(scope="module")
def depot_flux_simulator_settings():
    return SimulatorSettings(start=datetime(2030, 1, 1, tzinfo=UTC))

@pytest.mark.parametrize("turn", range(2))
def test_here(depot_flux_simulator, turn):
    assert depot_flux_simulator.now().year == 2030
    assert depot_flux_simulator.base_path != "/everywhere"
    assert depot_flux_simulator.status(depot_flux_simulator.deposit(b"<Invoice/>")) == "RECU"
"""
NO_SETTINGS = """
import pytest

simulators = set()

@pytest.mark.parametrize("turn", range(3))
def test_elsewhere(depot_flux_simulator, turn):
    assert depot_flux_simulator.base_path == "/everywhere"
    id_flux = depot_flux_simulator.deposit(b"<Invoice/>")
    assert depot_flux_simulator.status(id_flux) == "IRRECEVABLE"
    simulators.add(depot_flux_simulator)
    assert len(simulators) == 1  # started once for all three
"""


def test_settings_are_overridden_for_all_tests_and_for_a_module(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SETTINGS_OF_ALL)
    pytester.makepyfile(test_a=NO_SETTINGS, test_b=SETTINGS_OF_A_MODULE, test_c=NO_SETTINGS)
    result = pytester.runpytest_inprocess("-n", "0", "-p", "no:randomly")
    result.assert_outcomes(passed=8)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('{"contract": "/no/such.json"}', "contract /no/such.json: cannot be read*"),
        ('{"pase": 0}', "a simulator has no setting pase; it has pace, *"),
        ('{"pace": -1}', "pace: -1 is negative*"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_one_line(
    pytester: pytest.Pytester, settings: str, told: str
) -> None:
    pytester.makeconftest(
        SETTINGS_OF_ALL.replace('{"pace": 0, "base_path": "/everywhere"}', settings)
    )
    pytester.makepyfile("def test_it(depot_flux_simulator): pass")
    result = pytester.runpytest_inprocess("-n", "0")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"fixture depot_flux_simulator_settings: {told}"])
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


@pytest.mark.deep
def test_a_users_tests_under_xdist(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only what a user needs: other plugins of this project's own tests take seconds to load.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(USER_TESTS)
    plugins = ("xdist", "anyio.pytest_plugin", "depot_flux_simulator.testing.pytest_plugin")
    options = [option for plugin in plugins for option in ("-p", plugin)]
    result = pytester.runpytest_subprocess(*options, "-n", "2", "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=8)


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
        "heavy = {'flask', 'httpx', 'sqlalchemy', 'lxml', 'typing_extensions', 'depot_flux_client',"
        " 'depot_flux_simulator.testing.simulator', 'depot_flux_simulator.settings'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-n", "0", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.depot_flux(pace=None, scenario=None):*"])
