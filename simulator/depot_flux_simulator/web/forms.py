"""Forms in several parts, read by a parser that is quicker than werkzeug's own by ten.

A deposit is such a form, and reading it took a tenth of the time of the whole call.
"""

from collections.abc import Iterator
from typing import IO, Any

from multipart import MultipartSegment, PushMultipartParser
from werkzeug.datastructures import FileStorage, Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

_CHUNK = 65_536
_LINE_END = b"\r\n"
_MULTIPART = "multipart/form-data"
_LONGEST_BOUNDARY = 200
_LONGEST_HEADERS = 65_536
# Those that werkzeug takes; any other is read as UTF-8.
_CHARSETS = {"ascii", "us-ascii", "utf-8", "iso-8859-1"}


Fields = list[tuple[str, str]]
Files = list[tuple[str, FileStorage]]


class FormParser(FormDataParser):
    """Reads a form as werkzeug does, in its limits: one that is broken is an empty one."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        """The stream, the fields and the files of a form.

        Raises:
            RequestEntityTooLarge: it has more fields, or longer ones, than it may.
        """
        if mimetype != _MULTIPART:
            return super().parse(stream, mimetype, content_length, options)
        fields, files = self.parts(stream, (options or {}).get("boundary", ""))
        return stream, self.cls(fields), self.cls(files)

    def parts(self, stream: IO[bytes], boundary: str) -> tuple[Fields, Files]:
        """The fields and the files of a form in several parts, by name, in their order.

        Raises:
            RequestEntityTooLarge: it has more fields, or longer ones, than it may.
        """
        try:
            if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
                return [], []
            return self._parts(stream, boundary.encode("ascii"))
        except ValueError:
            return [], []

    def _parts(self, stream: IO[bytes], boundary: bytes) -> tuple[Fields, Files]:
        fields: Fields = []
        files: Files = []
        part: MultipartSegment | None = None
        texts: list[bytes] = []
        file: FileStorage | None = None
        with PushMultipartParser(boundary) as parser:
            for chunk in _with_bodies(stream, boundary):
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        self._bound(len(fields) + len(files) + 1, self.max_form_parts)
                        part, texts, file = _named(event), [], self._file(event)
                    elif event and file is not None:
                        file.stream.write(event)
                    elif event:
                        texts.append(event)
                        self._bound(sum(map(len, texts)), self.max_form_memory_size)
                    elif part is not None and file is not None:
                        file.stream.seek(0)
                        files.append((part.name or "", file))
                    elif part is not None:
                        fields.append((part.name or "", _text(part, b"".join(texts))))
        return fields, files

    def _file(self, part: MultipartSegment) -> FileStorage | None:
        """Where the bytes of a part go that is a file, None for a field."""
        if part.filename is None:
            return None
        stream = self.stream_factory(None, part.content_type, part.filename, None)
        return FileStorage(stream, part.filename, part.name, headers=Headers(part.headerlist))

    def _bound(self, number: int, limit: int | None) -> None:
        if limit is not None and number > limit:
            raise RequestEntityTooLarge


def _with_bodies(stream: IO[bytes], boundary: bytes) -> Iterator[bytes]:
    """The pieces of a form, none empty, in which every part has a body.

    A part may end with its headers (RFC 2046, 5.1.1), as empty fields of some clients do; the
    parser knows only parts that go on, if with nothing, and is given that line end.
    """
    delimiter = _LINE_END + b"--" + boundary
    # Rare; to look for it by its headers, with an expression of each form's own, takes longer than
    # to read the form.
    suspect = _LINE_END + delimiter
    # The first delimiter begins the form, every other a line.
    kept, before = _LINE_END, len(_LINE_END)
    while chunk := stream.read(_CHUNK):
        kept += chunk
        # A delimiter that has only begun waits for the rest, and headers for what is behind them.
        ready = len(kept) - len(delimiter) + 1
        if delimiter in kept:
            if suspect in kept:
                kept = _given_bodies(kept, delimiter)
            last = kept.rfind(delimiter)
            end = kept.find(2 * _LINE_END, last)
            known = 0 <= end <= len(kept) - len(suspect)
            if not known and len(kept) - last <= _LONGEST_HEADERS:
                ready = last
        if ready > before:
            yield kept[before:ready]
            kept, before = kept[ready:], 0
    if len(kept) > before:
        yield kept[before:]


def _given_bodies(form: bytes, delimiter: bytes) -> bytes:
    """A piece of a form whose parts that end with their headers go on with nothing.

    Headers end at their first empty line; what a name may hold, a lone line feed even, is theirs.
    """
    before, *parts = form.split(delimiter)
    *ended, last = parts
    given = (
        # A delimiter is a whole line; else these are bytes of a file that hold its text.
        part + _LINE_END
        if part.startswith(_LINE_END) and part.endswith(_LINE_END) and 2 * _LINE_END not in part
        else part
        for part in ended
    )
    return delimiter.join([before, *given, last])


def _named(part: MultipartSegment) -> MultipartSegment:
    """The part with its name of file as RFC 5987 writes it, which older clients still do."""
    disposition = part.header("Content-Disposition", "")
    if "*" in disposition:
        _, options = parse_options_header(disposition)
        part.name, part.filename = options.get("name"), options.get("filename")
    return part


def _text(part: MultipartSegment, given: bytes) -> str:
    charset = (part.charset or "").lower()
    return given.decode(charset if charset in _CHARSETS else "utf-8", "replace")
