"""Two servers on one PostgreSQL, one of them killed, the database restarted: nothing goes wrong."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx
import pytest

from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.testing import Calls
from tests.support.contract import CONTRACT
from tests.support.postgresql import Postgresql, installed
from tests.support.served import Served, access

DEPOSITS, CLIENTS = 2_000, 8
GOOD = facture_ubl("F0000000")
pytestmark = [pytest.mark.deep, pytest.mark.reconstruction, installed]


@pytest.fixture
def postgresql() -> Iterator[Postgresql]:
    server = Postgresql()
    yield server
    server.remove()


@pytest.fixture
def servers(
    postgresql: Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Served]]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    options = ("--database", postgresql.url("several"), "--pace", "0")
    made = [Served(tmp_path / name, *options) for name in ("one", "two")]
    for server in made:
        server.folder.mkdir()
        server.start()
    yield made
    for server in made:
        if server.process.poll() is None:
            server.kill()


class Clients:
    """Deposit as long as there is something left, each flux once, wherever somebody answers."""

    def __init__(self, servers: list[Served]) -> None:
        self.servers = servers
        self.headers = access(servers[0].url)
        self.numbers = count()
        self.accepted: dict[str, str] = {}
        self.unknown: set[str] = set()

    def run(self, _client: int) -> None:
        with httpx.Client(timeout=30, headers=self.headers) as client:
            while (number := next(self.numbers)) < DEPOSITS:
                self.deposit(client, number)

    def deposit(self, client: httpx.Client, number: int) -> None:
        nom, content = f"F{number:07}.xml", facture(number)
        server = self.servers[number % len(self.servers)]
        client.base_url = httpx.URL(server.url)
        try:
            reply = Calls(client, CONTRACT).deposer(content, nom)
        except httpx.TransportError:
            self.unknown.add(nom)
            time.sleep(0.05)
            return
        if reply.accepted:
            self.accepted[reply.id_flux] = nom
        else:
            assert reply.status == 503
            self.unknown.add(nom)
            time.sleep(0.05)


def test_what_two_servers_accept_is_there_once_and_is_controlled_once(
    servers: list[Served], postgresql: Postgresql, tmp_path: Path
) -> None:
    clients = Clients(list(servers))

    def disturb() -> None:
        wait_for(clients, DEPOSITS // 4)
        clients.servers.remove(servers[0])
        os.killpg(servers[0].process.pid, signal.SIGKILL)  # its engine half-way
        servers[0].process.wait()
        wait_for(clients, DEPOSITS // 2)
        postgresql.stop("immediate")
        postgresql.start()

    disturber = threading.Thread(target=disturb)
    disturber.start()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(clients.run, range(CLIENTS)))
    disturber.join()
    assert len(clients.accepted) > DEPOSITS * 0.7
    store = Store(postgresql.url("several"), None, tmp_path / "arrivee")
    try:
        until_judged(store)
        check(store, clients)
    finally:
        store.close()
    # Each verdict is told by whoever recorded it, unless it was killed right then.
    told = Counter(re.findall(r"flux (\w+) \(FSO3110A\)", logs(servers)))
    assert set(told.values()) == {1}
    assert len(told.keys() & clients.accepted.keys()) >= len(clients.accepted) - 1


def facture(number: int) -> bytes:
    return GOOD.replace(b"F0000000", b"F%07d" % number)


def wait_for(clients: Clients, number: int) -> None:
    while len(clients.accepted) + len(clients.unknown) < number:
        time.sleep(0.01)


def until_judged(store: Store) -> None:
    left, looks = DEPOSITS + 1, 0
    while waiting := len(store.flux.waiting(DEPOSITS)):
        looks = 0 if waiting < left else looks + 1
        assert looks < 200, f"{waiting} flux are stuck"
        left = waiting
        time.sleep(0.2)


def check(store: Store, clients: Clients) -> None:
    found = store.flux.search(FluxFilter(), machine_time(), before=None, limit=None)
    assert store.flux.aside() == []
    stored = {flux.id_flux: flux.depot.nom for flux in found}
    assert stored.items() >= clients.accepted.items()  # none lost
    assert len(set(stored.values())) == len(found)  # none twice
    # What nobody was told of may be there; nothing else is.
    assert set(stored.values()) <= set(clients.accepted.values()) | clients.unknown
    for flux in found:
        assert flux.facts.recevable is True
    for flux in found[::50]:
        assert store.verdicts.of(flux).motifs == ()
        with store.contents.at_hand(flux.depot.contenu.name) as path:
            assert path.read_bytes() == facture(int(flux.depot.nom[1:8]))


def logs(servers: list[Served]) -> str:
    return "".join(server.said() for server in servers)
