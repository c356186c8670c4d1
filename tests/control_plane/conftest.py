"""Simulators on real sockets."""

from collections.abc import Iterator

import httpx
import pytest

from depot_flux_simulator.testing import Calls, Simulator
from tests.support.contract import CONTRACT
from tests.support.served import access, served
from tests.support.steering import steer


@pytest.fixture(scope="session")
def granian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a simulator of several processes, as its command starts it."""
    with served(tmp_path_factory.mktemp("granian")) as running:
        yield running.url


@pytest.fixture(params=["granian", "thread"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a clean simulator on a manual clock, served either way."""
    if request.param == "thread":
        simulator: Simulator = request.getfixturevalue("depot_flux_simulator")
        return simulator.serve()
    address: str = request.getfixturevalue("granian")
    steer(address, "reset")
    steer(address, "clock", mode="manual")
    return address


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client that is let in."""
    with httpx.Client(base_url=url, headers=access(url), timeout=10) as connected:
        yield connected


@pytest.fixture
def api(client: httpx.Client) -> Calls:
    """The API of the simulator, by role."""
    return Calls(client, CONTRACT)


@pytest.fixture
def calls(depot_flux_simulator: Simulator) -> Calls:
    """The same of a simulator in this process."""
    return depot_flux_simulator.calls()
