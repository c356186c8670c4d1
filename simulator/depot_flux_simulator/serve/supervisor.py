"""Keeps the engine alive, from a process of its own.

The controls read hostile bytes with libraries in C. They run in the engine's process, which may
hang or die without taking a request with it; the supervisor's process sees to it. Both share
memory with the process that serves, where the system can fork.
"""

import gc
import logging
import os
import threading
import time
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.alone import Alone
from depot_flux_simulator.serve.processes import START_METHOD, become_child
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.contents import ASIDE
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.latest import Latest
from depot_flux_simulator.store.store import Store

BUDGET_SECONDS = 60.0
_IDLE_SECONDS = 0.02
_HELD_UP_SECONDS = 1.0
_WATCH_SECONDS = 0.5
_STUCK_LOOKS = 6
_STARTING_LOOKS = 120
# Where processors are short, whoever deposits goes before what was deposited.
_NICENESS = 10
# The same for the store, which takes one writer at a time.
_BREATH_SECONDS = 0.002

_log = logging.getLogger(__name__)
_processes: Any = get_context(START_METHOD)


class _Pulse:
    """Tells whether a process still works, by a number that it keeps changing.

    Only the looks of whoever watches are counted, not the time: who was asleep together, watcher
    and watched, is not held to be stuck.

    Args:
        number: shared with the process.
    """

    def __init__(self, number: Any) -> None:
        self._number = number
        self._seen = 0
        self._same = 0

    def is_gone(self) -> bool:
        """Look once more; whether the number has long been the same."""
        now = self._number.value
        self._same = self._same + 1 if now == self._seen else 0
        self._seen = now
        # A process that starts has much to load before its first sign of life.
        return self._same > (_STARTING_LOOKS if now == 0 else _STUCK_LOOKS)

    def reset(self) -> None:
        """Begin anew, for another process."""
        self._number.value = self._seen = self._same = 0


class Supervised:
    """While it is entered, an engine controls what is deposited.

    Its supervisor is looked after from here, and started again whatever becomes of it.

    Args:
        settings: resolved settings of the simulator.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.to_json()
        self._looks = _processes.Value("q", 0, lock=False)
        self._pulse = _Pulse(self._looks)
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> "Supervised":
        gc.freeze()  # what is loaded by now is shared: the collector need not touch it
        self._process = self._start()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()
        # The engine goes with it; what it was at is controlled again at the next start.
        self._process.kill()
        self._process.join()

    def _start(self) -> Any:
        self._pulse.reset()
        process = _processes.Process(
            target=_supervise, args=(self._settings, self._looks), name="depot-flux-supervisor"
        )
        process.start()
        return process

    def _watch(self) -> None:
        while not self._over.wait(_WATCH_SECONDS):
            if self._process.is_alive() and not self._pulse.is_gone():
                continue
            _log.error("the supervisor died or hangs; starting it again")
            self._process.kill()
            self._process.join()
            self._process = self._start()


def _supervise(settings: str, looks: Any) -> None:
    become_child()
    chosen = Settings.from_json(settings)
    latest = Latest(chosen.latest)
    store = Store(chosen.database, chosen.contents, durable=chosen.durable)
    watch = _Watch(store, settings)
    while True:
        looks.value += 1
        try:
            watch.look()
            latest.write(machine_time())
        except Exception:  # noqa: BLE001 (whatever happens, the watch goes on)
            _log.exception("supervisor")
        watch.wait()


class _Watch:
    """Starts the engine, and starts it again when it dies or hangs."""

    def __init__(self, store: Store, settings: str) -> None:
        self._store = store
        self._settings = settings
        # Shared with the engine: the flux under control and since when, 0 when idle.
        self._pk = _processes.Value("q", 0, lock=False)
        self._since = _processes.Value("d", 0.0, lock=False)
        self._rounds = _processes.Value("q", 0, lock=False)
        self._pulse = _Pulse(self._rounds)
        self._engine = self._start()
        swept = store.sweep()
        if swept:
            _log.warning(
                "%d files that no flux refers to were set aside in %s",
                swept,
                store.contents.folder / ASIDE,
            )

    def look(self) -> None:
        """See whether the engine lives, and do what must be done."""
        if self._engine.is_alive() and self._is_stuck():
            _log.error("the engine hangs at flux number %s; killed", self._pk.value or "none")
            self._engine.kill()
            self._engine.join()
        if not self._engine.is_alive():
            _log.error("the engine died (exit %s); starting it again", self._engine.exitcode)
            if self._pk.value:
                self._store.flux.count_failure(self._pk.value)
            self._engine = self._start()

    def wait(self) -> None:
        """Let some time pass, less when the engine dies."""
        wait([self._engine.sentinel], _WATCH_SECONDS)

    def _is_stuck(self) -> bool:
        since = self._since.value
        if not since:
            return self._pulse.is_gone()
        return bool(time.monotonic() - since > BUDGET_SECONDS)

    def _start(self) -> BaseProcess:
        self._pk.value, self._since.value = 0, 0.0
        self._pulse.reset()
        arguments = (self._settings, self._pk, self._since, self._rounds)
        process: BaseProcess = _processes.Process(
            target=_run_engine, args=arguments, name="depot-flux-engine"
        )
        process.start()
        return process


def _run_engine(settings: str, pk: Any, since: Any, rounds: Any) -> None:
    become_child()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    chosen = Settings.from_json(settings)
    parts = Parts.start(chosen)

    def idle() -> None:
        pk.value, since.value = 0, 0.0
        rounds.value += 1

    # A process of its own has its own limits, and its own end.
    parts.engine.alone = Alone(chosen, idle)

    def before(number: int) -> None:
        time.sleep(_BREATH_SECONDS)
        pk.value, since.value = number, time.monotonic()

    while True:
        try:
            count = parts.engine.step(before)
        except StoreError as error:
            _log.error("the store fails: %s", error)
            count = 0
            time.sleep(_HELD_UP_SECONDS)
        idle()
        if not count:
            time.sleep(_HELD_UP_SECONDS if parts.engine.held_up else _IDLE_SECONDS)
