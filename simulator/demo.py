"""Three deposits through the generated client and the simulator, over HTTP, as they happen.

python simulator/demo.py           deposit, follow, stop
python simulator/demo.py --serve   deposit, follow, keep serving until Ctrl-C
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import httpx

from depot_flux_client import AuthenticatedClient
from depot_flux_client.api.flux import consulter_flux, deposer_flux
from depot_flux_client.models import Depot, FluxDepose, Statut, StatutFlux
from depot_flux_client.types import File
from depot_flux_simulator.samples import facture_facturx, facture_ubl

FINAL = (Statut.RECEVABLE, Statut.IRRECEVABLE)


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


def run(port: int, folder: Path, *, keep_serving: bool) -> int:
    """Deposit the samples with the simulator's data in `folder`."""
    with simulator(port, folder) as (process, url):
        good = follow_all(url)
        if keep_serving:
            print(f"\nServing on {url} (page: {url}/docs). Ctrl-C stops it.", flush=True)
            process.wait()
    return 0 if good else 1


def samples() -> Iterator[tuple[str, str, bytes, Statut]]:
    """Code interface, name, content and expected end of each deposit."""
    today = date.today()
    ubl = facture_ubl(numero="F2026-0001", emission=today)
    pdf = facture_facturx(numero="F2026-0002", emission=today)
    broken = ubl.replace(b"cbc:IssueDate>", b"cbc:DateEmission>")
    yield "FSO3110A", "F2026-0001.xml", ubl, Statut.RECEVABLE
    yield "FSO3117A", "F2026-0002.pdf", pdf, Statut.RECEVABLE
    yield "FSO3110A", "F2026-0003.xml", broken, Statut.IRRECEVABLE


def follow_all(url: str) -> bool:
    """Deposit every sample, print each status as it changes; whether all ended as expected."""
    with connected(url) as client:
        waiting: dict[str, tuple[str, Statut]] = {}
        shown: dict[str, Statut] = {}
        good = True
        for code, name, content, expected in samples():
            body = Depot(File(BytesIO(content), name), code)
            deposited = deposer_flux.sync(client=client, body=body)
            if not isinstance(deposited, FluxDepose):
                raise SystemExit(f"{name}: the deposit was refused: {deposited}")
            waiting[deposited.id_flux] = (name, expected)
            print(f"{name} ({code}, {len(content)} bytes) deposited as {deposited.id_flux}")
        while waiting:
            for id_flux, (name, expected) in list(waiting.items()):
                answer = consulter_flux.sync(id_flux, client=client)
                if not isinstance(answer, StatutFlux):
                    raise SystemExit(f"{name}: the consultation was refused: {answer}")
                if shown.get(id_flux) != answer.statut:
                    shown[id_flux] = answer.statut
                    show(url, id_flux, name, answer)
                if answer.statut in FINAL:
                    good = good and answer.statut is expected
                    del waiting[id_flux]
            time.sleep(0.1)
    return good


def show(url: str, id_flux: str, name: str, answer: StatutFlux) -> None:
    """One line for a status, one for each motif if there is any."""
    local = answer.date_mise_a_jour.astimezone().strftime("%H:%M:%S.%f")[:-3]
    print(f"  {local}  {name}  {answer.statut}", flush=True)
    if answer.statut is Statut.IRRECEVABLE:
        # The API does not tell motifs; the simulator's control plane does.
        for motif in httpx.get(f"{url}/_simulator/flux/{id_flux}").json()["motifs"]:
            line = f"ligne {motif['ligne']} : " if motif["ligne"] else ""
            print(f"      {motif['code']}  {line}{motif['message']}")
            print(f"      règle : {motif['regle']} ; {motif['remede']}")


def connected(url: str) -> AuthenticatedClient:
    """The generated client with a token and the technical account."""
    answer = httpx.post(
        f"{url}/api/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "demo-client",
            "client_secret": "demo-secret",
            "scope": "openid",
        },
    )
    account = b64encode(b"demo@depot-flux.example:demo-password").decode()
    return AuthenticatedClient(
        base_url=url, token=answer.json()["access_token"], headers={"cpro-account": account}
    )


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
