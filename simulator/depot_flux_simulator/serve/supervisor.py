"""Keeps the engine alive, from a process of its own.

The controls read hostile bytes with libraries in C. They run in the engine's process, which may
hang or die without taking a request with it; the supervisor's process sees to it. Both share
memory with the process that serves, where the system can fork.
"""

import gc
import logging
import os
import signal
import sys
import threading
import time
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from typing import Any

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.contents import ASIDE
from depot_flux_simulator.store.store import Store

START_METHOD = "fork" if sys.platform == "linux" else "spawn"
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
    _become_child()
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
            target=_run_engine, args=arguments, name="depot-flux-engine", daemon=True
        )
        process.start()
        return process


def _run_engine(settings: str, pk: Any, since: Any) -> None:
    _become_child()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    parts = Parts.start(Settings.from_json(settings))

    def before(number: int) -> None:
        time.sleep(_BREATH_SECONDS)
        pk.value, since.value = number, time.monotonic()

    while True:
        count = parts.engine.step(before)
        pk.value, since.value = 0, 0.0
        if not count:
            time.sleep(_HELD_UP_SECONDS if parts.engine.held_up else _IDLE_SECONDS)


def _become_child() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that serves
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    die_with_parent()


def die_with_parent() -> None:
    """End this process when the one that started it is gone, even by SIGKILL."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
