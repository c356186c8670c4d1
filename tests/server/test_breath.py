"""Whoever deposits goes before what was deposited."""

import pytest

from depot_flux_simulator.serve.supervisor import Breath
from depot_flux_simulator.store.store import Store
from tests.server.test_store import deposit


def test_an_engine_waits_for_as_many_flux_as_come_and_no_longer_than_a_moment() -> None:
    numbers = iter([5, 5, 7, 1_000, 0, 1, 4])
    waits: list[float] = []
    breath = Breath(lambda: next(numbers), waits.append)
    for _ in range(6):  # a reset leaves none, then there is one again
        breath.take()
    assert waits == pytest.approx([0.001, 0.02, 0.0005])
    breath.rest()
    breath.take()  # what came while there was nothing to do is controlled at once
    assert len(waits) == 3


def test_the_newest_flux_is_known_by_its_number(store: Store) -> None:
    assert store.flux.newest() == 0
    numbers = []
    for _ in range(3):
        id_flux = deposit(store)
        flux = store.flux.get(id_flux)
        assert flux is not None
        numbers.append(flux.pk)
        assert store.flux.newest() == numbers[-1]
    assert numbers == sorted(numbers)
