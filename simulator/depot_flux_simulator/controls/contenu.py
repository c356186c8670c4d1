"""Bytes at hand: how big they are, their digest, what they look like."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

BLOC = 1 << 16
DEBUT = 1024
# Files up to this many bytes are held in memory, bigger ones on disk.
EN_MEMOIRE = 1_000_000


class Type(StrEnum):
    """What bytes look like, whatever they are called."""

    XML = "XML"
    PDF = "PDF"
    GZIP = "gzip"
    INCONNU = "inconnu"


@dataclass(frozen=True, slots=True)
class Contenu:
    """A file of a flux, wherever its bytes lie.

    Attributes:
        nom: its name, untrusted.
        taille: bytes.
        sha256: hexadecimal digest.
        debut: its first bytes.
        ouvrir: gives its bytes from the start, as often as wanted.
        hote: name of the file of the flux that holds it, None when it is itself that file.
    """

    nom: str
    taille: int
    sha256: str
    debut: bytes
    ouvrir: Callable[[], BinaryIO]
    hote: str | None = None

    @property
    def type(self) -> Type:
        """What its bytes look like."""
        return reconnaitre(self.debut)

    @property
    def fichier(self) -> str:
        """The name of the file of the flux."""
        return self.nom if self.hote is None else self.hote

    @property
    def extension(self) -> str:
        """Its extension in lower case, without dot, "" if none."""
        return self.nom.rpartition(".")[2].lower() if "." in self.nom else ""


def du_disque(chemin: Path, nom: str) -> Contenu:
    """Look at a file that was deposited without an archive."""
    with chemin.open("rb") as flux:
        empreinte = hashlib.file_digest(flux, "sha256").hexdigest()
        flux.seek(0)
        debut = flux.read(DEBUT)
    return Contenu(nom, chemin.stat().st_size, empreinte, debut, lambda: chemin.open("rb"))


def de_la_memoire(donnees: bytes, nom: str, hote: str | None = None) -> Contenu:
    """Look at a file whose bytes are held in memory."""
    empreinte = hashlib.sha256(donnees).hexdigest()
    return Contenu(nom, len(donnees), empreinte, donnees[:DEBUT], lambda: io.BytesIO(donnees), hote)


def reconnaitre(debut: bytes) -> Type:
    """Recognise a type by its first bytes.

    A PDF may begin after some bytes of noise (ISO 32000, annex H), an XML document after a byte
    order mark and, if it is malformed, after blanks. UTF-16 is recognised as XML so that its
    encoding, not its type, is what is refused.
    """
    if debut.startswith(b"\x1f\x8b"):
        return Type.GZIP
    if b"%PDF-" in debut[:DEBUT]:
        return Type.PDF
    texte = debut.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if texte.startswith(b"<") or debut.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"\0\0\0<")):
        return Type.XML
    return Type.INCONNU
