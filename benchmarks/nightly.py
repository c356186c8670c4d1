"""A night of 3,000 municipalities: `.venv/bin/python -m benchmarks.nightly [ACCOUNTS]`.

Two invoices for each account, from a table, through the command line, on one receipt book, against
a served simulator: how long, how much memory, how many tokens. Prints figures, tests nothing.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.served import Served

ACCOUNTS = 3_000
FILES = 2
CODE = "FSO3110A"


@dataclass(frozen=True)
class Night:
    """What a run took.

    Attributes:
        code: the exit code.
        accounts: lines of JSON that came out.
        recevables: files whose flux were found admissible.
        tokens: how many were asked for.
        seconds: how long it took.
        megabytes: its peak memory.
        errors: what it said beside the results.
    """

    code: int
    accounts: int
    recevables: int
    tokens: int
    seconds: float
    megabytes: float
    errors: str


def main() -> None:
    """Measure and print."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    with tempfile.TemporaryDirectory() as name, simulator(Path(name), number) as served:
        night = run(Path(name), served.url, number)
    print(
        f"{number} accounts x {FILES} files: {night.seconds:.1f} s, {night.megabytes:.0f} MB, "
        f"{night.tokens} token(s); {night.accounts} lines, {night.recevables} recevables, "
        f"exit code {night.code}\n{night.errors}"
    )


@contextmanager
def simulator(folder: Path, number: int) -> Iterator["Served"]:
    """A served simulator that knows the accounts."""
    from tests.support.served import served

    accounts = ",\n".join(
        f'{{login = "{login(each)}", mot_de_passe = "p{each}"}}' for each in range(number)
    )
    path = folder / "applications.toml"
    path.write_text(
        f"""[[application]]
client_id = "editeur"
client_secret = "secret"
code_application = "AAA123"
comptes_techniques = [{accounts}]

[[application]]
client_id = "demo-client"
client_secret = "demo-secret"
code_application = "BBB456"
comptes_techniques = [{{login = "demo@depot-flux.example", mot_de_passe = "demo-password"}}]
"""
    )
    with served(folder, "--pace", "0", "--applications", str(path)) as running:
        yield running


def login(number: int) -> str:
    """The technical account of a municipality."""
    return f"commune{number}@depot-flux.example"


def run(folder: Path, url: str, number: int) -> Night:
    """Deposit and follow the invoices of the accounts by the command line."""
    from depot_flux_simulator.samples import facture_ubl

    sample = facture_ubl("F0000000")
    with (folder / "nuit.csv").open("w", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(("fichier", "login", "mot_de_passe"))
        for account in range(number):
            for file in range(FILES):
                invoice = f"F{account:05}{file:02}"
                (folder / f"{invoice}.xml").write_bytes(
                    sample.replace(b"F0000000", invoice.encode())
                )
                table.writerow((f"{invoice}.xml", login(account), f"p{account}"))
    figures = folder / "depot-flux.prom"
    command = (
        f"depot-flux --metrics {figures} lot {folder / 'nuit.csv'} --code {CODE} --jsonl"
        " --simultanes 8"
    )
    # The peak memory of a process is told while it lives: it says it itself, last.
    program = (
        "import atexit, sys\n"
        "from pathlib import Path\n"
        "tell = lambda: sys.stderr.write(Path('/proc/self/status').read_text())\n"
        "atexit.register(tell)\n"
        "from depot_flux._command.cli import main\n"
        f"sys.argv = {command.split()}\n"
        "main()\n"
    )
    environ = {
        "DEPOT_FLUX_BASE_URL": url,
        "DEPOT_FLUX_CLIENT_ID": "editeur",
        "DEPOT_FLUX_CLIENT_SECRET": "secret",
        "DEPOT_FLUX_CODE_APPLICATION": "AAA123",
        "DEPOT_FLUX_FICHIER_RECUS": str(folder / "recus.db"),
        "DEPOT_FLUX_CONFIG": str(folder / "config.toml"),
        "PYTHONPATH": ":".join(sys.path),
    }
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    tokens = re.findall(r'renewals_total\{status="200"\} (\d+)', figures.read_text())
    return Night(
        done.returncode,
        len(lines),
        sum(line["recevables"] for line in lines),
        sum(map(int, tokens)),
        seconds,
        int(peak[1]) / 1024 if peak else 0.0,
        done.stderr.partition("Name:")[0],
    )


if __name__ == "__main__":
    main()
