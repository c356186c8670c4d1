"""What the tests of the controls share."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from typing import Protocol

from pypdf import PdfWriter

from depot_flux_simulator import samples
from depot_flux_simulator.controls import Contexte
from depot_flux_simulator.motifs import Verdict

CODE_APPLICATION = "AAA123"


def jamais(_cle: str) -> bool:
    return False


class Controle(Protocol):
    def __call__(
        self,
        contenu: bytes,
        nom: str = "facture.xml",
        code: str = "FSO3110A",
        contexte: Contexte | None = None,
    ) -> Verdict: ...


def codes(verdict: Verdict) -> list[str]:
    return [str(motif.code) for motif in verdict.motifs]


NOM_UBL = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"
NOM_FACTURX = "FSO3117A_AAA123_AAA1233117000000000000001.tar.gz"
NOM_E_REPORTING = "FSO6000A_AAA123_AAA1236000000000000000001.tar.gz"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def tar(fichiers: Iterable[tuple[str, bytes]], genre: bytes = tarfile.REGTYPE) -> bytes:
    """Make a tar, hostile or not: names and kinds are not looked at."""
    sortie = io.BytesIO()
    with tarfile.open(fileobj=sortie, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for nom, contenu in fichiers:
            entree = tarfile.TarInfo(nom)
            entree.size = len(contenu)
            entree.type = genre
            archive.addfile(entree, io.BytesIO(contenu))
    return sortie.getvalue()


def enveloppe(*fichiers: tuple[str, bytes]) -> bytes:
    return gzip.compress(tar(fichiers), 1)


def facturx(xml: bytes) -> bytes:
    """Make a Factur-X around any bytes, in the place of its invoice."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    pdf.add_attachment("factur-x.xml", xml)
    sortie = io.BytesIO()
    pdf.write(sortie)
    return sortie.getvalue()


def facture_avec(nom: str, contenu: bytes = b"contenu") -> bytes:
    return samples.facture_ubl(pieces={nom: contenu})
