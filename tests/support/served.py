"""A simulator served by its own command, as a user starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from depot_flux_simulator.access.applications import DEFAULT_FILE, Application, load_applications
from depot_flux_simulator.testing import Calls
from tests.support.contract import CONTRACT
from tests.support.stores import database_of

AAA, BBB = load_applications(DEFAULT_FILE)
COMMAND = Path(sys.executable).with_name("depot-flux-simulator")


class Served:
    """One process tree, on a free port; can be killed and started again on the same data."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.base_url = self.url + CONTRACT.base_path

    def start(self, *, healthy: bool = True) -> None:
        """Start it and wait until it answers, healthy or not as asked."""
        self.log = (self.folder / "log.txt").open("ab")
        database = database_of(self.folder)
        self.process = subprocess.Popen(
            [COMMAND, "--port", str(self.port), "--database", database, *self.options],
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            # Asked first: a client takes the processor from what starts.
            if not port_is_free(self.port, httpx.URL(self.url).host):
                with suppress(httpx.TransportError):
                    if self.healthy() is healthy:
                        return
            time.sleep(0.02)
        raise AssertionError("not ready: " + self.said())

    def said(self) -> str:
        """Its log, in which a full disk may have cut a letter."""
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """SIGKILL the command alone; whatever it started must not outlive it."""
        self.process.kill()
        self.process.wait()
        self.log.close()
        deadline = time.monotonic() + 10
        while not port_is_free(self.port):
            assert time.monotonic() < deadline, "a worker outlived the command"
            time.sleep(0.02)

    def interrupt(self, by: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C, to the whole group as a terminal sends it; the exit code."""
        os.killpg(self.process.pid, by)
        code = self.process.wait(timeout=20)
        self.log.close()
        return code

    def healthy(self) -> bool:
        """Whether it says so, or answers at all where the contract has no supervision."""
        with self.api() as calls:
            return CONTRACT.superviser is None or calls.superviser().accepted

    @contextmanager
    def api(self, **headers: str) -> Iterator[Calls]:
        """The API by role, with these headers or else let in."""
        with httpx.Client(base_url=self.url, headers=headers or self.access()) as client:
            yield Calls(client, CONTRACT)

    def access(self, application: Application = AAA) -> dict[str, str]:
        """Headers that let an application in."""
        return access(self.url, application)


def access(url: str, application: Application = AAA) -> dict[str, str]:
    """Headers that let an application into a simulator that is served."""
    form = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.client_secret,
    }
    token = httpx.post(f"{url}/api/oauth/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "cpro-account": application.comptes[0].header}


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """A simulator that is started, and gone in the end whatever happens."""
    running = Served(folder, *options)
    running.start()
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int | None, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on a port of an address of this machine."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) != 0
