"""A table of PostgreSQL that somebody locks: nobody waits longer than one deadline, nor for others.

The server's own process is looked at: a loop that waits would answer nobody meanwhile.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from depot_flux_simulator.flux.rules import Fault, FaultKind
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.asgi import Asgi
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.web.app import create_app
from depot_flux_simulator.web.reception import Reception
from tests.server.test_asgi import DEPOSIT, MULTIPART, TOKEN, call, form, pieces
from tests.support.contract import CONTRACT
from tests.support.postgresql import installed, url_of
from tests.support.served import AAA

DEADLINE = 2.0
pytestmark = [pytest.mark.reconstruction, installed]


class Told(NamedTuple):
    """An answer.

    Attributes:
        status: its code.
        seconds: how long it took.
    """

    status: int
    seconds: float


class Served(NamedTuple):
    """A simulator on PostgreSQL, as the server has it."""

    app: Asgi
    parts: Parts
    url: str
    access: dict[str, str]

    async def deposit(self) -> str:
        """The identifier of a flux that is deposited."""
        chunked = {**self.access, **MULTIPART, "Transfer-Encoding": "chunked"}
        sent = await call(self.app, "POST", DEPOSIT, chunked, pieces(form(b"<a/>")))
        return str(json.loads(sent[2])["idFlux"])

    async def ask(self, path: str, method: str = "GET") -> Told:
        """The answer to a call."""
        began = time.monotonic()
        status = (await call(self.app, method, path, self.access, pieces()))[0]
        return Told(status, time.monotonic() - began)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Nobody reads a table meanwhile."""
        with psycopg.connect(self.url) as other:
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            yield


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr("depot_flux_simulator.store.database.DEADLINE_SECONDS", DEADLINE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    url = url_of(tmp_path)
    app = create_app(Settings(database=url, pace=0))
    parts: Parts = app.extensions["depot_flux"]
    token = parts.piste.sign(AAA)
    access = {"Authorization": f"Bearer {token}", "cpro-account": AAA.comptes[0].header}
    yield Served(Asgi(app, Reception(parts), tmp_path), parts, url, access)
    parts.close()


@pytest.mark.parametrize(("table", "status"), [("flux", 503), ("pilotage", 200)])
def test_a_locked_table_holds_up_neither_the_loop_nor_anybody_for_two_deadlines(
    simulator: Served, table: str, status: int
) -> None:
    async def tried() -> tuple[list[Told], list[Told]]:
        path = f"{DEPOSIT}/{await simulator.deposit()}"
        assert (await simulator.ask(path)).status == 200
        with simulator.locked(table):
            await asyncio.sleep(0.05)  # what was known of the steering is old by then
            asked = [asyncio.ensure_future(simulator.ask(path)) for _ in range(40)]
            others = [await simulator.ask("/_simulator/up") for _ in range(5)]
            assert not any(each.done() for each in asked)
            told = await asyncio.gather(*asked)
        await asyncio.sleep(1.1)
        assert [(await simulator.ask(path)).status for _ in range(3)] == [200] * 3
        return list(told), others

    told, others = asyncio.run(tried())
    assert {each.status for each in told} == {status}
    assert max(each.seconds for each in told) < 1.7 * DEADLINE
    assert {each.status for each in others} == {200}
    assert max(each.seconds for each in others) < 0.5 * DEADLINE


@pytest.mark.parametrize("path", ["flux", CONTRACT.superviser and "health", "token"])
def test_a_change_that_cannot_be_read_is_503_within_one_deadline_and_waited_for_once(
    simulator: Served, path: str | None
) -> None:
    supervision: Any = CONTRACT.superviser
    paths = {
        "flux": (f"{DEPOSIT}/x", "GET"),
        "health": (supervision and CONTRACT.base_path + supervision.path, "GET"),
        "token": (TOKEN, "POST"),
    }

    async def tried() -> Told:
        await simulator.ask(f"{DEPOSIT}/x")
        rule = simulator.parts.steering.add(Fault(kind=FaultKind.STATUS, status=500))
        with simulator.locked("regle"):
            told = await simulator.ask(*paths[str(path)])
        await asyncio.sleep(1.1)
        assert (await simulator.ask(*paths[str(path)])).status == 500
        simulator.parts.steering.remove(Fault, rule)
        return told

    told = asyncio.run(tried())
    assert told.status == 503
    assert told.seconds < 1.7 * DEADLINE


def test_whoever_waits_for_a_connection_is_told_with_those_who_have_one(simulator: Served) -> None:
    async def tried() -> list[Told]:
        await simulator.ask("/_simulator/flux")
        with simulator.locked("flux"):
            return await asyncio.gather(*[simulator.ask("/_simulator/flux") for _ in range(48)])

    told = asyncio.run(tried())
    assert {each.status for each in told} == {503}
    assert max(each.seconds for each in told) < 1.7 * DEADLINE
