"""The page of a simulator in this process, as a browser asks for it."""

from collections.abc import Iterator

import pytest

from depot_flux_simulator.testing import Simulator
from tests.page.browsing import Browser


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


@pytest.fixture
def browser(simulator: Simulator) -> Browser:
    simulator.reset()
    return Browser(simulator)
