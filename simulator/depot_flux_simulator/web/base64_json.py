"""JSON bodies whose long texts are base64: decoded to files as they arrive, never held whole."""

import binascii
import re
import secrets
from collections.abc import Callable
from typing import IO, Any, Generic, TypeVar

from depot_flux_simulator.contract import requests

LONG = 65_536
_REST = 1_000_000
_FILES = 4
_CHUNK = 65_536
File = TypeVar("File", bound=IO[bytes])
_SPECIAL = re.compile(rb'["\\]')


class UnreadableJsonError(Exception):
    """The body is no JSON, or not of a size and depth a deposit has; the message is in French."""


class Base64File(Generic[File]):
    """A file written from base64 as it comes.

    Attributes:
        file: takes the decoded bytes.
        valid: whether everything so far was base64 (RFC 4648, padding included).
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self.valid = True
        self._left = b""
        self._padded = False

    def write(self, text: bytes) -> None:
        """Take some more of the text."""
        text = self._left + text
        whole = len(text) - len(text) % 4
        self._left = text[whole:]
        self._decode(text[:whole])

    def close(self) -> bool:
        """End the text; whether all of it was base64."""
        self.valid = self.valid and not self._left
        return self.valid

    def _decode(self, text: bytes) -> None:
        if not text or not self.valid:
            return
        try:
            self.file.write(binascii.a2b_base64(text, strict_mode=True))
        except binascii.Error:
            self.valid = False
        self.valid = self.valid and not self._padded
        self._padded = text.endswith(b"=")


class Texts(Generic[File]):
    """The long texts of one body.

    Args:
        new_file: opens a file for the bytes of one.
    """

    def __init__(self, new_file: Callable[[], File]) -> None:
        self._new_file = new_file
        # No text of a caller can be taken for the mark of a long one; it is base64 itself.
        self._mark = secrets.token_hex(16)
        self._files: list[Base64File[File]] = []

    def start(self) -> tuple[Base64File[File], bytes]:
        """A file for the next long text, and what stands for it in the rest of the body."""
        if len(self._files) == _FILES:
            raise UnreadableJsonError(f"Le corps compte plus de {_FILES} textes longs.")
        self._files.append(Base64File(self._new_file()))
        return self._files[-1], f"{self._mark}{len(self._files) - 1:04}".encode()

    def of(self, value: Any) -> Base64File[File] | None:
        """The long text a value stands for, None for an ordinary value."""
        if isinstance(value, str) and value.startswith(self._mark):
            return self._files[int(value.removeprefix(self._mark))]
        return None

    def decode(self, value: str) -> Base64File[File]:
        """A text that is short, as a file like the long ones."""
        file = Base64File(self._new_file())
        file.write(value.encode("utf-8", "surrogatepass"))
        return file


def read_json(stream: IO[bytes], texts: Texts[Any]) -> Any:
    """Read a JSON body; texts longer than `LONG` go to files.

    Raises:
        UnreadableJsonError: it is no JSON, too deep, or large without being the flux.
    """
    scanner = _Scanner(texts)
    while chunk := stream.read(_CHUNK):
        scanner.feed(chunk)
    try:
        return requests.from_json(bytes(scanner.rest).decode("utf-8-sig"))
    except ValueError:
        raise UnreadableJsonError("Le corps n'est pas un document JSON lisible.") from None


class _Scanner:
    """Tells texts from the rest, and sends the long ones away."""

    def __init__(self, texts: Texts[Any]) -> None:
        self.rest = bytearray()
        self._texts = texts
        self._inside = False
        self._escaped = False
        self._start = 0
        self._long: Base64File[Any] | None = None

    def feed(self, chunk: bytes) -> None:
        position = 0
        while position < len(chunk):
            if self._escaped:
                self._escape(chunk[position : position + 1])
                position += 1
                continue
            found = _SPECIAL.search(chunk, position)
            end = found.start() if found else len(chunk)
            self._take(chunk[position:end])
            position = end + 1
            if found:
                self._special(found[0])

    def _special(self, character: bytes) -> None:
        if self._inside and character == b"\\":
            self._escaped = True
            return
        if self._inside and self._long is not None:
            self._long = None
        self._inside = not self._inside if character == b'"' else self._inside
        self._keep(character)
        self._start = len(self.rest)

    def _escape(self, character: bytes) -> None:
        self._escaped = False
        if self._long is None:
            self._keep(b"\\" + character)
        else:
            # Some writers escape the slash, which base64 has.
            self._long.write(character if character == b"/" else b"\\")

    def _take(self, text: bytes) -> None:
        if self._long is not None:
            self._long.write(text)
            return
        if self._inside and len(self.rest) - self._start + len(text) > LONG:
            self._long, mark = self._texts.start()
            head = bytes(self.rest[self._start :]).replace(rb"\/", b"/")
            del self.rest[self._start :]
            self._long.write(head + text)
            self._keep(mark)
            return
        self._keep(text)

    def _keep(self, text: bytes) -> None:
        self.rest += text
        if len(self.rest) > _REST:
            raise UnreadableJsonError("Le corps est trop long pour ce qui accompagne un flux.")
