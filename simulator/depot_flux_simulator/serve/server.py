"""The simulator served by Granian."""

import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server import Server

from depot_flux_simulator.flux.clock import not_before
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.alone import LOOK_CPU_SECONDS, Alone
from depot_flux_simulator.serve.asgi import Asgi
from depot_flux_simulator.serve.listening import Listening
from depot_flux_simulator.serve.processes import (
    START_METHOD,
    die_with_parent,
    room_for_connections,
)
from depot_flux_simulator.serve.ready import ReadyFile
from depot_flux_simulator.serve.supervisor import Supervised
from depot_flux_simulator.serve.workers import Respawns, WatchedWorkers, end_when_hung, wake_parent
from depot_flux_simulator.settings import ENVIRONMENT, Settings
from depot_flux_simulator.store.latest import Latest
from depot_flux_simulator.store.owner import owned
from depot_flux_simulator.web.app import create_app
from depot_flux_simulator.web.reception import Reception

_log = logging.getLogger(__name__)


def serve(settings: Settings, listening: Listening, announce: Callable[[Parts], None]) -> None:
    """Serve until interrupted.

    Args:
        settings: what to start with, resolved.
        listening: where, and how.
        announce: called once everything is known to be usable.

    Raises:
        ConfigurationError: a setting cannot be used, or another simulator serves the store.
    """
    with ExitStack() as stack:
        if settings.owner is not None:
            stack.enter_context(owned(settings.owner, settings.contents))
            _live_on(settings)
        _serve(settings, listening, announce)


def _serve(settings: Settings, listening: Listening, announce: Callable[[Parts], None]) -> None:
    parts = Parts.start(settings)  # whatever cannot be used is said now
    file, certificate = listening.ready_file, listening.certificate
    ready = nullcontext() if file is None else ReadyFile(file, listening)
    announce(parts)
    settings = settings.once_made()
    parts.close()
    multiprocessing.set_start_method(START_METHOD, force=True)
    os.environ[ENVIRONMENT] = settings.to_json()
    server = Server(
        f"{__name__}:worker_app",
        address=listening.address,
        port=listening.port,
        interface=Interfaces.ASGINL,
        workers=listening.workers,
        factory=True,
        # To find out which protocol a silent client will speak, it would wait for ever.
        http=HTTPModes.http1,
        websockets=False,
        backpressure=room_for_connections(),
        log_level=LogLevels.error,
        ssl_cert=None if certificate is None else certificate.chain,
        ssl_key=None if certificate is None else certificate.key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
    )
    server.respawned_wrks = Respawns()
    if hasattr(signal, "SIGHUP"):
        # To Granian it means to load the program anew; from a terminal, that it is closed.
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        end: Any = signal.SIG_IGN if ignored else server.signal_handler_interrupt
        server.signal_handler_reload = end  # type: ignore[method-assign]
    with Supervised(settings), WatchedWorkers(server), ready:
        server.serve()


def worker_app() -> Asgi:
    """The application of one of Granian's worker processes."""
    die_with_parent()
    end_when_hung()
    wake_parent()
    # A terminal sends Ctrl-C to its whole process group; a worker that gets both that and the
    # server's own SIGTERM waits for ever. Out of the group, only the second one comes.
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    app = create_app()
    parts: Parts = app.extensions["depot_flux"]
    looking = Alone(parts.settings, cpu_seconds=LOOK_CPU_SECONDS, start="spawn")
    parts.engine.check_apart = looking.check
    if parts.settings.control_plane:
        parts.journal.open()
    # What is loaded stays: to look through it again and again took a twentieth of all calls.
    gc.freeze()
    return Asgi(app, Reception(parts), parts.settings.steering)


def _live_on(settings: Settings) -> None:
    """Begin no earlier than the server before on this store ended."""
    latest = Latest(settings.latest)
    behind = not_before(latest.read())
    latest.close()
    if behind:
        _log.warning(
            "the machine's clock was set back by %d s; time goes on as it was", behind // 1_000
        )
