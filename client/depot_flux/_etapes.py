"""One program for both clients: operations are generators that say what they need done.

`DepotFlux` does it in the calling thread, `AsyncDepotFlux` in the event loop; what is decided, and
in which order, is written once.
"""

import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
from tenacity import AsyncRetrying, Retrying

from depot_flux._contrat import Operation
from depot_flux._reprises import Politique
from depot_flux_client import Client

T = TypeVar("T")
Etapes = Generator[Any, Any, T]


@dataclass(frozen=True, slots=True)
class Appel:
    """Call an operation, again as its policy says.

    Attributes:
        operation: which one.
        arguments: makes its arguments afresh for every attempt; told whether asynchronously.
        politique: what to do when it fails.
    """

    operation: Operation
    arguments: Callable[[bool], dict[str, Any]]
    politique: Politique


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, in seconds."""

    secondes: float


@dataclass(frozen=True, slots=True)
class Travail:
    """Work that blocks on disk or processor."""

    faire: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Run several programs, at most `limite` at a time; the iterator itself may be slow."""

    programmes: Iterator[Etapes[Any]]
    limite: int


def travail(faire: Callable[[], T]) -> Etapes[T]:
    """`Travail`, with the type of its result."""
    return cast("T", (yield Travail(faire)))


class Executant:
    """Runs programs in the calling thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.dormir: Callable[[float], None] = time.sleep

    def executer(self, programme: Etapes[T]) -> T:
        """Run a program to its end and give its result."""
        step: Callable[[Any], Any] = programme.send
        value: Any = None
        while True:
            try:
                effet = step(value)
            except StopIteration as end:
                return cast("T", end.value)
            try:
                value, step = self._faire(effet), programme.send
            except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
                value, step = error, programme.throw

    def _faire(self, effet: Any) -> Any:
        match effet:
            case Appel(operation, arguments, politique):
                retrying = Retrying(**politique.tenacity(), sleep=self.dormir)
                return retrying(lambda: operation.sync(self._client, arguments(False)))  # noqa: FBT003
            case Pause(secondes):
                return self.dormir(secondes)
            case Travail(faire):
                return faire()
            case Ensemble(programmes, limite):
                return self._ensemble(programmes, limite)
        raise TypeError(effet)

    def _ensemble(self, programmes: Iterator[Etapes[Any]], limite: int) -> None:
        lock = Lock()
        stop: list[bool] = []

        def worker() -> None:
            while not stop:
                with lock:
                    programme = next(programmes, None)
                if programme is None:
                    return
                self.executer(programme)

        with ThreadPoolExecutor(limite) as pool:
            futures = [pool.submit(worker) for _ in range(limite)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                stop.append(True)
                raise


class ExecutantAsync:
    """Runs programs in the event loop; what blocks goes to a thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.dormir: Callable[[float], Awaitable[None]] = anyio.sleep

    async def executer(self, programme: Etapes[T]) -> T:
        """Run a program to its end and give its result."""
        step: Callable[[Any], Any] = programme.send
        value: Any = None
        while True:
            try:
                effet = step(value)
            except StopIteration as end:
                return cast("T", end.value)
            try:
                value, step = await self._faire(effet), programme.send
            except BaseException as error:  # noqa: BLE001 (handed to the program, which decides)
                value, step = error, programme.throw

    async def _faire(self, effet: Any) -> Any:
        match effet:
            case Appel(operation, arguments, politique):
                return await self._appeler(operation, arguments, politique)
            case Pause(secondes):
                return await self.dormir(secondes)
            case Travail(faire):
                return await anyio.to_thread.run_sync(faire)
            case Ensemble(programmes, limite):
                return await self._ensemble(programmes, limite)
        raise TypeError(effet)

    async def _appeler(
        self,
        operation: Operation,
        arguments: Callable[[bool], dict[str, Any]],
        politique: Politique,
    ) -> Any:
        async def attempt() -> Any:
            return await operation.asynchrone(self._client, arguments(True))  # noqa: FBT003

        return await AsyncRetrying(**politique.tenacity(), sleep=self.dormir)(attempt)

    async def _ensemble(self, programmes: Iterator[Etapes[Any]], limite: int) -> None:
        lock = anyio.Lock()

        async def worker() -> None:
            while True:
                async with lock:
                    programme = await anyio.to_thread.run_sync(lambda: next(programmes, None))
                if programme is None:
                    return
                await self.executer(programme)

        async with anyio.create_task_group() as group:
            for _ in range(limite):
                group.start_soon(worker)
