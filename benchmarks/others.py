"""The simulator against WireMock and Prism with the same contract, in one run.

    python -m benchmarks.others

Both are installed for the run into a folder that goes again, where npm and Java are there. They
answer from a file and keep nothing; the simulator stores, controls and remembers.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import FORM, Load, consulting, depositing, multipart
from benchmarks.server import WORKERS, in_turns
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from tests.support.served import free_port, port_is_free, served

PACKAGES = ("wiremock@3", "@stoplight/prism-cli@5")
STARTING_SECONDS = 60.0
FLUX = "CPP0013110000000000000001"
_CONSULTATION = {
    "request": {"method": "GET", "urlPathPattern": "/flux/[^/]+"},
    "response": {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"statut":"RECEVABLE"}',
    },
}
_DEPOSIT = {
    "request": {
        "method": "POST",
        "urlPath": "/flux",
        "headers": {"Content-Type": {"contains": "multipart/form-data"}},
    },
    "response": {
        "status": 201,
        "headers": {"Content-Type": "application/json"},
        "body": '{"idFlux":"1"}',
    },
}


def main() -> None:
    """Print the figures, or what is missing for them."""
    missing = [program for program in ("npm", "node", "java") if shutil.which(program) is None]
    if missing:
        print(f"not measured against WireMock and Prism: no {', '.join(missing)} here")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        modules = installed(folder)
        if modules is None:
            print("not measured against WireMock and Prism: npm cannot install them here")
            return
        commands = {"WireMock": wiremock(folder, modules), "Prism": prism(modules)}
        options = ("--pace", "0", "--workers", str(WORKERS))
        with served(folder, *options) as simulator:
            access = simulator.access()
            for title, command in commands.items():
                with running([*command, "--port", str(port := free_port())], port) as pid:
                    print(f"{'':<50} {'simulator':>10} {title:>10}", flush=True)
                    theirs = Load(pid, port, "GET", f"/flux/{FLUX}", b"", access)
                    in_turns("consultations", (consulting(simulator), theirs), "more is better")
                    body, headers = multipart(b"x" * 4096), access | FORM
                    theirs = Load(pid, port, "POST", "/flux", body, headers)
                    in_turns("4 kB deposits", (depositing(simulator), theirs), "more is better")


def installed(folder: Path) -> Path | None:
    """Where npm has put both, None where it cannot."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        subprocess.run([*command, *PACKAGES], check=True, timeout=120, capture_output=True)
    except (subprocess.SubprocessError, OSError):
        return None
    return folder / "node_modules"


def wiremock(folder: Path, modules: Path) -> list[str]:
    """Its command, with a stub for each call."""
    mappings = folder / "mappings"
    mappings.mkdir()
    (mappings / "all.json").write_text(json.dumps({"mappings": [_CONSULTATION, _DEPOSIT]}))
    (jar,) = (modules / "wiremock").rglob("*.jar")
    return ["java", "-jar", str(jar), "--disable-banner", "--root-dir", str(folder)]


def prism(modules: Path) -> list[str]:
    """Its command, with the contract that the simulator follows."""
    program = str(modules / ".bin/prism")
    return ["node", program, "mock", "--verboseLevel", "error", str(DEFAULT_CONTRACT)]


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """A server that is started, and gone in the end; its process."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    deadline = time.monotonic() + STARTING_SECONDS
    try:
        while port_is_free(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"does not start: {' '.join(command)}")
            time.sleep(0.1)
        time.sleep(1)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    main()
