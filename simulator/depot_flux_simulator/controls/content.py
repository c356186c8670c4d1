"""Bytes at hand: how big they are, their digest, what they look like."""

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from depot_flux_simulator.controls.names import extension, shown

BLOCK = 1 << 16
START = 1024
# Files up to this many bytes are held in memory, bigger ones on disk.
IN_MEMORY = 1_000_000
# What may stand before a document, even where it should not: byte order marks and blanks.
_BEFORE = b"\xef\xbb\xbf \t\r\n"
# How zlib calls a gzip header with the largest window.
_GZIP = 31


class Type(StrEnum):
    """What bytes look like, whatever they are called."""

    XML = "XML"
    PDF = "PDF"
    GZIP = "gzip"
    ZIP = "zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"
    COMPRESS = "compress (.Z)"
    TAR = "tar non compressé"
    UNKNOWN = "inconnu"


_ARCHIVES = {
    b"\x1f\x8b": Type.GZIP,
    b"PK\x03\x04": Type.ZIP,
    b"PK\x05\x06": Type.ZIP,
    b"PK\x07\x08": Type.ZIP,
    b"7z\xbc\xaf\x27\x1c": Type.SEVEN_ZIP,
    b"Rar!\x1a\x07": Type.RAR,
    b"BZh": Type.BZIP2,
    b"\xfd7zXZ\0": Type.XZ,
    b"\x28\xb5\x2f\xfd": Type.ZSTD,
    b"\x1f\x9d": Type.COMPRESS,
}
_BEGINNINGS = tuple(_ARCHIVES)


@dataclass(frozen=True, slots=True)
class Content:
    """A file of a flux, wherever its bytes lie.

    Attributes:
        name: its name, untrusted.
        size: bytes.
        sha256: hexadecimal digest.
        start: its first bytes.
        open: gives its bytes from the start, as often as wanted.
        host: name of the file of the flux that holds it, None when it is itself that file.
    """

    name: str
    size: int
    sha256: str
    start: bytes
    open: Callable[[], BinaryIO]
    host: str | None = None

    @property
    def type(self) -> Type:
        """What its bytes look like."""
        return recognise(self.start)

    @property
    def blank(self) -> bool:
        """Whether it begins with nothing but blanks and byte order marks (assumed)."""
        return not self.start.strip().lstrip(_BEFORE)

    @property
    def looks_like(self) -> str:
        """The end of a sentence on what its bytes look like, "" when nobody knows."""
        if self.type is Type.UNKNOWN:
            return ""
        inside = recognise(_decompressed(self.start)) if self.type is Type.GZIP else Type.UNKNOWN
        compressed = "" if inside is Type.UNKNOWN else f", un {inside.split()[0]} compressé"
        return f" : c'est du {self.type}{compressed}"

    @property
    def fichier(self) -> str:
        """The name of the file of the flux."""
        return self.name if self.host is None else self.host

    @property
    def called(self) -> str:
        """How people are told of it: what it is, its name, and the PDF that holds it."""
        named = f"fichier « {shown(self.name)} »"
        return named if self.host is None else f"{named} du PDF « {shown(self.host)} »"

    @property
    def extension(self) -> str:
        """Its extension in lower case, without dot, "" if none."""
        return extension(self.name)


def from_disk(path: Path, name: str) -> Content:
    """Look at a file that was deposited without an archive."""
    with path.open("rb") as flux:
        digest = hashlib.file_digest(flux, "sha256").hexdigest()
    return Content(name, path.stat().st_size, digest, start_of(path), lambda: _opened(path))


def _opened(path: Path) -> BinaryIO:
    """Open a file without its name, which lxml would read and fail on when it is no UTF-8."""
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb")


def start_of(path: Path) -> bytes:
    """Give the first bytes of a file, those that `recognise` takes."""
    with path.open("rb") as file:
        return file.read(START)


def _decompressed(start: bytes) -> bytes:
    """Give the first bytes of what was compressed, as many as `recognise` takes."""
    try:
        return zlib.decompressobj(_GZIP).decompress(start, START)
    except zlib.error:
        return b""


def from_memory(data: bytes, name: str, host: str | None = None) -> Content:
    """Look at a file whose bytes are held in memory."""
    digest = hashlib.sha256(data).hexdigest()
    return Content(name, len(data), digest, data[:START], lambda: io.BytesIO(data), host)


def recognise(start: bytes) -> Type:
    """Recognise a type by what a file begins with (assumed), never by what it says further on.

    Before a PDF or an XML document only byte order marks and blanks may stand: a comment that
    speaks of `%PDF-` makes no PDF. UTF-16 is recognised as XML so that its encoding, not its type,
    is what is refused.
    """
    if start.startswith(_BEGINNINGS):
        return next(kind for beginning, kind in _ARCHIVES.items() if start.startswith(beginning))
    if start[257:262] == b"ustar":
        return Type.TAR
    text = start.lstrip(_BEFORE)
    if text.startswith(b"%PDF-"):
        return Type.PDF
    if text.startswith(b"<") or start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"\0\0\0<")):
        return Type.XML
    return Type.UNKNOWN
