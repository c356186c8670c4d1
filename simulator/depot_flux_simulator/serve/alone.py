"""The controls of one flux in a process of their own, for one that was interrupted before.

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
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.processes import START_METHOD, Stops, become_child
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.flux import StoredFlux

CPU_SECONDS = 120
"""What a file may take of a processor; a machine that is busy or asleep counts for nothing."""

_WALL_SECONDS = 900.0
_LOOK_SECONDS = 0.5
_LACKING = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75
# What a library in C ends by when bytes lead it astray. Every other signal comes from outside:
# SIGKILL may be the system's that is short of memory, or anybody's.
_ITS_OWN = {"SIGSEGV", "SIGABRT", "SIGILL", "SIGFPE", "SIGXCPU"}
# What the controls end by, whatever the file: a disk, a database or a program that is not whole.
_NOT_ITS_OWN = (OSError, StoreError, SchemasUnreadableError, ImportError)

_processes: Any = get_context(START_METHOD)


class Alone:
    """Runs the controls of one flux in a process of its own.

    Args:
        settings: those of the simulator, resolved.
        alive: called again and again while they run.
    """

    def __init__(self, settings: Settings, alive: Callable[[], None] = lambda: None) -> None:
        self._settings = settings.to_json()
        self._alive = alive

    def __call__(self, flux: StoredFlux, *, functional: bool) -> Verdict:
        """The verdict on a flux.

        Args:
            flux: the flux.
            functional: whether the functional level is told, where it is on.

        Raises:
            TakenDownError: the file ended the process.
            BrokenOffError: something else did.
            AntivirusUnreachableError: the scanner gave no verdict.
        """
        reader, writer = _processes.Pipe(duplex=False)
        arguments = (self._settings, flux, writer)
        process = _processes.Process(
            target=_control,
            args=arguments,
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


def _control(settings: str, flux: StoredFlux, writer: Connection, *, functional: bool) -> None:
    become_child()
    try:
        parts = Parts.start(Settings.from_json(settings))
    except Exception as error:  # noqa: BLE001 (whatever it is, the file has no part in it)
        writer.send(BrokenOffError(str(error)))
        return
    _limit()
    try:
        writer.send(parts.engine.control(flux, functional=functional))
    except AntivirusUnreachableError as error:
        writer.send(error)
    except MemoryError:
        sys.exit(_LACKING)
    except _NOT_ITS_OWN as error:
        writer.send(BrokenOffError(str(error)))


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415 (not everywhere)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 10))
