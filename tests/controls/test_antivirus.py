"""EICAR wherever it hides, and a ClamAV daemon, reachable or not."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls import AntivirusInjoignableError, Contexte
from depot_flux_simulator.controls.clamav import ClamAV
from depot_flux_simulator.motifs import Code
from tests.controls.outils import EICAR, NOM_UBL, Controle, codes, enveloppe, jamais

VIRUS = b"un vrai virus"
UBL = samples.facture_ubl()


class Clamd(socketserver.StreamRequestHandler):
    """Answers as clamd does to PING and INSTREAM."""

    recus: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        commande = self.rfile.readline().strip()
        if commande == b"nPING":
            self.wfile.write(b"PONG\n")
            return
        contenu = b""
        while taille := struct.unpack("!L", self.rfile.read(4))[0]:
            contenu += self.rfile.read(taille)
        self.recus.append(contenu)
        if b"trop long" in contenu:
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\n")
        elif VIRUS in contenu:
            self.wfile.write(b"stream: Win.Test FOUND\n")
        else:
            self.wfile.write(b"stream: OK\n")


@pytest.fixture
def clamav() -> Iterator[ClamAV]:
    Clamd.recus = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        yield ClamAV(f"127.0.0.1:{serveur.server_address[1]}", delai=5)
        serveur.shutdown()


@pytest.mark.parametrize(
    ("contenu", "nom", "code"),
    [
        (UBL.replace(b"F20260001", EICAR), "f.xml", "FSO3110A"),
        (samples.facture_ubl(pieces={"a.csv": EICAR}), "f.xml", "FSO3110A"),
        (samples.facture_facturx(pieces={"a.csv": EICAR}), "f.pdf", "FSO3117A"),
        (enveloppe(("a.xml", UBL.replace(b"F20260001", EICAR))), NOM_UBL, "FSO3110A"),
        (enveloppe(("a.xml", samples.facture_ubl(pieces={"a.csv": EICAR}))), NOM_UBL, "FSO3110A"),
    ],
)
def test_eicar_is_found_wherever_it_hides(
    contenu: bytes, nom: str, code: str, controle: Controle
) -> None:
    assert codes(controle(contenu, nom, code)) == [Code.IRR_ANTIVIRUS]


def test_eicar_is_found_across_two_reads(controle: Controle) -> None:
    for recul in (0, 1, 30, 67):
        debut = b"x" * ((1 << 16) - recul)
        contenu = samples.facture_ubl(pieces={"a.csv": debut + EICAR})
        assert codes(controle(contenu)) == [Code.IRR_ANTIVIRUS]


def test_clamav_sees_files_and_decoded_attachments(controle: Controle, clamav: ClamAV) -> None:
    contexte = Contexte(deja_recu=jamais, antivirus=clamav)
    clamav.ping()
    assert controle(UBL, contexte=contexte).recevable
    infectee = samples.facture_ubl(pieces={"a.csv": b"avant " + VIRUS})
    [motif] = controle(infectee, contexte=contexte).motifs
    assert (motif.code, motif.piece_jointe) == (Code.IRR_ANTIVIRUS, "a.csv")
    assert "Win.Test" in motif.message
    assert b"avant " + VIRUS in Clamd.recus


def test_clamav_sees_the_envelope_too(controle: Controle, clamav: ClamAV) -> None:
    contexte = Contexte(deja_recu=jamais, antivirus=clamav)
    contenu = enveloppe(("a.xml", UBL))
    assert controle(contenu, NOM_UBL, contexte=contexte).recevable
    assert contenu in Clamd.recus
    assert UBL in Clamd.recus


def test_without_a_verdict_of_clamav_there_is_none(
    controle: Controle, clamav: ClamAV, tmp_path: Path
) -> None:
    trop_long = samples.facture_ubl(pieces={"a.csv": b"trop long"})
    for contenu, scanner in (
        (UBL, ClamAV("127.0.0.1:1", delai=1)),
        (UBL, ClamAV(str(tmp_path / "absent.ctl"), delai=1)),
        (trop_long, clamav),
    ):
        with pytest.raises(AntivirusInjoignableError):
            controle(contenu, contexte=Contexte(deja_recu=jamais, antivirus=scanner))
    with pytest.raises(AntivirusInjoignableError):
        ClamAV("127.0.0.1:1", delai=1).ping()
