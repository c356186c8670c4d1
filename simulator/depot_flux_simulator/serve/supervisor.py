"""Keeps the engines alive, from a process of its own.

The controls read hostile bytes with libraries in C. They run in an engine's process, which may
hang or die without taking a request with it; the supervisor's process sees to it. Both share
memory with the process that serves, where the system can fork.
"""

import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.clock import agree, machine_time
from depot_flux_simulator.parts import Parts, open_store
from depot_flux_simulator.serve.alone import Alone
from depot_flux_simulator.serve.kept import LOOK_SECONDS, Kept, Pulse, wait_for
from depot_flux_simulator.serve.processes import START_METHOD, become_child
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.claims import LEASE_MS, Claimant
from depot_flux_simulator.store.contents import ASIDE
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.latest import Latest
from depot_flux_simulator.store.store import Store

BUDGET_SECONDS = 60.0
ENGINES = max(2, min(4, os.cpu_count() or 1))
"""As many engines one server has at most."""
_LONG_SECONDS = 0.5
_LEAVE_SECONDS = 30.0
_RENEW_SECONDS = LEASE_MS / 3_000
_IDLE_SECONDS = 0.02
_HELD_UP_SECONDS = 0.5
# Where processors are short, whoever deposits goes before what was deposited.
_NICENESS = 10
# The same for the store, which takes one writer at a time: so long for each flux that came.
_BREATH_SECONDS = 0.0005
_LONGEST_BREATH_SECONDS = 0.02

_log = logging.getLogger(__name__)
_processes: Any = get_context(START_METHOD)


