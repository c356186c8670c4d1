"""The platform that the tests of verify look at."""

from collections.abc import Iterator

import pytest

from depot_flux_simulator.testing import Simulator


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    """One as good as new."""
    shared_simulator.reset()
    return shared_simulator
