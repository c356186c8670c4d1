"""Keeps the engine alive, from a process of its own.

The controls read hostile bytes with libraries in C. They run in the engine's process, which may
hang or die without taking a request with it; the supervisor's process sees to it. Both share
memory with the process that serves, where the system can fork.
"""

import gc
import logging
import os
import time
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.alone import Alone
from depot_flux_simulator.serve.processes import START_METHOD, become_child
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.contents import ASIDE
from depot_flux_simulator.store.store import Store

BUDGET_SECONDS = 60.0
_IDLE_SECONDS = 0.02
_HELD_UP_SECONDS = 1.0
_WATCH_SECONDS = 0.5
# Where processors are short, whoever deposits goes before what was deposited.
_NICENESS = 10
# The same for the store, which takes one writer at a time.
_BREATH_SECONDS = 0.002

_log = logging.getLogger(__name__)
_processes: Any = get_context(START_METHOD)


class Supervised:
    """While it is entered, an engine controls what is deposited.

    To be entered before any thread is started and with no database connection open: neither
    survives a fork.

    Args:
        settings: resolved settings of the simulator.
    """

    def __init__(self, settings: Settings) -> None:
        self._process = _processes.Process(
            target=_supervise, args=(settings.to_json(),), name="depot-flux-supervisor"
        )

    def __enter__(self) -> "Supervised":
        gc.freeze()  # what is loaded by now is shared: the collector need not touch it
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The engine goes with it; what it was at is controlled again at the next start.
        self._process.kill()
        self._process.join()


def _supervise(settings: str) -> None:
    become_child()
    chosen = Settings.from_json(settings)
    store = Store(chosen.database, chosen.contents, durable=chosen.durable)
    watch = _Watch(store, settings)
    while True:
        try:
            watch.look()
        except Exception:  # noqa: BLE001 (whatever happens, the watch goes on)
            _log.exception("supervisor")
        time.sleep(_WATCH_SECONDS)


class _Watch:
    """Starts the engine, starts it again when it dies, and leaves word that it lives."""

    def __init__(self, store: Store, settings: str) -> None:
        self._store = store
        self._settings = settings
        # Shared with the engine: the flux under control and since when, 0 when idle.
        self._pk = _processes.Value("q", 0, lock=False)
        self._since = _processes.Value("d", 0.0, lock=False)
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
            _log.error("controls of flux number %s take too long; killed", self._pk.value)
            self._engine.kill()
            self._engine.join()
        if not self._engine.is_alive():
            _log.error("the engine died (exit %s); starting it again", self._engine.exitcode)
            if self._pk.value:
                self._store.flux.count_failure(self._pk.value)
            self._engine = self._start()
        self._store.beat()

    def _is_stuck(self) -> bool:
        since = self._since.value
        return bool(since) and time.monotonic() - since > BUDGET_SECONDS

    def _start(self) -> BaseProcess:
        self._pk.value, self._since.value = 0, 0.0
        arguments = (self._settings, self._pk, self._since)
        process: BaseProcess = _processes.Process(
            target=_run_engine, args=arguments, name="depot-flux-engine"
        )
        process.start()
        return process


def _run_engine(settings: str, pk: Any, since: Any) -> None:
    become_child()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    chosen = Settings.from_json(settings)
    parts = Parts.start(chosen)

    def idle() -> None:
        pk.value, since.value = 0, 0.0

    # A process of its own has its own limits, and its own end.
    parts.engine.alone = Alone(chosen, idle)

    def before(number: int) -> None:
        time.sleep(_BREATH_SECONDS)
        pk.value, since.value = number, time.monotonic()

    while True:
        count = parts.engine.step(before)
        idle()
        if not count:
            time.sleep(_HELD_UP_SECONDS if parts.engine.held_up else _IDLE_SECONDS)
