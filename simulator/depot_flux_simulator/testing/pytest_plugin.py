"""Fixtures for whoever tests a program against the simulator.

    def test_mine(depot_flux_simulator, depot_flux_client):
        depot_flux_simulator.scenario(motifs=["IRR_ANTIVIRUS"])
        ...

pytest loads this module in every run, so it imports nothing until a fixture is used. It is also
the one seam where simulator and generated client meet: the simulator itself never imports it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from depot_flux_client import AuthenticatedClient
    from depot_flux_simulator.testing import Simulator, SimulatorSettings

_MARKER = "depot_flux"
_SETTINGS = "depot_flux_simulator_settings"
_SERVED_SETTINGS = "depot_flux_served_settings"
_URL = "depot_flux_url"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the same tests run against another platform."""
    parser.getgroup("depot-flux", "API Dépôt Flux G2B").addoption(
        "--depot-flux-url",
        dest=_URL,
        metavar="URL",
        help="address of another platform, its path included; what steers the simulator is "
        "skipped then",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(pace=None, scenario=None): factor on the simulator's delays, and one scenario "
        "or a list of them as keyword arguments of Simulator.scenario",
    )


@pytest.fixture(scope="session")
def depot_flux_simulator_settings() -> "SimulatorSettings":
    """What the simulator is started with; to be overridden, at any scope."""
    return {}


class _Shared:
    """The one simulator that runs, for all tests with the same settings in a row."""

    def __init__(self) -> None:
        self._settings: SimulatorSettings | None = None
        self._simulator: Simulator | None = None

    def of(self, settings: "SimulatorSettings") -> "Simulator":
        if self._simulator is None or settings != self._settings:
            self.stop()
            self._simulator, self._settings = _started(settings, _SETTINGS), settings.copy()
        return self._simulator

    def stop(self) -> None:
        if self._simulator is not None:
            self._simulator.stop()
            self._simulator = None


def _started(settings: "SimulatorSettings", fixture: str) -> "Simulator":
    from depot_flux_simulator.testing import (  # noqa: PLC0415 (only when it is used)
        ConfigurationError,
        Simulator,
    )

    try:
        simulator = Simulator(**settings)
    except (TypeError, ValueError) as error:
        pytest.fail(f"fixture {fixture}: {error}", pytrace=False)
    try:
        return simulator.start()
    except ConfigurationError as error:
        pytest.fail(f"fixture {fixture}: {error}", pytrace=False)


def _skip_elsewhere(request: pytest.FixtureRequest) -> None:
    if request.config.getoption(_URL):
        pytest.skip("steers the simulator, and --depot-flux-url names another platform")


@pytest.fixture(scope="session")
def _depot_flux_shared() -> Iterator[_Shared]:
    shared = _Shared()
    yield shared
    shared.stop()


@pytest.fixture
def depot_flux_simulator(
    _depot_flux_shared: _Shared,
    depot_flux_simulator_settings: "SimulatorSettings",
    request: pytest.FixtureRequest,
) -> "Simulator":
    """A simulator as good as new, in this process, its clock moved by the test alone."""
    _skip_elsewhere(request)
    simulator = _depot_flux_shared.of(depot_flux_simulator_settings)
    simulator.reset()
    # The farthest first, so that what stands nearest to the test has the last word.
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        _apply(simulator, marker)
    return simulator


@pytest.fixture
def depot_flux_simulator_url(depot_flux_simulator: "Simulator") -> str:
    """The URL of the same simulator served on a free port."""
    return depot_flux_simulator.serve()


@pytest.fixture(scope="session")
def depot_flux_served_settings() -> "SimulatorSettings":
    """What the simulator is started with that is served for all tests; to be overridden."""
    return {"pace": 0, "start": None}


@pytest.fixture(scope="session")
def depot_flux_served_simulator(
    depot_flux_served_settings: "SimulatorSettings", request: pytest.FixtureRequest
) -> "Iterator[Simulator]":
    """One simulator for all tests of the run, which is not cleared between them."""
    _skip_elsewhere(request)
    simulator = _started(depot_flux_served_settings, _SERVED_SETTINGS)
    yield simulator
    simulator.stop()


@pytest.fixture(scope="session")
def depot_flux_url(request: pytest.FixtureRequest) -> str:
    """The address of the API for all tests of the run: `--depot-flux-url`, or a simulator's."""
    elsewhere: str | None = request.config.getoption(_URL)
    if elsewhere:
        return elsewhere.rstrip("/")
    simulator: Simulator = request.getfixturevalue("depot_flux_served_simulator")
    return simulator.serve() + simulator.base_path


@pytest.fixture
def depot_flux_client(depot_flux_simulator: "Simulator") -> "AuthenticatedClient":
    """A generated client of the simulator, authenticated, synchronous and asynchronous."""
    from depot_flux_client import AuthenticatedClient  # noqa: PLC0415 (only when it is used)

    return AuthenticatedClient(
        base_url=depot_flux_simulator.url + depot_flux_simulator.base_path,
        token="",  # `auth` brings one that has not expired, wherever the clock was moved
        httpx_args={
            "transport": depot_flux_simulator.transport,
            "auth": depot_flux_simulator.auth(),
        },
    )


def _apply(simulator: "Simulator", marker: pytest.Mark) -> None:
    unknown = set(marker.kwargs) - {"pace", "scenario"}
    if marker.args or unknown:
        raise pytest.UsageError(
            f"@pytest.mark.{_MARKER} takes pace= and scenario=, not {marker.args or unknown}"
        )
    pace: float | None = marker.kwargs.get("pace")
    if pace is not None:
        simulator.pace(pace)
    scenarios: Any = marker.kwargs.get("scenario") or ()
    for scenario in [scenarios] if isinstance(scenarios, dict) else scenarios:
        simulator.scenario(**scenario)
