"""Three deposits through the client and the simulator, over HTTP, as they happen.

python examples/demo.py           deposit, follow, stop
python examples/demo.py --serve   deposit, follow, keep serving until Ctrl-C
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx

from depot_flux import Configuration, DepotFlux, DepotFluxError, Flux, Statut, StatutFlux
from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract
from depot_flux_simulator.samples import facture_facturx, facture_ubl


def main() -> int:
    """Run the demonstration; 0 when every flux ended as it should."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--serve", action="store_true", help="keep serving until Ctrl-C")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` cleans up as Ctrl-C does
    try:
        with tempfile.TemporaryDirectory() as folder:
            return run(arguments.port, Path(folder), keep_serving=arguments.serve)
    except KeyboardInterrupt:
        return 0
    except DepotFluxError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def run(port: int, folder: Path, *, keep_serving: bool) -> int:
    """Deposit the samples with the simulator's data in `folder`."""
    with simulator(port, folder) as (process, url):
        good = follow_all(url, folder)
        if keep_serving:
            print(f"\nServing on {url} (page: {url}/docs). Ctrl-C stops it.", flush=True)
            process.wait()
    return 0 if good else 1


def samples() -> Iterator[tuple[str, str, bytes, Statut]]:
    """Code interface, name, content and expected end of each deposit."""
    today = date.today()
    ubl = facture_ubl(numero="F2026-1001", emission=today)
    pdf = facture_facturx(numero="F2026-1002", emission=today)
    broken = ubl.replace(b"cbc:IssueDate>", b"cbc:DateEmission>")
    yield "FSO3110A", "F2026-1001.xml", ubl, Statut.RECEVABLE
    yield "FSO3117A", "F2026-1002.pdf", pdf, Statut.RECEVABLE
    yield "FSO3110A", "F2026-1003.xml", broken, Statut.IRRECEVABLE


def follow_all(url: str, folder: Path) -> bool:
    """Deposit every sample, print each status as it changes; whether all ended as expected."""
    # Nothing of the user's own settings, but for what an adopted contract may ask for.
    asked = {name: value for name, value in os.environ.items() if name.endswith("_COMPLEMENTS")}
    demo = Configuration.from_env("simulator", environ={"DEPOT_FLUX_CONFIG": os.devnull, **asked})
    base_url = url + Contract.load(DEFAULT_CONTRACT).base_path
    with DepotFlux(
        replace(demo, base_url=base_url, fichier_recus=str(folder / "recus.db"))
    ) as depot:
        waiting: dict[Flux, Statut] = {}
        shown: dict[Flux, Statut] = {}
        good = True
        for code, name, content, expected in samples():
            flux = depot.deposer(code, content, nom=name)
            waiting[flux] = expected
            print(f"{name} ({code}, {len(content)} bytes) deposited as {flux.id}")
        while waiting:
            for flux, expected in list(waiting.items()):
                answer = depot.consulter(flux)
                if shown.get(flux) != answer.statut:
                    shown[flux] = answer.statut
                    show(url, flux, answer)
                if answer.final:
                    good = good and answer.statut is expected
                    del waiting[flux]
            time.sleep(0.1)
    return good


def show(url: str, flux: Flux, answer: StatutFlux) -> None:
    """One line for a status, one for each motif if there is any."""
    # A contract need not tell since when; ours does.
    since = (answer.date or datetime.now().astimezone()).astimezone()
    print(f"  {since:%H:%M:%S.%f}"[:-3], f" {flux.nom}  {answer.statut}", flush=True)
    if answer.statut is Statut.IRRECEVABLE:
        # The API does not tell motifs; the simulator's control plane does.
        for motif in httpx.get(f"{url}/_simulator/flux/{flux.id}").json()["motifs"]:
            line = f"ligne {motif['ligne']} : " if motif["ligne"] else ""
            print(f"      {motif['code']}  {line}{motif['message']}")
            print(f"      règle : {motif['regle']} ; {motif['remede']}")


@contextmanager
def simulator(port: int, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A simulator of its own process, ready, with its data in `folder`."""
    port = port if _is_free(port) else _free_port()
    url = f"http://127.0.0.1:{port}"
    command = Path(sys.executable).with_name("depot-flux-simulator")
    database = f"sqlite:///{folder / 'flux.db'}"
    process = subprocess.Popen(
        [command, "--port", str(port), "--database", database],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        _wait_until_ready(process, url)
        yield process, url
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the simulator did not start; its message stands above")
        try:
            httpx.get(f"{url}/openapi.json")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            print(f"{datetime.now().astimezone():%H:%M:%S} ready\n")
            return
    raise SystemExit("the simulator did not answer within 30 s")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
