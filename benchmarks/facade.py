"""What the facade costs: `.venv/bin/python -m benchmarks.facade`. Prints figures, tests nothing.

Deposits of 1 Mo through the facade and through the bare generated client, by turns and in one run;
then a batch of 5,000 small invoices: how many flux, how long, how much memory.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depot_flux_client import AuthenticatedClient
from depot_flux_client.types import File
from tests.support.dying import CODE, client_of

if TYPE_CHECKING:
    from tests.support.served import Served

ROUNDS = 100
ROW = 20  # deposits in a row: a program does not change its client at every call
INVOICES = 5_000


def main() -> None:
    """Measure and print."""
    # Not above: the process that measures memory imports this file and must not hold a simulator.
    from tests.support.served import served

    with tempfile.TemporaryDirectory() as name, served(Path(name), "--pace", "0") as simulator:
        folder = Path(name)
        deposits(simulator, folder)
        batch(simulator, folder)


def deposits(simulator: "Served", folder: Path) -> None:
    """One deposit of 1 Mo, both ways by turns."""
    content = b"<Invoice>" + b"x" * (1_000_000 - 19) + b"</Invoice>"
    path = folder / "big.xml"
    path.write_bytes(content)
    headers = simulator.access()
    token = headers.pop("Authorization").removeprefix("Bearer ")
    generated = AuthenticatedClient(base_url=simulator.url, token=token, headers=headers)
    # The reconstruction's own names, which another contract does not have.
    deposer_flux: Any = import_module("depot_flux_client.api.flux.deposer_flux")
    models: Any = import_module("depot_flux_client.models")
    numbers = count()

    def anew() -> int:
        """Other bytes each time: the same under another name would be stopped."""
        number = next(numbers)
        with path.open("r+b") as opened:
            opened.seek(9)
            opened.write(b"%09d" % number)
        return number

    def bare() -> None:
        number = anew()
        with path.open("rb") as opened:
            body = models.Depot(File(opened, f"bare{number}.xml"), CODE)
            assert deposer_flux.sync_detailed(client=generated, body=body).status_code == 201

    with client_of(simulator.url, folder / "recus.db") as depot:

        def facade() -> None:
            depot.deposer(CODE, path, nom=f"facade{anew()}.xml")

        times: dict[Callable[[], None], list[float]] = {bare: [], facade: []}
        for number in range(ROUNDS + 2):
            # Each way is first as often as the other: the controls of a deposit go on after it.
            for call in (bare, facade) if number % 2 else (facade, bare):
                start = time.perf_counter()
                for _ in range(ROW):
                    call()
                times[call].append((time.perf_counter() - start) / ROW)
    one, other = (times[call][2:] for call in (bare, facade))  # the first were warming up
    pairs = statistics.median(b / a for a, b in zip(one, other, strict=True)) - 1
    print(f"deposit of 1 Mo, {ROUNDS} rows of {ROW} each way, by turns:")
    print(f"  bare client: {describe(one)}\n  facade:      {describe(other)}")
    print(f"  overhead: {pairs:+.1%} (median of pairs), {sum(other) / sum(one) - 1:+.1%} (means)")


def describe(times: list[float]) -> str:
    """Minimum and median in milliseconds."""
    return f"min {min(times) * 1000:.2f} ms, median {statistics.median(times) * 1000:.2f} ms"


def batch(simulator: "Served", folder: Path) -> None:
    """A batch, in a process of its own so that its memory is its own."""
    from depot_flux_simulator.samples import facture_ubl

    invoices = folder / "factures"
    invoices.mkdir()
    sample = facture_ubl("F0000000")
    for number in range(INVOICES):
        text = sample.replace(b"F0000000", b"F%07d" % number)
        (invoices / f"F{number:07}.xml").write_bytes(text)
    print(f"batch of {INVOICES} invoices of {len(sample)} bytes: ", end="", flush=True)
    process = multiprocessing.get_context("spawn").Process(
        target=deposit_batch, args=(simulator.url, folder, invoices)
    )
    process.start()
    process.join()


def deposit_batch(url: str, folder: Path, invoices: Path) -> None:
    """Deposit and follow a folder, then say what it took."""
    start = time.perf_counter()
    with client_of(url, folder / "recus.db") as depot:
        results = depot.deposer_lot(CODE, invoices.iterdir(), timeout=120)
    took = time.perf_counter() - start
    flux = {result.flux.id for result in results if result.flux}
    good = sum(result.recevable for result in results)
    # Not ru_maxrss, which a new process inherits from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    print(f"{len(flux)} flux, {good} recevables, {took:.1f} s, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
