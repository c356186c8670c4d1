"""The list finds by indexes and bounded looks what a search of everything finds."""

from itertools import product
from random import Random

import pytest

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.store import overview
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.testing import Simulator
from tests.support.served import BBB

START = 1_788_249_600_000
CHOICES = {
    "statut": [None, *Statut],
    "motif": [None, Code.IRR_VIDE],
    "code_interface": [None, "FSO3110A", "XXX"],
    "code_application": [None, "AAA123", "ZZZ999"],
    "nom": [None, "b*xml"],
    "depuis": [None, START + 20_000],
    "avant": [None, START + 25_000, START],
}


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    running = Simulator(pace=0).start()
    for number in range(24):
        running.advance("2s")
        running.pace(0 if number % 5 else 1_000)
        name = ("a.xml", "b.xml", "SIM-IRR_VIDE b.xml", "SIM-RECU.xml", "SIM-RECEVABLE.xml")
        code = "FSO3110A" if number % 3 else "FSO6000A"
        who = BBB if number % 4 == 1 else None
        running.deposit(f"<a{number}/>".encode(), name=name[number % 5], code=code, application=who)
    running.advance("1s")
    return running


@pytest.mark.parametrize("examined", [10_000, 6])
def test_pages_and_counts_are_those_of_a_search_of_everything(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, examined: int
) -> None:
    monkeypatch.setattr(overview, "EXAMINED", examined)
    monkeypatch.setattr(overview, "_FIRST", min(3, examined))
    parts = simulator.app.extensions["depot_flux"]
    store, now = parts.store, parts.clock.now()
    every = list(product(*CHOICES.values()))
    for values in Random(examined).sample(every, 30):
        wanted = FluxFilter(**dict(zip(CHOICES, values, strict=True)))
        expected = [f.pk for f in store.flux.search(wanted, now, before=None, limit=None)]
        found: list[int] = []
        before = None
        for _ in range(60):
            page = store.overview.page(wanted, now, before=before, limit=5)
            found += [view.flux.pk for view in page.flux]
            before = page.following
            if before is None:
                break
        assert found == expected, wanted
        if examined == 10_000 and wanted.statut is None:
            counts = store.overview.by_status(wanted, now)
            assert sum(count.number for count in counts.values()) == len(expected), wanted
            assert not any(count.more for count in counts.values())


def test_a_minute_counts_what_was_deposited_in_it_and_a_reset_clears_it() -> None:
    with Simulator(pace=0) as simulator:
        for number in range(3):
            simulator.deposit(b"<a/>", name=f"{number}.xml")
            simulator.advance("1m")
        parts = simulator.app.extensions["depot_flux"]

        def counted() -> list[int]:
            epoch = parts.steering.state.settings.epoch
            return list(parts.store.overview.by_minute(parts.clock.now(), 5, epoch))

        assert counted() == [0, 1, 1, 1, 0]
        simulator.deposit(b"<a/>", name="late.xml")
        assert counted() == [0, 1, 1, 1, 1]
        simulator.advance("3m")
        assert counted() == [1, 1, 0, 0, 0]
        simulator.reset()
        assert sum(counted()) == 0
