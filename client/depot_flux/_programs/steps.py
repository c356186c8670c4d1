"""One program for both clients: operations are generators that say what they need done.

`DepotFlux` does it in the calling thread, `AsyncDepotFlux` in the event loop; what is decided, and
in which order, is written once.
"""

import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from logging import INFO, WARNING
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

import anyio
import anyio.to_thread
from tenacity import AsyncRetrying, Retrying

from depot_flux._contract import Operation
from depot_flux._events import Events, span
from depot_flux._http.refusals import HttpError
from depot_flux._http.retries import ATTEMPTS, FAILURES, Policy
from depot_flux._programs.clock import Clock

if TYPE_CHECKING:
    from depot_flux_client import Client

T = TypeVar("T")
Steps = Generator[Any, Any, T]
Generated: TypeAlias = "Client"
"""The generated client, of one account; by name, since it is imported when it is called."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call an operation, again as its policy says.

    Attributes:
        client: the generated client of the account it is called for.
        operation: which one.
        arguments: makes its arguments afresh for every attempt; told whether asynchronously.
        policy: what to do when it fails.
    """

    client: Generated
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


@dataclass(frozen=True, slots=True)
class Give:
    """Hand a result to whoever iterates over them."""

    result: Any


def spanned(name: str, program: Steps[T]) -> Steps[T]:
    """The same program, in a span of its own."""
    with span(name):
        return (yield from program)


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
            WARNING if isinstance(error, FAILURES) else INFO,
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


class _Course(Generic[T]):
    """How far a program is: what it asks for, one thing after the other, and its result."""

    def __init__(self, program: Steps[T]) -> None:
        self._program = program
        self._next: Callable[[], Any] = partial(program.send, None)
        self._result: T | None = None

    def ask(self) -> Any:
        """What it asks for next, None at its end."""
        try:
            return self._next()
        except StopIteration as end:
            self._result = end.value
            return None

    def answer(self, value: Any = None) -> None:
        """What came of it."""
        self._next = partial(self._program.send, value)

    def fail(self, error: BaseException) -> None:
        """That it failed; the program decides what then."""
        self._next = partial(self._program.throw, error)

    @property
    def result(self) -> T:
        return cast("T", self._result)


class Runner:
    """Runs programs in the calling thread.

    Args:
        clock: what it waits by.
        events: what is told of attempts and waits.
        attempts: how often a call is made at most.
    """

    def __init__(self, clock: Clock, events: Events, attempts: int = ATTEMPTS) -> None:
        self._clock = clock
        self._events = events
        self._attempts = attempts

    def run(self, program: Steps[T], name: str) -> T:
        """Run a program to its end and give its result; its span bears the name."""
        with span(name):
            return self._run(program)

    def iterate(self, program: Steps[None]) -> Iterator[Any]:
        """Run a program and hand out what it gives, as it comes.

        Nothing goes on while nobody asks for the next; what stops asking stops the program.
        """
        course = _Course(program)
        try:
            while (effect := course.ask()) is not None:
                if isinstance(effect, Give):
                    course.answer()
                    yield effect.result
                else:
                    self._meet(course, effect)
        finally:
            program.close()

    def _run(self, program: Steps[T]) -> T:
        course = _Course(program)
        while (effect := course.ask()) is not None:
            self._meet(course, effect)
        return course.result

    def _meet(self, course: _Course[Any], effect: Any) -> None:
        try:
            course.answer(self._perform(effect))
        except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
            course.fail(error)

    def _perform(self, effect: Any) -> Any:
        match effect:
            case Call():
                return self._call(effect)
            case Pause(seconds):
                return self._clock.sleep(seconds)
            case Work(action):
                return action()
            case Group(programs, limit):
                return self._run_group(programs, limit)
        raise TypeError(effect)

    def _call(self, call: Call) -> Any:
        known: list[BaseException] = []
        attempts = _Attempts(self._events, call.operation.role)

        def attempt() -> Any:
            if known:
                raise known.pop()
            attempts.begin()
            try:
                response = call.operation.sync(call.client, call.arguments(False))  # noqa: FBT003
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
        return Retrying(**call.policy.tenacity(self._attempts), sleep=sleep)(attempt)

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

    def __init__(self, clock: Clock, events: Events, attempts: int = ATTEMPTS) -> None:
        self._clock = clock
        self._events = events
        self._attempts = attempts

    async def run(self, program: Steps[T], name: str) -> T:
        """Run a program to its end and give its result; its span bears the name."""
        with span(name):
            return await self._run(program)

    async def iterate(self, program: Steps[None]) -> AsyncIterator[Any]:
        """Run a program and hand out what it gives, as it comes; see `Runner.iterate`."""
        course = _Course(program)
        try:
            while (effect := course.ask()) is not None:
                if isinstance(effect, Give):
                    course.answer()
                    yield effect.result
                else:
                    await self._meet(course, effect)
        finally:
            program.close()

    async def _run(self, program: Steps[T]) -> T:
        course = _Course(program)
        while (effect := course.ask()) is not None:
            await self._meet(course, effect)
        return course.result

    async def _meet(self, course: _Course[Any], effect: Any) -> None:
        try:
            course.answer(await self._perform(effect))
        except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
            course.fail(error)

    async def _perform(self, effect: Any) -> Any:
        match effect:
            case Call():
                return await self._call(effect)
            case Pause(seconds):
                return await self._clock.pause(seconds)
            case Work(action):
                return await anyio.to_thread.run_sync(action)
            case Group(programs, limit):
                return await self._run_group(programs, limit)
        raise TypeError(effect)

    async def _call(self, call: Call) -> Any:
        attempts = _Attempts(self._events, call.operation.role)

        async def attempt() -> Any:
            attempts.begin()
            try:
                response = await call.operation.call_async(call.client, call.arguments(True))  # noqa: FBT003
            except BaseException as error:
                attempts.end(error)
                raise
            attempts.end(response=response)
            return response

        async def sleep(seconds: float) -> None:
            attempts.wait(seconds)
            await self._clock.pause(seconds)

        return await AsyncRetrying(**call.policy.tenacity(self._attempts), sleep=sleep)(attempt)

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
