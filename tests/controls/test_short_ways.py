"""What is read by a shorter way is read as by the longer one."""

import io
import re
import tarfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from depot_flux_simulator.controls import archive, prologue, xml
from depot_flux_simulator.controls.archive import _Entry
from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.samples import facture_ubl

BEGINNINGS = (
    "",
    "<?xml version='1.0' encoding='UTF-8'?>",
    '<?xml version="1.0" encoding="iso-8859-1"?>\r\n',
    "<?xml version='1.0' encoding='nonsense'?>",
    "<?xml version='1.0'",
    "<!DOCTYPE a>",
    "<!-- > -->\n",
    "<?a b?>",
)
TAGS = (
    "<a>",
    "<a",
    "<a/>",
    "<a b='>' c=''>",
    "<x:a xmlns:x='urn:x'\n>",
    "<x:a>",
    "<a b='1' b='2'>",
    '\n<a xmlns="urn:&amp;">',
)
DOCUMENTS = st.builds(
    lambda *parts: "".join(parts).encode(),
    st.sampled_from(BEGINNINGS),
    st.sampled_from(BEGINNINGS),
    st.sampled_from(TAGS),
    st.sampled_from((*TAGS, "", "x", "</a>", " " * 3_000)),
)


@given(DOCUMENTS)
@example(facture_ubl("F1"))
def test_the_beginning_of_a_document_says_the_same_known_or_not(document: bytes) -> None:
    read = prologue._read(document[: prologue._STEP], io.BytesIO(document[prologue._STEP :]))
    for _ in range(2):
        assert prologue.prologue(io.BytesIO(document)) == read


@given(st.text("<<<>a!?/ \n", max_size=40).map(str.encode), st.integers(0, 8))
def test_a_tag_is_as_long_as_an_expression_says(piece: bytes, most: int) -> None:
    found = re.search(rb"<[^>!?/\s][^>]{%d}" % most, piece)
    assert xml._has_long_tag(piece, most) == (found is not None)


def test_what_one_program_writes_is_read_once() -> None:
    prologue._known.cache_clear()
    for number in range(5):
        assert prologue.prologue(io.BytesIO(facture_ubl(f"F{number}"))).root is not None
    known = prologue._known.cache_info()
    assert (known.misses, known.hits) == (1, 4)


Form = Literal[0, 1]
USTAR: Form = 0
GNU: Form = 1


def header(entry: tarfile.TarInfo, form: Form) -> bytes:
    return entry.tobuf(form, "utf-8", "surrogateescape")[-tarfile.BLOCKSIZE :]


def read(kind: type[tarfile.TarInfo], block: bytes) -> object:
    try:
        entry = kind.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        return type(error), str(error)
    return entry.name, entry.size, entry.type, entry.linkname


ENTRIES = st.builds(
    tarfile.TarInfo,
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=25),
)
FORMS = st.sampled_from([USTAR, GNU])
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE])


@given(ENTRIES, FORMS, KINDS, st.integers(0, 8**11 - 1), st.text("abcé", max_size=8))
def test_a_header_says_the_same_plain_or_not(
    entry: tarfile.TarInfo, form: Form, kind: bytes, size: int, owner: str
) -> None:
    entry.type, entry.size, entry.uname = kind, size, owner
    entry.linkname = "elsewhere" if kind == tarfile.SYMTYPE else ""
    block = header(entry, form)
    assert read(_Entry, block) == read(tarfile.TarInfo, block)


@pytest.mark.parametrize("form", [USTAR, GNU])
@pytest.mark.parametrize("summed", [False, True])
def test_an_altered_header_says_the_same(form: Form, summed: bool) -> None:
    entry = tarfile.TarInfo("a.xml")
    entry.size, entry.uname = 4_096, "é"
    plain = header(entry, form)
    for at in range(tarfile.BLOCKSIZE):
        for octet in b"\0 013789Lx/\xe9\xff":
            block = bytearray(plain)
            block[at] = octet
            if summed:  # as whoever altered it on purpose would
                block[148:156] = b" " * 8
                block[148:156] = b"%06o\0 " % sum(block)
            assert read(_Entry, bytes(block)) == read(tarfile.TarInfo, bytes(block))


@pytest.mark.parametrize("form", [USTAR, GNU])
def test_a_plain_header_is_not_left_to_tarfile(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = tarfile.TarInfo("a.xml")
    entry.size, entry.uname = 4_096, "paie"
    block = header(entry, form)
    monkeypatch.delattr(tarfile, "calc_chksums")
    assert read(_Entry, block) == ("a.xml", 4_096, tarfile.REGTYPE, "")


NAMES = st.text("aé.", min_size=1, max_size=200).map(lambda stem: f"{stem}.xml")
TARS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
SIZES = st.sampled_from([0, 1, 511, 512, 513, 10_240, 65_536, 70_000, 1_100_000])


@given(st.lists(st.tuples(NAMES, SIZES), max_size=8), TARS)
def test_a_tar_says_the_same_cut_up_by_tarfile_or_not(
    entries: list[tuple[str, int]], form: Literal[0, 1, 2]
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=form, compresslevel=1) as tar:
        for name, size in entries:
            entry = tarfile.TarInfo(name)
            entry.size = size
            with suppress(ValueError):  # ustar has no room for the name
                tar.addfile(entry, io.BytesIO(bytes([len(name)]) * size))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.tar.gz"
        path.write_bytes(packed.getvalue())
        with tarfile.open(path, "r|gz") as tar:
            cut_up = [(entry.name, content(tar, entry)) for entry in tar]
        read_all = [
            (each.name, each.open().read())
            for batch in archive.batches(path, len(packed.getvalue()), Limits())
            for each in batch
            if isinstance(each, Content)
        ]
    assert read_all == cut_up


def content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(entry)
    assert file is not None
    return file.read()
