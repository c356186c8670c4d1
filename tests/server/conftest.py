"""What tests of the store begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux_simulator.store.store import Store
from tests.support.stores import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()
