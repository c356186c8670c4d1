"""Checking a file from the page costs those who answer nothing, whatever the file does."""

import re
import signal
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import httpx
import psutil
import pytest

from depot_flux_simulator.samples import facture_ubl
from tests.page.browsing import PAGE
from tests.server.test_claims import HeldScanner
from tests.server.test_served import until
from tests.support.served import Served, served


class Held(HeldScanner):
    """One for this module alone."""

    asked: ClassVar[threading.Event] = threading.Event()
    may: ClassVar[threading.Event] = threading.Event()


def check(simulator: Served, content: bytes) -> httpx.Response:
    with httpx.Client(base_url=simulator.base_url, timeout=60) as browser:
        found = re.search(r'name="jeton" content="([0-9a-f]{64})"', browser.get(f"{PAGE}/").text)
        assert found
        form = {"jeton": found[1], "action": "check", "code_application": "AAA123"}
        return browser.post(f"{PAGE}/deposit", data=form, files={"fichiers": ("a.xml", content)})


def apart(simulator: Served) -> list[psutil.Process]:
    """What works for the only worker, the tracker of its resources apart."""
    children = psutil.Process(simulator.process.pid).children()
    workers = [each for each in children if not is_supervisor(each)]
    return [one for worker in workers for one in worker.children() if is_control(one)]


def is_control(process: psutil.Process) -> bool:
    return "spawn_main" in " ".join(process.cmdline())


def is_supervisor(process: psutil.Process) -> bool:
    return bool(process.children()) and not any(map(is_control, process.children()))


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_CPU"), reason="no signals of this kind")
@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        (lambda one: one.send_signal(signal.SIGSEGV), 422, "de son fait (SIGSEGV)"),
        (lambda one: one.kill(), 503, "interrompu (SIGKILL)"),
    ],
)
def test_a_file_that_ends_its_controls_ends_nobody_else(
    tmp_path: Path, end: Callable[[psutil.Process], None], status: int, said: str
) -> None:
    Held.asked.clear()
    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Held) as scanner,
        ThreadPoolExecutor() as pool,
    ):
        threading.Thread(target=scanner.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{scanner.server_address[1]}"
        with served(tmp_path, "--workers", "1", "--clamav", address) as simulator:
            told = pool.submit(check, simulator, facture_ubl("LONG"))
            assert Held.asked.wait(60)
            until(lambda: len(apart(simulator)) == 1, 5)
            (one,) = apart(simulator)
            end(one)
            answer = told.result(60)
            assert answer.status_code == status
            assert said in answer.text
            assert simulator.healthy()
            after = check(simulator, facture_ubl("F1"))
            assert (after.status_code, "Contrôlé seulement" in after.text) == (200, True)
        Held.may.set()
        scanner.shutdown()
        Held.may.clear()
