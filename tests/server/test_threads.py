"""Brief calls run in few threads, and wait for none that something holds up."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from depot_flux_simulator.serve.threads import Threads


class Counted:
    """Calls that tell how many of them ran at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.running = self.most = self.done = 0
        self.go = threading.Event()

    def __call__(self) -> int:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.go.wait(20)
        with self._lock:
            self.running -= 1
            self.done += 1
            return self.done


async def until(said: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not said():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("brief", "at_once"), [(True, 2), (False, 6)])
def test_brief_calls_run_two_at_once_and_others_all(brief: bool, at_once: int) -> None:
    threads, calls = Threads(), Counted()

    async def tried() -> list[int]:
        jobs = [asyncio.ensure_future(threads.run(calls, brief=brief)) for _ in range(6)]
        await until(lambda: calls.running == at_once)
        calls.go.set()
        return await asyncio.gather(*jobs)

    assert sorted(asyncio.run(tried())) == [1, 2, 3, 4, 5, 6]
    assert calls.most == at_once


def test_what_waits_behind_calls_that_are_held_up_runs_after_two_looks() -> None:
    threads, stuck = Threads(), Counted()
    ran: list[int] = []

    async def tried() -> None:
        held = [asyncio.ensure_future(threads.run(stuck, brief=True)) for _ in range(2)]
        await until(lambda: stuck.running == 2)
        behind = asyncio.ensure_future(threads.run(lambda: ran.append(1), brief=True))
        await asyncio.sleep(0.02)
        threads.look()  # it may have come a moment ago
        await asyncio.sleep(0.02)
        assert ran == []
        threads.look()
        await behind
        assert ran == [1]
        assert stuck.done == 0
        stuck.go.set()
        assert sorted(await asyncio.gather(*held)) == [1, 2]

    asyncio.run(tried())
    assert ran == [1]


@pytest.mark.parametrize("moved", [False, True])
def test_what_a_call_raises_reaches_whoever_made_it(moved: bool) -> None:
    threads, stuck = Threads(), Counted()

    def fails() -> None:
        raise OSError("no room")

    async def tried() -> None:
        held = [asyncio.ensure_future(threads.run(stuck, brief=True)) for _ in range(2 * moved)]
        await until(lambda: stuck.running == 2 * moved)
        failing = asyncio.ensure_future(threads.run(fails, brief=True))
        await asyncio.sleep(0.02)
        threads.look()
        threads.look()
        with pytest.raises(OSError, match="no room"):
            await failing
        stuck.go.set()
        await asyncio.gather(*held)

    asyncio.run(tried())


def test_a_call_whose_caller_is_gone_before_it_began_is_not_made() -> None:
    threads, stuck = Threads(), Counted()
    ran: list[int] = []

    async def tried() -> None:
        held = [asyncio.ensure_future(threads.run(stuck, brief=True)) for _ in range(2)]
        await until(lambda: stuck.running == 2)
        gone = asyncio.ensure_future(threads.run(lambda: ran.append(1), brief=True))
        await asyncio.sleep(0.02)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        threads.look()
        threads.look()
        stuck.go.set()
        await asyncio.gather(*held)

    asyncio.run(tried())
    assert ran == []


def test_a_caller_that_is_gone_meanwhile_is_told_nothing() -> None:
    threads, stuck = Threads(), Counted()
    wrong: list[object] = []

    async def tried() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
        gone = asyncio.ensure_future(threads.run(stuck, brief=True))
        await until(lambda: stuck.running == 1)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        stuck.go.set()
        await until(lambda: stuck.done == 1)
        await threads.run(lambda: None, brief=True)

    asyncio.run(tried())
    assert wrong == []
