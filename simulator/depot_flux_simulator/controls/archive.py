"""Envelopes: a tar.gz read as a stream, nothing written under a name of its own.

Source: IRR_EXTRAC when the archive cannot be extracted, IRR_VIDE when it holds nothing,
IRR_TAILLE_F above 100 Mo, [DG] 3.4.2 and table 3 (documented). What an envelope may not hold
(links, devices, folders, sparse files) and how far it may grow are assumed.
"""

import gzip
import hashlib
import io
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from depot_flux_simulator.controls.content import (
    BLOCK,
    IN_MEMORY,
    START,
    Content,
    Type,
    from_memory,
    recognise,
)
from depot_flux_simulator.controls.context import MO, Limits
from depot_flux_simulator.controls.names import origin, shown
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What tarfile may read to get from the end of one file to the next: padding, headers, extended
# headers. Real ones take less than 2 kB.
_HEADERS = 1 << 18
# Files of so many bytes are given at once; after one on disk none, as its bytes go with the next.
_AT_ONCE = 4 * IN_MEMORY
# A small archive may be very compressible; a ratio only means something beyond.
_RATIO_BEYOND = 100 * MO


# What stands behind the name in the header of a plain file, as every tar writes it: its numbers in
# octal, among them its size and the sum of the header; whose it is; no link, no device, no more.
_PLAIN = re.compile(
    rb"(?:[0-7]{7}\0){3}([0-7]{11})\0[0-7]{11}\0([0-7]{6})\0 0\0{100}ustar(?:\x0000|  \0)"
    rb".{64}(?:(?:[0-7]{7}\0){2}|\0{16})\0{167}",
    re.DOTALL,
)
_NAME = 100
_SUM = slice(148, 156)

# How tarfile says that the archive ends here, as it should.
_ENDINGS: tuple[type[Exception], ...] = (
    tarfile.EOFHeaderError,  # type: ignore[attr-defined]
    tarfile.EmptyHeaderError,  # type: ignore[attr-defined]
)


_REMEDE = "Refaites l'archive (tar puis gzip) avec les seuls fichiers à transmettre."
_FLAT = "Refaites l'archive depuis l'intérieur du dossier, sans lui : tar -czf NOM.tar.gz *.xml."
_WHOLE = "Transmettez de nouveau l'archive en entier, ou refaites-la."
# What the libraries that read it say of an archive, in French, and how to mend it.
_DAMAGES: tuple[tuple[type[Exception], str, str], ...] = (
    (EOFError, "est tronquée", _WHOLE),
    (tarfile.ReadError, "est tronquée, ou n'est pas un tar", _WHOLE),
    (gzip.BadGzipFile, "est suivie d'octets étrangers, ou endommagée (gzip)", _WHOLE),
    (zlib.error, "a des données compressées endommagées (gzip)", _WHOLE),
)


class ExtractionImpossibleError(Exception):
    """The archive cannot be extracted; the message says why, in French.

    Attributes:
        remede: how to mend it.
    """

    def __init__(self, fault: str, remede: str = _REMEDE) -> None:
        super().__init__(fault)
        self.remede = remede


class _Decompression(io.RawIOBase):
    """The decompressed bytes of an archive, as many as the limits allow."""

    def __init__(self, source: BinaryIO, size: int, limits: Limits) -> None:
        self._gzip = gzip.GzipFile(fileobj=source, mode="rb")
        self._size = max(size, 1)
        self._limits = limits
        self._read_so_far = 0
        self._allowed = 0
        self.start = b""

    def allow(self, octets: int) -> None:
        """Allow so many bytes from now on."""
        self._allowed = self._read_so_far + octets

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        got = self._gzip.readinto(buffer)
        if not self._read_so_far:
            self.start = bytes(memoryview(buffer)[: min(got, START)])
        self._read_so_far += got
        if self._read_so_far > self._limits.extracted_size:
            limit = self._limits.extracted_size / MO
            raise ExtractionImpossibleError(f"dépasse {limit:g} Mo une fois décompressée")
        if (
            self._read_so_far > _RATIO_BEYOND
            and self._read_so_far > self._size * self._limits.compression_ratio
        ):
            ratio = self._limits.compression_ratio
            raise ExtractionImpossibleError(f"se décompresse à plus de {ratio} fois sa taille")
        if self._read_so_far > self._allowed:
            raise ExtractionImpossibleError("a un en-tête démesuré")
        return got