class Breath:
    """Lets whoever deposits go first: for each flux that comes, the next one waits a little.

    Args:
        newest: number of the newest flux.
        wait: lets so many seconds pass.
    """

    def __init__(
        self, newest: Callable[[], int], wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._newest = newest
        self._wait = wait
        self._seen: int | None = None

    def rest(self) -> None:
        """Forget what was seen: the engine waits for flux, not they for it."""
        self._seen = None

    def take(self) -> None:
        """Wait if need be, before the next flux is controlled.

        Raises:
            StoreError: the database fails.
        """
        last, self._seen = self._seen, self._newest()
        if last is not None and self._seen > last:
            self._wait(min((self._seen - last) * _BREATH_SECONDS, _LONGEST_BREATH_SECONDS))


class Supervised:
    """While it is entered, an engine controls what is deposited.

    Its supervisor is looked after from here, and started again whatever becomes of it.

    Args:
        settings: resolved settings of the simulator.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.to_json()
        self._own = _processes.Value("q", 0, lock=False)
        self._looks = _processes.Value("q", 0, lock=False)
        self._pulse = Pulse(self._looks)
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> "Supervised":
        gc.freeze()  # what is loaded by now is shared: the collector need not touch it
        self._supervisor = Kept("supervisor", self._start, self._pulse.is_gone)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()
        # The engine goes with it; what it was at is controlled again at the next start.
        self._supervisor.end()

    def _start(self) -> BaseProcess:
        self._pulse.reset()
        process: BaseProcess = _processes.Process(
            target=_supervise,
            args=(self._settings, self._looks, self._own),
            name="depot-flux-supervisor",
        )
        process.start()
        return process

    def _watch(self) -> None:
        while not self._over.is_set():
            self._own.value += 1
            self._supervisor.look()
            self._supervisor.wait()


def _supervise(settings: str, looks: Any, parents: Any) -> None:
    become_child()
    # Here, so that the server answers sooner, and all engines share it.
    import_module("depot_flux_simulator.controls.flux")
    chosen = Settings.from_json(settings)
    parent = Pulse(parents)
    store: Store | None = None
    watch: _Watch | None = None
    said = ""
    while True:
        if watch is not None:  # until then it is starting, which may take long
            looks.value += 1
        told = ""
        try:
            if parent.is_gone() and hasattr(signal, "SIGCONT"):
                os.kill(os.getppid(), signal.SIGCONT)  # as workers do where they are told
            store = store or open_store(chosen)
            watch = watch or _Watch(store, chosen)
            watch.look()
        except (ConfigurationError, StoreError) as error:
            told = str(error)
            if told != said:
                _log.error("the supervisor waits: %s", told)
        except Exception as error:  # noqa: BLE001 (whatever happens, the watch goes on)
            told = str(error)
            if told != said:
                _log.exception("supervisor")
        said = told
        if watch is None:
            time.sleep(LOOK_SECONDS)
        else:
            watch.wait()


class _Slot:
    """The place of one engine, which is started again when it dies or hangs.

    Args:
        settings: as JSON.
        name: the engine's, among all on the store.
        store: the store.
        stays: whether it stays when it has long had nothing to do.
    """

    def __init__(self, settings: str, name: str, store: Store, *, stays: bool) -> None:
        self.name = name
        self._settings = settings
        self._store = store
        self._stays = stays
        # Shared with the engine: the flux under control and since when, 0 when idle; the opposite
        # while the flux is in a process of its own, which has its own limits.
        self._pk = _processes.Value("q", 0, lock=False)
        self._since = _processes.Value("d", 0.0, lock=False)
        self._rounds = _processes.Value("q", 0, lock=False)
        self._pulse = Pulse(self._rounds)
        self.engine = Kept("engine", self._start, self._is_stuck)

    @property
    def has_left(self) -> bool:
        """Whether the engine ended because there was nothing to do."""
        return not self._stays and self.engine.has_left

    @property
    def is_long_at_it(self) -> bool:
        """Whether one flux keeps the engine so long that others ought not to wait for it."""
        since = abs(self._since.value)
        return bool(since and time.monotonic() - since > _LONG_SECONDS)

    def look(self) -> None:
        """See whether the engine lives, and do what must be done."""
        self.engine.look(self._count_failure)

    def _count_failure(self) -> None:
        if self._pk.value:
            _log.error("it was at flux number %d", self._pk.value)
            self._store.flux.count_failure(self._pk.value)
        # What it had beside must not wait until that one is controlled again.
        self._store.claims.release(self.name)

    def _is_stuck(self) -> bool:
        since = self._since.value
        if since <= 0:
            return self._pulse.is_gone()
        return bool(time.monotonic() - since > BUDGET_SECONDS)

    def _start(self) -> BaseProcess:
        self._pk.value, self._since.value = 0, 0.0
        self._pulse.reset()
        process: BaseProcess = _processes.Process(
            target=_run_engine,
            args=(self._settings, self.name, self._pk, self._since, self._rounds),
            kwargs={"stays": self._stays},
            name="depot-flux-engine",
        )
        process.start()
        return process


class _Watch:
    """Sees to the engines: one, and more as long as one flux keeps others from theirs."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings.to_json()
        self._server = settings.server
        self._renewed = time.monotonic()
        if settings.is_shared:
            agree(store.time())
        self._live_through = (
            store.live_through if settings.is_shared else Latest(settings.latest).write
        )
        # What engines had that went with a supervisor before.
        for number in range(ENGINES):
            store.claims.release(self._name(number))
        self._slots = {0: _Slot(self._settings, self._name(0), store, stays=True)}
        self._has_swept = False

    def look(self) -> None:
        """See whether the engines live and suffice, and that what they have stays theirs."""
        for number, slot in list(self._slots.items()):
            if slot.has_left:
                del self._slots[number]
            else:
                slot.look()
        if time.monotonic() - self._renewed > _RENEW_SECONDS:
            self._renewed = time.monotonic()
            for slot in self._slots.values():
                self._store.claims.renew(slot.name)
        if len(self._slots) < ENGINES and all(s.is_long_at_it for s in self._slots.values()):
            self._help()
        self._live_through(machine_time())
        if not self._has_swept:
            self._has_swept = True
            self._sweep()

    def wait(self) -> None:
        """Let some time pass, less when an engine ends."""
        wait_for(slot.engine for slot in self._slots.values())

    def _sweep(self) -> None:
        swept = self._store.sweep()
        if swept:
            _log.warning(
                "%d files that no flux refers to were set aside in %s of %s",
                swept,
                ASIDE,
                self._store.contents.place,
            )

    def _help(self) -> None:
        """Start another engine if anything waits that none has."""
        if self._store.claims.has_any(Claimant(self._name(ENGINES), again=False)):
            number = min(set(range(ENGINES)) - set(self._slots))
            name = self._name(number)
            self._slots[number] = _Slot(self._settings, name, self._store, stays=False)

    def _name(self, number: int) -> str:
        return f"{self._server}/{number}"


def _run_engine(settings: str, name: str, pk: Any, since: Any, rounds: Any, *, stays: bool) -> None:
    become_child()
    chosen = Settings.from_json(settings)
    parts = Parts.start(chosen)
    parts.engine.name = name
    # One engine is enough for what may take minutes.
    parts.engine.again = stays
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    worked = time.monotonic()

    breath = Breath(parts.store.flux.newest)

    def idle() -> None:
        pk.value, since.value = 0, 0.0
        rounds.value += 1

    def apart() -> None:
        pk.value, since.value = 0, -abs(since.value)
        rounds.value += 1

    # A process of its own has its own limits, and its own end.
    parts.engine.alone = Alone(chosen, apart)

    def before(number: int) -> None:
        breath.take()
        pk.value, since.value = number, time.monotonic()

    while stays or time.monotonic() - worked < _LEAVE_SECONDS:
        failed = False
        try:
            count = parts.engine.step(before)
        except StoreError as error:
            _log.error("the store fails: %s", error)
            count, failed = 0, True
        idle()
        breath.rest()
        if count:
            worked = time.monotonic()
        else:
            time.sleep(_HELD_UP_SECONDS if failed or parts.engine.held_up else _IDLE_SECONDS)
    parts.close()
