"""Envelopes: deterministic tar.gz archives that stay below the limits, and their names.

Source: name [DG] 3.4.5 and [A7] G7.33, 30 Mo [CP] 5.4.1, 500 files [CP] 3.2.3.1, 1 Go extracted
[DG] 3.4.2 (all documented).
"""

import errno
import tarfile
import tempfile
import zlib
from typing import IO

from depot_flux._book import Fingerprint
from depot_flux._files.checks import MAX_BYTES
from depot_flux._files.sources import BLOCK, changed
from depot_flux.exceptions import FichierError

MAX_FILES = 500
MAX_EXTRACTED = 1_000_000_000
_MARGIN = 10_000  # the archive's end and its trailer, generously
_GZIP = 31  # zlib's own name for: the largest window, gzip's header, no time and no file name
# What deflate may hold back or add to incompressible data, with room to spare.
_HELD_BACK = 1 << 18


def enveloppe_name(code_interface: str, code_application: str, number: int) -> str:
    """The recommended name: application code, 4 digits of the interface code, 15 digits."""
    identifier = f"{code_application}{code_interface[3:7]}{number:015d}"
    return f"{code_interface}_{code_application}_{identifier}.tar.gz"


class Enveloppe:
    """An archive being written to a nameless temporary file.

    The same files in the same order give the same bytes.

    Attributes:
        fichiers: what it holds.

    Raises:
        FichierError: there is no room for it, or too many files are open.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.fichiers: list[Fingerprint] = []
        self._max_bytes = max_bytes - _MARGIN
        self._names: set[str] = set()
        self._output = _temporary()
        self._zip = zlib.compressobj(wbits=_GZIP)
        self._extracted = 0

    def add(self, fingerprint: Fingerprint, content: IO[bytes]) -> bool:
        """Add a file; False when it has no room here, the archive being what it was.

        Args:
            fingerprint: its name, sha256 and size.
            content: its bytes, read from the start.

        Raises:
            FichierError: it has not the size it had.
        """
        size = fingerprint.size
        if (
            len(self.fichiers) >= MAX_FILES
            or fingerprint.name in self._names
            or self._extracted + size > MAX_EXTRACTED
        ):
            return False
        before, saved = self._output.tell(), None
        if before + size + _HELD_BACK > self._max_bytes:
            # Only near the limit does it cost: the compressor is put back as it was.
            saved = self._zip.copy()
        self._write(fingerprint.name, content, size)
        if saved is not None and self._finished_size() > self._max_bytes:
            self._zip = saved
            self._output.truncate(before)
            self._output.seek(before)
            return False
        self._extracted += size
        self._names.add(fingerprint.name)
        self.fichiers.append(fingerprint)
        return True

    def finish(self) -> IO[bytes]:
        """Finish the archive and give it, from the start."""
        self._put(self._zip.compress(bytes(2 * tarfile.BLOCKSIZE)) + self._zip.flush())
        self._output.seek(0)
        return self._output

    def close(self) -> None:
        """Let the temporary file go."""
        self._output.close()

    def _finished_size(self) -> int:
        return self._output.tell() + len(self._zip.copy().flush())

    def _write(self, name: str, content: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = size
        self._compress(entry.tobuf(tarfile.PAX_FORMAT))
        content.seek(0)
        read = 0
        while block := content.read(BLOCK):
            read += len(block)
            self._compress(block)
        if read != size:
            raise changed(name)
        self._compress(bytes(-size % tarfile.BLOCKSIZE))

    def _compress(self, block: bytes) -> None:
        self._put(self._zip.compress(block))

    def _put(self, block: bytes) -> None:
        try:
            self._output.write(block)
        except OSError as error:
            raise _no_room(error) from error


def _temporary() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> FichierError:
    what = (
        "close some files, or raise the limit of this program (`ulimit -n`)"
        if error.errno in {errno.EMFILE, errno.ENFILE}
        # Where it would lie may be what cannot be told.
        else "make room in the folder for temporary files, or name another with TMPDIR"
    )
    return FichierError(f"an envelope cannot be written: {error.strerror or error}; {what}")
