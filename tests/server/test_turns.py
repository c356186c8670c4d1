"""Small deposits take turns on the loop's thread, and hold nobody up while they wait."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from greenlet import getcurrent

from depot_flux_simulator.deposit import Deposits
from depot_flux_simulator.flux.rules import Fault, FaultKind, Scenario
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.asgi import Asgi
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import inserter, turns
from depot_flux_simulator.store.database import Database
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.inserter import Inserter
from depot_flux_simulator.store.steering import State
from depot_flux_simulator.testing import Statut
from depot_flux_simulator.web.app import create_app
from depot_flux_simulator.web.reception import Reception
from tests.server.test_asgi import DEPOSIT, MULTIPART, call, form, in_threads, pieces
from tests.server.test_inserter import adds, batches_of, database, keys, nobody_writes, row
from tests.support.served import AAA
from tests.support.stores import POSTGRESQL, database_of, kept_bytes

__all__ = ["adds", "database"]
pytestmark = pytest.mark.reconstruction
DEADLINE = 2.0


def test_a_turn_that_waits_lets_others_have_the_thread() -> None:
    ran: list[tuple[str, int]] = []
    waits: list[turns.Pause] = []

    def note(name: str) -> None:
        ran.append((name, threading.get_ident()))

    def slow() -> str:
        note("slow begins")
        waits.append(turns.pause())
        assert waits[0].wait(20)
        note("slow ends")
        return "slow"

    async def tried() -> list[Any]:
        jobs: list[asyncio.Future[Any]] = [turns.take(slow), turns.take(lambda: note("quick"))]
        await asyncio.sleep(0.02)
        assert not jobs[0].done()
        threading.Thread(target=turns.end, args=(waits,)).start()
        return await asyncio.gather(*jobs)

    assert asyncio.run(tried()) == ["slow", None]
    here = threading.get_ident()
    assert ran == [("slow begins", here), ("quick", here), ("slow ends", here)]


def test_a_wait_is_no_longer_than_it_may_be_and_none_once_it_is_over() -> None:
    def told() -> list[bool]:
        late, over = turns.pause(), turns.pause()
        found = [late.wait(0.05), late.wait(0.05)]
        over.end()
        late.end()
        return [*found, over.wait(0.05), late.wait()]

    async def tried() -> list[bool]:
        others = asyncio.ensure_future(asyncio.sleep(0.01))
        job = turns.take(told)
        await others
        assert not job.done()
        return await job

    assert asyncio.run(tried()) == [False, False, True, True]
    assert told() == [False, False, True, True]


def test_a_turn_goes_on_by_the_end_of_the_wait_it_is_at_and_no_other() -> None:
    waits: list[turns.Pause] = []

    def told() -> list[bool]:
        waits.extend([turns.pause(), turns.pause()])
        return [waits[0].wait(0.01), waits[1].wait(20)]

    async def tried() -> list[bool]:
        job = turns.take(told)
        await asyncio.sleep(0.05)
        waits[0].end()
        assert not job.done()
        waits[1].end()
        return await job

    assert asyncio.run(tried()) == [False, True]


def test_what_a_turn_raises_reaches_whoever_waits_and_nobody_who_is_gone() -> None:
    wrong: list[object] = []
    waits: list[turns.Pause] = []

    def fails() -> None:
        waits.append(turns.pause())
        waits[-1].wait()
        raise OSError("no room")

    async def tried() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
        gone, stays = turns.take(fails), turns.take(fails)
        gone.cancel()
        turns.end(waits)
        with pytest.raises(OSError, match="no room"):
            await stays

    asyncio.run(tried())
    assert wrong == []


def test_turns_are_used_again_whatever_they_ended_in_and_few_are_kept() -> None:
    waits: list[turns.Pause] = []

    def slow(number: int) -> int:
        waits.append(turns.pause())
        waits[-1].wait()
        return number

    def fails() -> None:
        raise OSError("no room")

    async def tried() -> None:
        jobs = [turns.take(partial(slow, number)) for number in range(100)]
        turns.end(waits)
        assert await asyncio.gather(*jobs) == list(range(100))
        kept = set(turns._here.idle)
        assert len(kept) == turns._MOST_IDLE
        with pytest.raises(OSError, match="no room"):
            await turns.take(fails)
        assert await turns.take(getcurrent) in kept
        assert set(turns._here.idle) == kept

    asyncio.run(tried())


def test_turns_that_go_on_together_let_others_come_between() -> None:
    waits: list[turns.Pause] = []
    ran: list[str] = []

    def slow() -> None:
        waits.append(turns.pause())
        waits[-1].wait()
        ran.append("turn")

    async def tried() -> None:
        jobs = [turns.take(slow) for _ in range(40)]
        turns.end(waits)
        asyncio.get_running_loop().call_soon(ran.append, "other")
        await asyncio.gather(*jobs)

    asyncio.run(tried())
    assert ran.index("other") == 16
    assert ran.count("turn") == 40


def test_what_may_take_long_is_called_elsewhere_in_a_turn() -> None:
    free = threading.Event()

    def long() -> int:
        assert free.wait(20)
        return threading.get_ident()

    def fails() -> None:
        raise OSError("no room")

    async def tried() -> list[int]:
        jobs = [
            turns.take(partial(turns.elsewhere, long)),
            turns.take(partial(turns.elsewhere, fails)),
        ]
        await turns.take(free.set)
        with pytest.raises(OSError, match="no room"):
            await jobs[1]
        return [await jobs[0], turns.elsewhere(long)]

    there, here = asyncio.run(tried())
    assert there != threading.get_ident()
    assert here == threading.get_ident()


def test_rows_of_turns_are_written_together_by_another_thread(
    database: Database, adds: Inserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = batches_of(adds, monkeypatch)
    wanted = [f"{number:03}" for number in range(100)]

    def add(key: str) -> None:
        time.sleep(0.0005)  # the other thread might go on meanwhile
        adds.insert(row(key))

    async def tried() -> None:
        await asyncio.gather(*[turns.take(partial(add, key)) for key in wanted])

    asyncio.run(tried())
    assert keys(database) == wanted
    assert batches == [100]


def test_a_turn_is_told_in_time_that_others_write_and_has_written_nothing(
    database: Database, adds: Inserter
) -> None:
    async def tried() -> None:
        with nobody_writes(database):
            job = turns.take(lambda: adds.insert(row("first")))
            await asyncio.sleep(0.01)
            assert not job.done()
            with pytest.raises(StoreUnreachableError):
                await job
        await turns.take(lambda: adds.insert(row("second")))

    asyncio.run(tried())
    assert keys(database) == ["second"]


def test_the_thread_that_writes_goes_when_nothing_comes_and_comes_back(
    database: Database, adds: Inserter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inserter, "_IDLE_SECONDS", 0.01)
    for key in "ab":
        adds.insert(row(key))
        writer = adds._writer
        assert writer is not None
        writer.join(20)
        assert adds._writer is None
    assert keys(database) == ["a", "b"]


class Served(NamedTuple):
    """A simulator that no request controls flux for, as the server has it."""

    app: Asgi
    parts: Parts

    async def deposit(self, content: bytes = b"<a/>", name: str = "fichier") -> Any:
        """Status, headers and body of the answer to a deposit."""
        token = self.parts.piste.sign(AAA)
        headers = {"Authorization": f"Bearer {token}", "cpro-account": AAA.comptes[0].header}
        body = form(content).replace(b"fichier", name.encode())
        chunked = {**MULTIPART, "Transfer-Encoding": "chunked"}
        return await call(self.app, "POST", DEPOSIT, {**headers, **chunked}, pieces(body))


@pytest.fixture(params=[True, False])
def simulator(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    monkeypatch.setattr("depot_flux_simulator.store.database.DEADLINE_SECONDS", DEADLINE)
    url = database_of(tmp_path)
    app = create_app(Settings(database=url, pace=0, control_plane=request.param))
    parts: Parts = app.extensions["depot_flux"]
    yield Served(Asgi(app, Reception(parts), tmp_path), parts)
    parts.close()


@contextmanager
def others_write(simulator: Served) -> Iterator[None]:
    """Nobody else writes a flux meanwhile."""
    with simulator.parts.store._database.writing() as connection:
        if POSTGRESQL:
            connection.execute(sa.text("LOCK TABLE flux IN EXCLUSIVE MODE"))
        yield


def test_a_deposit_takes_its_turn_unless_it_waits_for_more_than_its_rows(
    simulator: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = in_threads(monkeypatch)

    def deposit(content: bytes = b"<a/>", status: int = 201) -> None:
        assert asyncio.run(simulator.deposit(content))[0] == status

    steering = simulator.parts.steering
    deposit()
    assert told == []
    deposit(bytes(300_000))
    assert told == [False]
    steering.set(flux_per_hour=10)
    deposit()
    steering.set(flux_per_hour=None)
    steering.add(Scenario(statut=Statut.RECEVABLE))
    deposit()
    steering.remove(Scenario)
    steering.add(Fault(kind=FaultKind.LATENCY, delay_ms=1))
    deposit()
    steering.remove(Fault)
    assert told == [False, True, True, False]
    deposit()
    assert told == [False, True, True, False]


def test_a_deposit_that_may_have_to_be_guessed_from_its_bytes_takes_no_turn(
    simulator: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = simulator.parts
    assert parts.deposits.is_light(parts.steering.state)
    monkeypatch.setattr(parts.contract, "states_code_interface", False)
    deposits = Deposits(
        parts.contract, parts.store, parts.steering, parts.clock, pace=0, reserved_names=False
    )
    assert not deposits.is_light(parts.steering.state)


def test_a_deposit_that_is_refused_in_its_turn_is_answered_as_any_other(simulator: Served) -> None:
    status, headers, body = asyncio.run(simulator.deposit(name="flux"))
    assert status in {400, 422}
    assert "fichier" in json.loads(body)["detail"]
    assert headers["content-length"] == str(len(body))


def test_deposits_that_wait_for_others_who_write_hold_nobody_up(simulator: Served) -> None:
    async def tried() -> list[int]:
        answered = json.loads((await simulator.deposit())[2])
        path = f"{DEPOSIT}/{answered['idFlux']}"
        token = simulator.parts.piste.sign(AAA)
        headers = {"Authorization": f"Bearer {token}", "cpro-account": AAA.comptes[0].header}
        with others_write(simulator):
            jobs = [asyncio.ensure_future(simulator.deposit()) for _ in range(40)]
            await asyncio.sleep(0.05)
            for _ in range(10):
                status = (await call(simulator.app, "GET", path, headers, pieces()))[0]
                assert status == 200
            assert not any(job.done() for job in jobs)
        return [status for status, _, _ in await asyncio.gather(*jobs)]

    assert asyncio.run(tried()) == [201] * 40


def test_what_is_steered_once_a_turn_was_taken_holds_nobody_up(
    simulator: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    steering, is_light = simulator.parts.steering, simulator.parts.deposits.is_light
    writing = ExitStack()

    def steered_since(state: State) -> bool:
        steering.set(flux_per_hour=10)
        steering.add(Fault(kind=FaultKind.LATENCY, delay_ms=20_000))
        writing.enter_context(others_write(simulator))
        return is_light(state)

    monkeypatch.setattr(simulator.parts.deposits, "is_light", steered_since)

    async def tried() -> int:
        with writing:
            job = asyncio.ensure_future(simulator.deposit())
            await asyncio.sleep(0.1)
            assert not job.done()
        return int((await job)[0])

    began = time.monotonic()
    assert asyncio.run(tried()) == 201
    assert time.monotonic() - began < DEADLINE


def test_deposits_are_503_within_one_deadline_when_others_write_for_too_long(
    simulator: Served,
) -> None:
    async def tried() -> list[int]:
        began = time.monotonic()
        with others_write(simulator):
            jobs = [asyncio.ensure_future(simulator.deposit()) for _ in range(5)]
            await asyncio.sleep(DEADLINE * 0.8)
            jobs += [asyncio.ensure_future(simulator.deposit()) for _ in range(5)]
            answers = await asyncio.gather(*jobs)
        assert time.monotonic() - began < 1.7 * DEADLINE
        return [*(status for status, _, _ in answers), (await simulator.deposit())[0]]

    assert asyncio.run(tried()) == [503] * 10 + [201]
    assert len(simulator.parts.store.flux.waiting(10)) == 1
    assert len(kept_bytes(simulator.parts.store)) == 1


def test_an_identifier_drawn_twice_is_drawn_again_whoever_came_along(
    simulator: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = simulator.parts.contract.new_identifier
    drawn: list[Any] = []

    def twice(code_interface: str) -> Any:
        drawn.append(drawn[0] if len(drawn) in {1, 3, 4} else new(code_interface))
        return drawn[-1]

    monkeypatch.setattr(simulator.parts.contract, "new_identifier", twice)

    async def tried() -> list[str]:
        answers = await asyncio.gather(*[simulator.deposit() for _ in range(5)])
        return [json.loads(body)["idFlux"] for _, _, body in answers]

    given = asyncio.run(tried())
    assert len(set(given)) == 5
    assert len(drawn) == 8
    assert {flux.id_flux for flux in simulator.parts.store.flux.waiting(10)} == set(given)
