"""A simulator of this process, from its start to its stop."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, Unpack

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from depot_flux_simulator.access.applications import Application, load_applications
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store import private
from depot_flux_simulator.store.owner import owned
from depot_flux_simulator.testing.settings import SimulatorSettings, checked, full_settings
from depot_flux_simulator.tls import Certificate, certificate
from depot_flux_simulator.web.app import create_app


@dataclass(slots=True)
class _Run:
    """What there is of a simulator while it runs."""

    app: Flask
    parts: Parts
    folder: Path
    applications: tuple[Application, ...]
    stack: ExitStack
    url: str = ""


class Running:
    """Starts and stops.

    Args:
        settings: those of `SimulatorSettings`.

    Raises:
        TypeError: there is no such setting.
        ValueError: the pace is negative or `start` says no time zone.
    """

    def __init__(self, **settings: Unpack[SimulatorSettings]) -> None:
        self._settings = checked(settings)
        self._run: _Run | None = None

    def start(self) -> Self:
        """Start it, as `with` does.

        Raises:
            ConfigurationError: the contract, the applications or the folder cannot be used, or
                another simulator uses the folder.
            RuntimeError: it runs already.
        """
        if self._run is not None:
            raise RuntimeError("the simulator runs already; stop() it first")
        with ExitStack() as stack:
            given = self._settings.get("folder")
            temporary = given is None and TemporaryDirectory(prefix="depot-flux-")
            folder = Path(stack.enter_context(temporary) if temporary else given or "")
            settings = full_settings(self._settings, folder)
            applications = load_applications(settings.applications_file)
            private.place(folder)
            if settings.owner is not None:
                stack.enter_context(owned(settings.owner, settings.contents, patience=0))
            app = create_app(settings)
            parts: Parts = app.extensions["depot_flux"]
            stack.callback(parts.close)
            self._run = _Run(app, parts, folder, applications, stack.pop_all())
        return self

    def stop(self) -> None:
        """Stop it and what it serves; a second time does nothing."""
        if self._run is not None:
            stack, self._run = self._run.stack, None
            stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def app(self) -> Flask:
        """The WSGI application that answers."""
        return self._running.app

    @property
    def folder(self) -> Path:
        """Where its data lies."""
        return self._running.folder

    @property
    def applications(self) -> tuple[Application, ...]:
        """Who may call it; the first one is the default everywhere here."""
        return self._running.applications

    def serve(self) -> str:
        """Serve it on a free port of this machine until it is stopped; the URL."""
        run = self._running
        if not run.url:
            run.url = run.stack.enter_context(_served(run.app, self._certificate))
        return run.url

    @property
    def ca(self) -> Path | None:
        """File of the CA that vouches for what it serves, None where it serves clear http.

        Raises:
            ConfigurationError: the extra `tls` is not installed.
        """
        shown = self._certificate
        return None if shown is None else shown.ca

    @property
    def _certificate(self) -> Certificate | None:
        wanted = self._settings.get("tls", False)
        return certificate(self._parts.settings.certificate) if wanted else None

    @property
    def _running(self) -> _Run:
        if self._run is None:
            raise RuntimeError("the simulator does not run: use it within `with`, or start() it")
        return self._run

    @property
    def _parts(self) -> Parts:
        return self._running.parts


@contextmanager
def _served(app: Flask, shown: Certificate | None) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler)
    if shown is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(shown.chain, shown.key)
        # Whoever connects and says nothing holds up his own thread alone.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.ssl_context = context
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'http' if shown is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any, **_kwargs: Any) -> None:
        pass