class _Forward:
    """A file that is read and passed over, never gone back in; all that tarfile needs.

    Its own, for streams, puts together and cuts up in Python what a buffer does in C.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = 0

    def tell(self) -> int:
        return self._place

    def read(self, size: int) -> bytes:
        if size < 0:
            raise ExtractionImpossibleError("a un en-tête qui annonce une taille négative")
        if size > IN_MEMORY:  # so a header says: no room is made for what may not be allowed
            return b"".join(_blocks(self, size))
        data = self._file.read(size)
        self._place += len(data)
        return data

    def seek(self, place: int) -> None:
        for _ in _blocks(self, place - self._place):
            pass


class _Entry(tarfile.TarInfo):
    """An entry whose header must be sound: tarfile alone would take a bad one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Entry":
        """A header; that of a plain file is read at once, which takes tarfile a tenth of all."""
        plain = _PLAIN.fullmatch(buf, _NAME)
        # Blanks count in the place of the sum itself.
        if plain is None or int(plain[2], 8) != sum(buf) - sum(buf[_SUM]) + 8 * ord(" "):
            return super().frombuf(buf, encoding, errors)
        name = bytes(buf[:_NAME]).partition(b"\0")[0]
        entry = cls(name.decode(encoding, errors))
        entry.size = int(plain[1], 8)
        return entry

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_Entry":
        try:
            return super().fromtarfile(tar)
        except tarfile.HeaderError as error:
            if isinstance(error, _ENDINGS):
                raise
            raise ExtractionImpossibleError(
                "a un en-tête illisible : elle est endommagée, ou n'est pas un tar"
            ) from error


def batches(
    path: Path, size: int, limits: Limits, name: str = ""
) -> Iterator[list[Content | Motif]]:
    """Give the files of an archive, and what is wrong with it, some at a time.

    To extract and to validate by turns, file by file, costs the processor's caches a fifth of the
    whole time. The bytes of files can be read until the next ones are asked for.

    Args:
        path: the archive.
        size: its size, bytes.
        limits: how far it may grow.
        name: what it is called, for those who are told what is wrong with it; untrusted.
    """
    batch: list[Content | Motif] = []
    octets = 0
    for element in _contents(path, name, size, limits):
        batch.append(element)
        more = element.size if isinstance(element, Content) else 0
        octets += more
        if octets > _AT_ONCE or more > IN_MEMORY:
            yield batch
            batch = []
            octets = 0
    yield batch


def _contents(path: Path, name: str, size: int, limits: Limits) -> Iterator[Content | Motif]:
    count = 0
    try:
        with path.open("rb") as source:
            flux = _Decompression(source, size, limits)
            for entry in _entries(flux, limits):
                count += 1
                yield entry
    except ExtractionImpossibleError as error:
        yield _extraction(name, str(error), error.remede)
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, OverflowError) as error:
        # ValueError, OverflowError: numbers of a header that tarfile cannot take.
        for kind, fault, remede in _DAMAGES:
            if isinstance(error, kind):
                yield _extraction(name, fault, remede, error)
                return
        yield _extraction(name, "est endommagée", _REMEDE, error)
    else:
        if not count:
            yield Motif.of(
                Regle.VIDE,
                f"L'archive « {shown(name)} » ne contient aucun fichier.",
                "Déposez une archive qui contient au moins un fichier.",
            )


def _entries(flux: _Decompression, limits: Limits) -> Iterator[Content | Motif]:
    flux.allow(_HEADERS)
    try:
        yield from _entries_of_tar(flux, limits)
    except (tarfile.ReadError, ExtractionImpossibleError) as error:
        kind = recognise(flux.start)
        if kind not in {Type.UNKNOWN, Type.TAR}:
            raise ExtractionImpossibleError(
                f"ne contient pas de tar : c'est du {kind} compressé seul"
            ) from error
        if not flux.start:
            raise ExtractionImpossibleError("ne contient rien, pas même un tar") from error
        raise


