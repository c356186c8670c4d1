"""One program for both clients: operations are generators that say what they need done.

`DepotFlux` does it in the calling thread, `AsyncDepotFlux` in the event loop; what is decided, and
in which order, is written once.
"""

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from logging import INFO, WARNING
from threading import Lock
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
from tenacity import AsyncRetrying, Retrying

from depot_flux._contract import Operation
from depot_flux._events import Events, span
from depot_flux._http.refusals import HttpError
from depot_flux._http.retries import ATTEMPTS, FAILURES, Policy
from depot_flux._programs.clock import Clock
from depot_flux_client import Client

T = TypeVar("T")
Steps = Generator[Any, Any, T]


@dataclass(frozen=True, slots=True)
class Call:
    """Call an operation, again as its policy says.

    Attributes:
        operation: which one.
        arguments: makes its arguments afresh for every attempt; told whether asynchronously.
        policy: what to do when it fails.
    """

    operation: Operation
    arguments: Callable[[bool], dict[str, Any]]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Work that blocks on disk or processor."""

    action: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Run several programs, at most `limit` at a time; the iterator itself may be slow."""

    programs: Iterator[Steps[Any]]
    limit: int


def work(action: Callable[[], T]) -> Steps[T]:
    """`Work`, with the type of its result."""
    return cast("T", (yield Work(action)))


class _Attempts:
    """Tells of the attempts of one call, and of the waits between them."""

    def __init__(self, events: Events, operation: str) -> None:
        self._events = events
        self._operation = operation
        self._number = 0
        self._start = 0.0

    def begin(self) -> None:
        self._number += 1
        self._start = time.perf_counter()

    def end(self, error: BaseException | None = None, response: Any = None) -> None:
        status = error.code if isinstance(error, HttpError) else None
        self._events.tell(
            "attempt",
            WARNING if error else INFO,
            operation=self._operation,
            attempt=self._number,
            status=int(response.status_code) if response is not None else status,
            error=type(error).__name__ if error and status is None else None,
            seconds=round(time.perf_counter() - self._start, 3),
        )

    def wait(self, seconds: float) -> None:
        self._events.tell(
            "wait", operation=self._operation, attempt=self._number, seconds=round(seconds, 3)
        )


class Runner:
    """Runs programs in the calling thread.

    Args:
        client: the generated client.
        clock: what it waits by.
        events: what is told of attempts and waits.
        attempts: how often a call is made at most.
    """

    def __init__(
        self, client: Client, clock: Clock, events: Events, attempts: int = ATTEMPTS
    ) -> None:
        self._client = client
        self._clock = clock
        self._events = events
        self._attempts = attempts

    def run(self, program: Steps[T], name: str) -> T:
        """Run a program to its end and give its result; its span bears the name."""
        with span(name):
            return self._run(program)

    def _run(self, program: Steps[T]) -> T:
        step: Callable[[Any], Any] = program.send
        value: Any = None
        while True:
            try:
                effect = step(value)
            except StopIteration as end:
                return cast("T", end.value)
            try:
                value, step = self._perform(effect), program.send
            except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
                value, step = error, program.throw

    def _perform(self, effect: Any) -> Any:
        match effect:
            case Call(operation, arguments, policy):
                return self._call(operation, arguments, policy)
            case Pause(seconds):
                return self._clock.sleep(seconds)
            case Work(action):
                return action()
            case Group(programs, limit):
                return self._run_group(programs, limit)
        raise TypeError(effect)

    def _call(
        self,
        operation: Operation,
        arguments: Callable[[bool], dict[str, Any]],
        policy: Policy,
    ) -> Any:
        known: list[BaseException] = []
        attempts = _Attempts(self._events, operation.role)

        def attempt() -> Any:
            if known:
                raise known.pop()
            attempts.begin()
            try:
                response = operation.sync(self._client, arguments(False))  # noqa: FBT003
            except BaseException as error:
                attempts.end(error)
                raise
            attempts.end(response=response)
            return response

        def sleep(seconds: float) -> None:
            attempts.wait(seconds)
            self._clock.sleep(seconds)

        try:
            # Most calls succeed at once, and need nothing of what follows.
            return attempt()
        except FAILURES as error:
            known.append(error)
        return Retrying(**policy.tenacity(self._attempts), sleep=sleep)(attempt)

    def _run_group(self, programs: Iterator[Steps[Any]], limit: int) -> None:
        lock = Lock()
        stop: list[bool] = []

        def worker() -> None:
            while not stop:
                with lock:
                    program = next(programs, None)
                if program is None:
                    return
                self._run(program)

        with ThreadPoolExecutor(limit) as pool:
            # What happens there belongs to the span that is current here.
            futures = [pool.submit(copy_context().run, worker) for _ in range(limit)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                stop.append(True)
                raise


class AsyncRunner:
    """Runs programs in the event loop; what blocks goes to a thread. See `Runner`."""

    def __init__(
        self, client: Client, clock: Clock, events: Events, attempts: int = ATTEMPTS
    ) -> None:
        self._client = client
        self._clock = clock
        self._events = events
        self._attempts = attempts

    async def run(self, program: Steps[T], name: str) -> T:
        """Run a program to its end and give its result; its span bears the name."""
        with span(name):
            return await self._run(program)

    async def _run(self, program: Steps[T]) -> T:
        step: Callable[[Any], Any] = program.send
        value: Any = None
        while True:
            try:
                effect = step(value)
            except StopIteration as end:
                return cast("T", end.value)
            try:
                value, step = await self._perform(effect), program.send
            except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
                value, step = error, program.throw

    async def _perform(self, effect: Any) -> Any:
        match effect:
            case Call(operation, arguments, policy):
                return await self._call(operation, arguments, policy)
            case Pause(seconds):
                return await self._clock.pause(seconds)
            case Work(action):
                return await anyio.to_thread.run_sync(action)
            case Group(programs, limit):
                return await self._run_group(programs, limit)
        raise TypeError(effect)

    async def _call(
        self,
        operation: Operation,
        arguments: Callable[[bool], dict[str, Any]],
        policy: Policy,
    ) -> Any:
        attempts = _Attempts(self._events, operation.role)

        async def attempt() -> Any:
            attempts.begin()
            try:
                response = await operation.call_async(self._client, arguments(True))  # noqa: FBT003
            except BaseException as error:
                attempts.end(error)
                raise
            attempts.end(response=response)
            return response

        async def sleep(seconds: float) -> None:
            attempts.wait(seconds)
            await self._clock.pause(seconds)

        return await AsyncRetrying(**policy.tenacity(self._attempts), sleep=sleep)(attempt)

    async def _run_group(self, programs: Iterator[Steps[Any]], limit: int) -> None:
        lock = anyio.Lock()

        async def worker() -> None:
            while True:
                async with lock:
                    program = await anyio.to_thread.run_sync(lambda: next(programs, None))
                if program is None:
                    return
                await self._run(program)

        try:
            async with anyio.create_task_group() as group:
                for _ in range(limit):
                    group.start_soon(worker)
        except BaseExceptionGroup as several:
            # As in the calling thread: the first error is the one that stopped the others.
            raise several.exceptions[0] from None
