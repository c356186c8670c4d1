"""The controls of one flux in a process of their own.

For one that was interrupted before, and for one that is only looked at: there no engine watches.
Nobody else's flux is there, so that what ends the process is either the file or somebody outside,
and which of the two can be told by how it ended.
"""

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError
from depot_flux_simulator.controls.schemas import SchemasUnreadableError
from depot_flux_simulator.engine import BrokenOffError, TakenDownError
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.processes import START_METHOD, Stops, become_child
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.flux import StoredFlux

CPU_SECONDS = 120
"""What a file may take of a processor; a machine that is busy or asleep counts for nothing."""

LOOK_CPU_SECONDS = 30
"""The same where somebody waits for the answer."""

_WALL_SECONDS = 900.0
_LOOK_SECONDS = 0.5
_LACKING = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75
# What a library in C ends by when bytes lead it astray. Every other signal comes from outside:
# SIGKILL may be the system's that is short of memory, or anybody's.
_ITS_OWN = {"SIGSEGV", "SIGABRT", "SIGILL", "SIGFPE", "SIGXCPU"}
# What the controls end by, whatever the file: a disk, a database or a program that is not whole.
_NOT_ITS_OWN = (OSError, StoreError, SchemasUnreadableError, ImportError)


class Alone:
    """Runs the controls of one flux in a process of its own.

    Args:
        settings: those of the simulator, resolved.
        alive: called again and again while they run.
        cpu_seconds: what they may take of a processor.
        start: how the process is started. One that answers requests is not to be forked: its
            callers' connections would stay open with the other one.
    """

    def __init__(
        self,
        settings: Settings,
        alive: Callable[[], None] = lambda: None,
        cpu_seconds: int = CPU_SECONDS,
        start: str = START_METHOD,
    ) -> None:
        self._settings = settings.to_json()
        self._alive = alive
        self._cpu_seconds = cpu_seconds
        self._processes: Any = get_context(start)

    def __call__(self, flux: StoredFlux, *, functional: bool) -> Verdict:
        """The verdict on a flux; arguments and errors as of `check`."""
        return self.check(flux.depot, functional=functional)

    def check(self, depot: Depot, *, functional: bool = True) -> Verdict:
        """The verdict on what is stored or not.

        Args:
            depot: the flux.
            functional: whether the functional level is told, where it is on.

        Raises:
            TakenDownError: the file ended the process.
            BrokenOffError: something else did.
            AntivirusUnreachableError: the scanner gave no verdict.
        """
        reader, writer = self._processes.Pipe(duplex=False)
        process = self._processes.Process(
            target=_control,
            args=(self._settings, self._cpu_seconds, depot, writer),
            kwargs={"functional": functional},
            name="depot-flux-alone",
        )
        process.start()
        writer.close()
        try:
            said = self._said(reader, process)
        finally:
            process.kill()
            process.join()
            reader.close()
        if isinstance(said, Exception):
            raise said
        return said

    def _said(self, reader: Connection, process: Any) -> Verdict | Exception:
        waited, stops = 0.0, Stops()
        while not wait([reader, process.sentinel], _LOOK_SECONDS):
            self._alive()
            if stops.holds(process.pid):
                return BrokenOffError("it was stopped")
            waited += _LOOK_SECONDS
            if waited > _WALL_SECONDS:
                return BrokenOffError(f"no end after {_WALL_SECONDS:.0f} s")
        try:
            said: Verdict | Exception = reader.recv()
        except EOFError:
            process.join()
            return _ended(process.exitcode)
        return said


def _ended(code: int) -> Exception:
    """What the end of a process says, its code being minus the signal's number."""
    if code == _LACKING:
        return BrokenOffError("the machine lacks memory")
    if code >= 0:
        return TakenDownError(f"code {code}")
    name = signal.Signals(-code).name
    return TakenDownError(name) if name in _ITS_OWN else BrokenOffError(name)


def _control(
    settings: str, cpu_seconds: int, depot: Depot, writer: Connection, *, functional: bool
) -> None:
    become_child()
    try:
        parts = Parts.start(Settings.from_json(settings))
    except Exception as error:  # noqa: BLE001 (whatever it is, the file has no part in it)
        writer.send(BrokenOffError(str(error)))
        return
    _limit(cpu_seconds)
    try:
        writer.send(parts.engine.check(depot, functional=functional))
    except AntivirusUnreachableError as error:
        writer.send(error)
    except MemoryError:
        sys.exit(_LACKING)
    except _NOT_ITS_OWN as error:
        writer.send(BrokenOffError(str(error)))


def _limit(cpu_seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 (not everywhere)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 10))
