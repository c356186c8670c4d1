"""Antivirus: the EICAR test file wherever it hides, and a real scanner when one is configured.

Source: [DG] 3.4.2 (documented); that EICAR stands for a virus is the antivirus trade's own
convention, and lets everybody test without one.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol

from depot_flux_simulator.controls.content import BLOCK
from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

# In two pieces, lest an antivirus take this source file for the test file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class AntivirusUnreachableError(Exception):
    """The configured scanner gave no verdict: the flux must wait, nothing passes unscanned."""


class Antivirus(Protocol):
    """A scanner of bytes."""

    def scan(self, source: BinaryIO) -> str | None:
        """Scan bytes to their end.

        Returns:
            The name of what was found, None when nothing was.

        Raises:
            AntivirusUnreachableError: it gave no verdict.
        """
        ...


def eicar(chunks: Iterable[bytes]) -> bool:
    """Tell whether the EICAR test file stands anywhere in bytes given piece by piece."""
    rest = b""
    for chunk in chunks:
        window = rest + chunk
        if EICAR in window:
            return True
        rest = window[-len(EICAR) + 1 :]
    return False


def blocks(source: BinaryIO) -> Iterator[bytes]:
    """Give what is left of a file in pieces."""
    while block := source.read(BLOCK):
        yield block


def scan(source: BinaryIO, scanner: Antivirus | None) -> str | None:
    """Scan a file that can be read twice; give the name of what was found, if anything.

    Raises:
        AntivirusUnreachableError: a scanner is configured and gave no verdict.
    """
    if eicar(blocks(source)):
        return "EICAR-Test-File"
    if scanner is None:
        return None
    source.seek(0)
    return scanner.scan(source)


def infected(virus: str, fichier: str | None, piece_jointe: str | None = None) -> Motif:
    """IRR_ANTIVIRUS, with the file and the attachment where it was found."""
    where = f" dans le fichier « {shown(fichier)} »" if fichier is not None else " dans le flux"
    if piece_jointe is not None:
        where += f", pièce jointe « {shown(piece_jointe)} »"
    return Motif.of(
        Regle.ANTIVIRUS,
        f"L'antivirus a trouvé {shown(virus)}{where}.",
        "Retirez ce contenu, analysez le poste qui l'a produit, puis redéposez le flux.",
        fichier=None if fichier is None else shown(fichier),
        piece_jointe=None if piece_jointe is None else shown(piece_jointe),
    )
