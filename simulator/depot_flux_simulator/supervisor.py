"""Keeps the engine's process alive, from the process that serves.

The controls read hostile bytes with libraries in C: they run in a process of their own, which may
hang or die without taking a request with it.
"""

import logging
import signal
import threading
import time
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from os import _exit
from typing import Any

from depot_flux_simulator.services import Services
from depot_flux_simulator.settings import Settings

BUDGET_SECONDS = 60.0
_IDLE_SECONDS = 0.02
_WATCH_SECONDS = 0.5

_log = logging.getLogger(__name__)
_spawn = get_context("spawn")


class Supervisor:
    """Starts the engine, starts it again when it dies, and leaves word that it lives.

    Args:
        services: the parts of this process; the engine's process makes its own.
        budget_seconds: how long one flux may keep the controls busy before they are killed.
    """

    def __init__(self, services: Services, budget_seconds: float = BUDGET_SECONDS) -> None:
        self._services = services
        self._budget = budget_seconds
        # Shared with the engine: the flux under control and since when, 0 when idle.
        self._pk = _spawn.Value("q", 0, lock=False)
        self._since = _spawn.Value("d", 0.0, lock=False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> "Supervisor":
        self._process = self._start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._process.kill()  # what it was at is controlled again at the next start
        self._process.join()

    def _start(self) -> BaseProcess:
        self._pk.value, self._since.value = 0, 0.0
        process = _spawn.Process(
            target=run_engine,
            args=(self._services.settings.to_json(), self._pk, self._since),
            name="depot-flux-engine",
            daemon=True,
        )
        process.start()
        return process

    def _watch(self) -> None:
        while not self._stopping.wait(_WATCH_SECONDS):
            try:
                self._look()
            except Exception:  # noqa: BLE001 (whatever happens, the watch goes on)
                _log.exception("supervisor")

    def _look(self) -> None:
        if self._process.is_alive():
            since = self._since.value
            if since and time.monotonic() - since > self._budget:
                _log.error("controls of flux number %s take too long; killed", self._pk.value)
                self._process.kill()
                self._process.join()
        if self._process.is_alive():
            self._services.store.beat(time.time_ns() // 1_000_000)
            return
        pk = self._pk.value
        _log.error("the engine died (exit code %s); starting it again", self._process.exitcode)
        if pk:
            self._services.store.count_failure(pk)
        self._process = self._start()


def run_engine(settings: str, pk: Any, since: Any) -> None:
    """Main loop of the engine's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that supervises
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    services = Services.start(Settings.from_json(settings))

    def before(number: int) -> None:
        pk.value, since.value = number, time.monotonic()

    while True:
        count = services.engine.step(before)
        pk.value, since.value = 0, 0.0
        if not count:
            time.sleep(_IDLE_SECONDS)


def die_with_parent() -> None:
    """End this process when the one that started it is gone, even by SIGKILL."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        _exit(1)

    threading.Thread(target=wait, daemon=True).start()