def _entries_of_tar(flux: _Decompression, limits: Limits) -> Iterator[Content | Motif]:
    # A name that is no UTF-8 gets surrogates, which the control of names refuses.
    reader = _Forward(io.BufferedReader(flux, BLOCK))
    with tarfile.TarFile(
        fileobj=cast("IO[bytes]", reader), tarinfo=_Entry, errors="surrogateescape"
    ) as tar:
        count = 0
        while (entry := tar.next()) is not None:
            count += 1
            # tarfile would keep them all.
            tar.members = []  # type: ignore[attr-defined]
            if count > limits.fichiers:
                raise ExtractionImpossibleError(f"contient plus de {limits.fichiers} entrées")
            if not (entry.isdir() and entry.name in {".", "./"}):
                yield from _entry(reader, entry, flux, limits)
            flux.allow(_HEADERS)
        flux.allow(limits.extracted_size)
        _rest(reader)


def _entry(
    reader: _Forward, entry: tarfile.TarInfo, flux: _Decompression, limits: Limits
) -> Iterator[Content | Motif]:
    name = entry.name.removeprefix("./")
    if not entry.isreg() or entry.issparse():
        kind = "creux" if entry.issparse() else "dossier" if entry.isdir() else "lien ou spécial"
        raise ExtractionImpossibleError(
            f"contient une entrée qui n'est pas un simple fichier : « {shown(name)} » ({kind})",
            origin(name) or (_FLAT if entry.isdir() else _REMEDE),
        )
    flux.allow(entry.size + _HEADERS)
    # The bytes of a plain file follow its header: extractfile() would only wrap them thrice.
    if entry.size > limits.file_size:
        yield _too_big(name, entry.size, limits)
        if entry.size > limits.extracted_size:
            # It would be too much in any case: no need to go through it.
            raise ExtractionImpossibleError(f"annonce un fichier de {entry.size} octets")
        for _ in _blocks(reader, entry.size):
            pass
        return
    if entry.size <= IN_MEMORY:
        yield _in_memory(reader, name, entry.size)
    else:
        with tempfile.TemporaryFile() as copy:
            yield _on_disk(reader, copy, name, entry.size)


def _in_memory(reader: _Forward, name: str, size: int) -> Content:
    data = reader.read(size)
    if len(data) != size:
        raise _truncated(name)
    return from_memory(data, name)


def _on_disk(reader: _Forward, copy: IO[bytes], name: str, size: int) -> Content:
    digest = hashlib.sha256()
    for block in _blocks(reader, size):
        digest.update(block)
        copy.write(block)
    if copy.tell() != size:
        raise _truncated(name)
    copy.seek(0)
    start = copy.read(START)

    def reopen() -> BinaryIO:
        # Another description of the same nameless file, that its reader may close.
        other = os.fdopen(os.dup(copy.fileno()), "rb")
        other.seek(0)
        return other

    return Content(name, size, digest.hexdigest(), start, reopen)


def _truncated(name: str) -> ExtractionImpossibleError:
    return ExtractionImpossibleError(f"est tronquée dans le fichier « {shown(name)} »")


def _blocks(reader: _Forward, size: int) -> Iterator[bytes]:
    while size and (block := reader.read(min(size, BLOCK))):
        yield block
        size -= len(block)


def _rest(tail: _Forward) -> None:
    """Read to the end, which checks the gzip sums, and let nothing hide behind the tar."""
    while block := tail.read(BLOCK):
        if block.strip(b"\0"):
            raise ExtractionImpossibleError("a des données après sa fin")


def _extraction(name: str, fault: str, remede: str, error: Exception | None = None) -> Motif:
    words = "" if error is None else f"{type(error).__name__}: {error}"
    return Motif.of(Regle.EXTRAC, f"L'archive « {shown(name)} » {fault}.", remede, original=words)


def _too_big(name: str, size: int, limits: Limits) -> Motif:
    return Motif.of(
        Regle.TAILLE_F,
        f"Le fichier « {shown(name)} » compte {size} octets une fois extrait.",
        "Répartissez le contenu entre plusieurs fichiers.",
        values={"mo": limits.file_size / MO},
        fichier=shown(name),
    )
