"""What the facade costs: `.venv/bin/python tests/bench_facade.py`. Prints figures, tests nothing.

Deposits of 1 Mo through the facade and through the bare generated client, by turns and in one run;
then a batch of 5,000 small invoices: how many flux, how long, how much memory.
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.server.served import Served

sys.path.insert(0, str(Path(__file__).parents[1]))

from depot_flux import DepotFlux
from depot_flux_client.api.flux import deposer_flux
from depot_flux_client.models import Depot
from depot_flux_client.types import File

ROUNDS = 150
INVOICES = 5_000
CODE = "FSO3110A"


def main() -> None:
    """Measure and print."""
    # Not above: the process that measures memory imports this file and must not hold a simulator.
    from tests.server.served import served

    with tempfile.TemporaryDirectory() as name, served(Path(name), "--pace", "0") as simulator:
        folder = Path(name)
        deposits(simulator, folder)
        batch(simulator, folder)


def deposits(simulator: "Served", folder: Path) -> None:
    """One deposit of 1 Mo, both ways by turns."""
    content = b"<Invoice>" + b"x" * (1_000_000 - 19) + b"</Invoice>"
    path = folder / "big.xml"
    path.write_bytes(content)
    generated = simulator.client()
    numbers = iter(range(10 * ROUNDS))

    def bare() -> None:
        with path.open("rb") as opened:
            body = Depot(File(opened, f"bare{next(numbers)}.xml"), CODE)
            assert deposer_flux.sync_detailed(client=generated, body=body).status_code == 201

    with client(simulator.url, folder) as depot:

        def facade() -> None:
            depot.deposer(CODE, path, nom=f"facade{next(numbers)}.xml")

        times: dict[Callable[[], None], list[float]] = {bare: [], facade: []}
        for call in (bare, facade) * (ROUNDS + 10):
            start = time.perf_counter()
            call()
            times[call].append(time.perf_counter() - start)
    print(f"deposit of 1 Mo, {ROUNDS} times each way, by turns:")
    for name, of in (("median", statistics.median), ("best", min)):
        one, other = (of(times[call][10:]) * 1000 for call in (bare, facade))
        print(f"  {name}: bare {one:.2f} ms, facade {other:.2f} ms, {other / one - 1:+.1%}")


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
    with client(url, folder) as depot:
        results = depot.deposer_lot(CODE, invoices.iterdir(), timeout=120)
    took = time.perf_counter() - start
    flux = {result.flux.id for result in results if result.flux}
    good = sum(result.recevable for result in results)
    # Not ru_maxrss, which a new process inherits from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    print(f"{len(flux)} flux, {good} recevables, {took:.1f} s, peak memory {peak:.0f} MB")


def client(url: str, folder: Path) -> DepotFlux:
    """A client of the simulator with a receipt book beside its data."""
    return DepotFlux(
        base_url=url,
        client_id="demo-client",
        client_secret="demo-secret",
        login="demo@depot-flux.example",
        mot_de_passe="demo-password",
        code_application="AAA123",
        recus=str(folder / "recus.db"),
    )


if __name__ == "__main__":
    main()
