"""EICAR wherever it hides, and a ClamAV daemon, reachable or not."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError
from depot_flux_simulator.controls.clamav import ClamAV
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.flux.motifs import Code
from tests.support.controls import EICAR, UBL_NAME, Controle, codes, enveloppe, never

VIRUS = b"un vrai virus"
UBL = samples.facture_ubl()


class Clamd(socketserver.StreamRequestHandler):
    """Answers as clamd does to PING and INSTREAM."""

    received: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        command = self.rfile.readline().strip()
        if command == b"nPING":
            self.wfile.write(b"PONG\n")
            return
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.received.append(content)
        self.wfile.write(self.said(content))

    def said(self, content: bytes) -> bytes:
        """The verdict on what was sent."""
        if b"trop long" in content:
            return b"INSTREAM size limit exceeded. ERROR\n"
        return b"stream: Win.Test FOUND\n" if VIRUS in content else b"stream: OK\n"


@pytest.fixture
def clamav() -> Iterator[ClamAV]:
    Clamd.received = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ClamAV(f"127.0.0.1:{server.server_address[1]}", timeout=5)
        server.shutdown()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (UBL.replace(b"F20260001", EICAR), "f.xml", "FSO3110A"),
        (samples.facture_ubl(pieces={"a.csv": EICAR}), "f.xml", "FSO3110A"),
        (samples.facture_facturx(pieces={"a.csv": EICAR}), "f.pdf", "FSO3117A"),
        (enveloppe(("a.xml", UBL.replace(b"F20260001", EICAR))), UBL_NAME, "FSO3110A"),
        (enveloppe(("a.xml", samples.facture_ubl(pieces={"a.csv": EICAR}))), UBL_NAME, "FSO3110A"),
    ],
)
def test_eicar_is_found_wherever_it_hides(
    content: bytes, name: str, code: str, controle: Controle
) -> None:
    assert codes(controle(content, name, code)) == [Code.IRR_ANTIVIRUS]


def test_eicar_is_found_across_two_reads(controle: Controle) -> None:
    for offset in (0, 1, 30, 67):
        start = b"x" * ((1 << 16) - offset)
        content = samples.facture_ubl(pieces={"a.csv": start + EICAR})
        assert codes(controle(content)) == [Code.IRR_ANTIVIRUS]


def test_clamav_sees_files_and_decoded_attachments(controle: Controle, clamav: ClamAV) -> None:
    context = Context(already_received=never, antivirus=clamav)
    clamav.ping()
    assert controle(UBL, context=context).recevable
    infected = samples.facture_ubl(pieces={"a.csv": b"avant " + VIRUS})
    [motif] = controle(infected, context=context).motifs
    assert (motif.code, motif.piece_jointe) == (Code.IRR_ANTIVIRUS, "a.csv")
    assert "Win.Test" in motif.message
    assert b"avant " + VIRUS in Clamd.received


def test_clamav_sees_the_envelope_too(controle: Controle, clamav: ClamAV) -> None:
    context = Context(already_received=never, antivirus=clamav)
    content = enveloppe(("a.xml", UBL))
    assert controle(content, UBL_NAME, context=context).recevable
    assert content in Clamd.received
    assert UBL in Clamd.received


@pytest.mark.parametrize("address", ["clamd", "clamd:", ":3310", "clamd:port", "clamd:70000", ""])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        ClamAV(address)


@pytest.mark.parametrize("said", [b"", b"stream: OK", b"UNKNOWN COMMAND\n", b"x" * 10_000])
def test_a_daemon_that_speaks_otherwise_gives_no_verdict(said: bytes, tmp_path: Path) -> None:
    class Strange(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(10)
            self.wfile.write(said)

    path = str(tmp_path / "clamd.ctl")
    with socketserver.ThreadingUnixStreamServer(path, Strange) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scanner = ClamAV(path, timeout=5)
        with pytest.raises(AntivirusUnreachableError):
            scanner.ping()
        if said != b"stream: OK":
            with pytest.raises(AntivirusUnreachableError):
                scanner.scan(BytesIO(b"x" * 100))
        server.shutdown()


def test_without_a_verdict_of_clamav_there_is_none(
    controle: Controle, clamav: ClamAV, tmp_path: Path
) -> None:
    too_long = samples.facture_ubl(pieces={"a.csv": b"trop long"})
    for content, scanner in (
        (UBL, ClamAV("127.0.0.1:1", timeout=1)),
        (UBL, ClamAV(str(tmp_path / "absent.ctl"), timeout=1)),
        (too_long, clamav),
    ):
        with pytest.raises(AntivirusUnreachableError):
            controle(content, context=Context(already_received=never, antivirus=scanner))
    with pytest.raises(AntivirusUnreachableError):
        ClamAV("127.0.0.1:1", timeout=1).ping()
