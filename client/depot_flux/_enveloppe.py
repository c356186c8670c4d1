"""Envelopes: deterministic tar.gz archives that stay below the limits, and their names.

Source: name [DG] 3.4.5 and [A7] G7.33, 30 Mo [CP] 5.4.1, 500 files [CP] 3.2.3.1, 1 Go extracted
[DG] 3.4.2 (all documented).
"""

import tarfile
import tempfile
import zlib
from typing import IO

from depot_flux.exceptions import FichierError
from depot_flux.recus import Empreinte

FICHIERS_MAX = 500
OCTETS_MAX = 30_000_000
EXTRAITS_MAX = 1_000_000_000
_MARGE = 10_000  # the archive's end and its trailer, generously
_GZIP = 31  # zlib's own name for: the largest window, gzip's header, no time and no file name
_BLOC = 1 << 18
# What deflate may hold back or add to incompressible data, with room to spare.
_RETENU = 1 << 18


def nom_enveloppe(code_interface: str, code_application: str, numero: int) -> str:
    """The recommended name: application code, 4 digits of the interface code, 15 digits."""
    identifiant = f"{code_application}{code_interface[3:7]}{numero:015d}"
    return f"{code_interface}_{code_application}_{identifiant}.tar.gz"


class Enveloppe:
    """An archive being written to a nameless temporary file.

    The same files in the same order give the same bytes.

    Attributes:
        fichiers: what it holds.
    """

    def __init__(self, octets_max: int = OCTETS_MAX) -> None:
        self.fichiers: list[Empreinte] = []
        self._octets_max = octets_max - _MARGE
        self._noms: set[str] = set()
        self._sortie: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._zip = zlib.compressobj(wbits=_GZIP)
        self._extraits = 0

    def ajouter(self, empreinte: Empreinte, contenu: IO[bytes]) -> bool:
        """Add a file; False when it has no room here, the archive being what it was.

        Args:
            empreinte: its name, sha256 and size.
            contenu: its bytes, read from the start.

        Raises:
            FichierError: it has not the size it had.
        """
        taille = empreinte.taille
        if (
            len(self.fichiers) >= FICHIERS_MAX
            or empreinte.nom in self._noms
            or self._extraits + taille > EXTRAITS_MAX
        ):
            return False
        before, saved = self._sortie.tell(), None
        if before + taille + _RETENU > self._octets_max:
            # Only near the limit does it cost: the compressor is put back as it was.
            saved = self._zip.copy()
        self._ecrire(empreinte.nom, contenu, taille)
        if saved is not None and self._fini() > self._octets_max:
            self._zip = saved
            self._sortie.truncate(before)
            self._sortie.seek(before)
            return False
        self._extraits += taille
        self._noms.add(empreinte.nom)
        self.fichiers.append(empreinte)
        return True

    def clore(self) -> IO[bytes]:
        """Finish the archive and give it, from the start."""
        self._sortie.write(self._zip.compress(bytes(2 * tarfile.BLOCKSIZE)) + self._zip.flush())
        self._sortie.seek(0)
        return self._sortie

    def close(self) -> None:
        """Let the temporary file go."""
        self._sortie.close()

    def _fini(self) -> int:
        return self._sortie.tell() + len(self._zip.copy().flush())

    def _ecrire(self, nom: str, contenu: IO[bytes], taille: int) -> None:
        entry = tarfile.TarInfo(nom)
        entry.size = taille
        self._comprimer(entry.tobuf(tarfile.PAX_FORMAT))
        contenu.seek(0)
        read = 0
        while block := contenu.read(_BLOC):
            read += len(block)
            self._comprimer(block)
        if read != taille:
            raise FichierError(f"{nom}: the file changed while it was read; deposit it again")
        self._comprimer(bytes(-taille % tarfile.BLOCKSIZE))

    def _comprimer(self, block: bytes) -> None:
        self._sortie.write(self._zip.compress(block))
