"""The simulator served by Granian."""

import multiprocessing
import os
import socket
from collections.abc import Callable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.serve.asgi import Asgi
from depot_flux_simulator.serve.processes import START_METHOD, die_with_parent
from depot_flux_simulator.serve.supervisor import Supervised
from depot_flux_simulator.settings import ENVIRONMENT, Settings
from depot_flux_simulator.store.owner import Owner
from depot_flux_simulator.web.app import create_app
from depot_flux_simulator.web.reception import Reception


def serve(
    settings: Settings,
    host: str,
    port: int,
    workers: int,
    announce: Callable[[Parts], None],
) -> None:
    """Serve until interrupted.

    Args:
        settings: what to start with, resolved.
        host: address to listen on.
        port: port to listen on.
        workers: processes that answer requests.
        announce: called once everything is known to be usable.

    Raises:
        ConfigurationError: a setting cannot be used, another simulator serves the store, or the
            port is taken.
    """
    _check_free(host, port)
    owner = Owner(settings.owner)
    try:
        _serve(settings, host, port, workers, announce)
    finally:
        owner.release()


def _serve(
    settings: Settings, host: str, port: int, workers: int, announce: Callable[[Parts], None]
) -> None:
    parts = Parts.start(settings)  # whatever cannot be used is said now
    announce(parts)
    parts.close()
    multiprocessing.set_start_method(START_METHOD, force=True)
    os.environ[ENVIRONMENT] = settings.to_json()
    server = Server(
        f"{__name__}:worker_app",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=workers,
        factory=True,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
    )
    with Supervised(settings):
        server.serve()


def worker_app() -> Asgi:
    """The application of one of Granian's worker processes."""
    die_with_parent()
    # A terminal sends Ctrl-C to its whole process group; a worker that gets both that and the
    # server's own SIGTERM waits for ever. Out of the group, only the second one comes.
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    app = create_app()
    parts: Parts = app.extensions["depot_flux"]
    return Asgi(app, Reception(parts), parts.settings.steering)


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror}; name another --port"
        ) from error
