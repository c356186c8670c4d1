"""A clock that is set back takes nothing back; any address of this machine can be listened on."""

import os
import time
from pathlib import Path

import httpx
import pytest

from depot_flux_simulator.flux import clock
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve.server import _live_on
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.latest import Latest
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.control_plane.steering import instant
from tests.support.served import Served, served
from tests.support.stores import database_of

GOOD = facture_ubl()
HOUR = 3_600


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_machine", clock._Machine())


def test_a_clock_that_is_set_back_takes_no_status_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(pace=0, start=None) as simulator:
        id_flux = simulator.deposit(GOOD)
        assert simulator.status(id_flux) is Statut.RECEVABLE
        now = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: now() - HOUR * 1_000_000_000)
        assert simulator.status(id_flux) is Statut.RECEVABLE
        simulator.deposit(GOOD, name="b.xml")
        newest, first = simulator.search()
        assert newest.flux.facts.depose_le >= first.flux.facts.depose_le


def test_a_server_begins_no_earlier_than_the_one_before_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database=database_of(tmp_path)).resolved()
    _live_on(settings)
    assert caplog.records == []
    later = clock.machine_time() + HOUR * 1_000
    latest = Latest(settings.latest)
    latest.write(later)
    latest.close()
    _live_on(settings)
    assert later <= clock.machine_time() < later + 60_000
    (record,) = caplog.records
    assert "set back" in record.message


@pytest.mark.deep
def test_a_simulator_that_is_served_begins_no_earlier(tmp_path: Path) -> None:
    later = clock.machine_time() + HOUR * 1_000
    latest = Latest(Settings(database=database_of(tmp_path)).resolved().latest)
    latest.write(later)
    latest.close()
    with served(tmp_path, "--workers", "1") as simulator:
        now = httpx.get(f"{simulator.url}/_simulator/clock").json()["now"]
    assert instant(now) >= later


@pytest.mark.deep
@pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("::", "[::1]"), ("localhost",) * 2])
def test_every_address_of_this_machine_can_be_listened_on(
    tmp_path: Path, host: str, shown: str
) -> None:
    if not os.path.exists("/proc/net/if_inet6"):  # noqa: PTH110
        pytest.skip("no IPv6 here")
    simulator = Served(tmp_path, "--host", host, "--workers", "1")
    simulator.url = f"http://{shown}:{simulator.port}"
    simulator.start()
    assert httpx.get(f"{simulator.url}/_simulator/flux").json()["total"] == 0
    assert simulator.interrupt() == 0
