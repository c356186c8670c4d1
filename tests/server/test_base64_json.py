"""A flux in base64 inside JSON reaches its file whole, however it is cut, and is never held."""

import io
import json
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depot_flux_simulator.web.base64_json import LONG, Texts, UnreadableJsonError, read_json


class Slow(io.RawIOBase):
    """A stream that gives what it is told to, a piece at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")


def read(body: bytes, size: int) -> tuple[Any, Texts[io.BytesIO]]:
    texts = Texts(io.BytesIO)
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return read_json(cast(IO[bytes], Slow(pieces)), texts), texts


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    repeat=st.sampled_from([1, 200, 400]),
    size=st.sampled_from([997, 65_536, 1_000_000]),
    escaped=st.booleans(),
    beside=st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=4),
)
@example(content=b"\xff" * 300, repeat=400, size=997, escaped=True, beside={})
@example(content=b"\xff" * 301, repeat=400, size=65_536, escaped=False, beside={"é": '\\"'})
def test_every_file_arrives_and_the_rest_is_read_as_json_reads_it(
    content: bytes, repeat: int, size: int, escaped: bool, beside: dict[str, Any]
) -> None:
    whole = content * repeat
    encoded = json.dumps({"z": 1, **beside, "fichier": b64encode(whole).decode()})
    body = encoded.replace("/", "\\/") if escaped else encoded
    value, texts = read(body.encode(), size)
    given_file = value.pop("fichier")
    file = texts.of(given_file) or texts.decode(given_file)
    assert file.close()
    file.file.seek(0)
    assert file.file.read() == whole
    expected = json.loads(encoded)
    del expected["fichier"]
    assert value == expected


@pytest.mark.parametrize("text", ["A" * (LONG + 2), "é" * LONG, "AA==" * LONG, "A\n" * LONG])
def test_a_long_text_that_is_no_base64_is_known(text: str) -> None:
    value, texts = read(json.dumps({"a": text}).encode(), 4096)
    file = texts.of(value["a"])
    assert file is not None
    assert not file.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'"' + b"A" * LONG * 2,
        b"[" * 100_000,
        b"1," * 1_000_000,
        b"[" + b",".join([b'"' + b"A" * (LONG + 4) + b'"'] * 5) + b"]",
        b"\xff",
    ],
)
def test_what_is_no_json_or_no_deposit_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableJsonError):
        read(body, 65_536)


def test_thirty_megabytes_are_never_held() -> None:
    piece = b64encode(bytes(30_000))
    pieces = iter([b'{"fichier": "', *[piece] * 1_000, b'"}'])
    with Path("/dev/null").open("wb") as sink:
        tracemalloc.start()
        texts = Texts(lambda: sink)
        value = read_json(cast(IO[bytes], Slow(pieces)), texts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    file = texts.of(value["fichier"])
    assert file is not None
    assert file.close()
    assert peak < 2_000_000
