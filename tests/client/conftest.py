"""The platform that the facade's tests deposit on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux import DepotFlux
from depot_flux_simulator.samples import facture_ubl
from tests.support.fake_platform import Platform, platform


@pytest.fixture
def on_platform(tmp_path: Path) -> Iterator[Platform]:
    with platform(tmp_path) as running:
        yield running


@pytest.fixture
def depot(on_platform: Platform) -> Iterator[DepotFlux]:
    with on_platform.client() as client:
        yield client


@pytest.fixture(scope="session")
def invoice() -> bytes:
    return facture_ubl("F20260001")
