"""Hostile input ends in a motif, quickly, in bounded memory, and writes nothing by name."""

import gzip
import io
import json
import os
import re
import resource
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
)

from depot_flux_simulator import samples
from depot_flux_simulator.controls import facturx as facturx_controls
from depot_flux_simulator.controls import xml
from depot_flux_simulator.flux.motifs import Code
from tests.support.controls import (
    CODE_APPLICATION,
    FACTURX_NAME,
    UBL_NAME,
    Controle,
    codes,
    enveloppe,
    facturx,
    pdf_with,
    tar,
    written,
)

MEMORY = 300  # Mo
DURATION = 20  # s
UBL = samples.facture_ubl()
ROOT = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'

# What a process of its own runs, so that its memory is its own.
_ALONE = """
import json, sys
from pathlib import Path
# The extra tls brings it, and pypdf loads what it finds: 6 Mo that no control needs.
sys.modules["cryptography"] = None
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.flux.depot import Depot
context = Context(already_received=lambda _: False)
verdict = controler(Depot(Path(sys.argv[1]), *sys.argv[2:]), context)
# Not ru_maxrss, which begins with what the parent had.
[line] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
memory = int(line.split()[1]) * 1024 / 1e6
print(json.dumps([[str(m.code) for m in verdict.motifs], memory]))
"""


def alone(path: Path, name: str, code: str, max_memory: int = MEMORY) -> list[str]:
    """Put a file through the controls in a process of its own; bound its memory and its time.

    The time is the processor's own: what else the machine does is not this file's.
    """
    output = subprocess.run(
        [sys.executable, "-c", _ALONE, str(path), name, code, CODE_APPLICATION],
        capture_output=True,
        check=True,
        timeout=3 * DURATION,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (2 * DURATION, 2 * DURATION)),
    )
    motifs, memory = json.loads(output.stdout)
    assert memory < max_memory
    return list(motifs)


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.type = kind
    return entry.tobuf(tarfile.GNU_FORMAT)


def gzip_bomb() -> bytes:
    """10 Go of zeros in 10 Mo: the same compressed 100 Mo, a hundred times."""
    return gzip.compress(header("a.xml", 10**10)) + gzip.compress(bytes(10**8), 9) * 100


def extended_header() -> bytes:
    """An extended header that says it takes half a gigabyte."""
    body = gzip.compress(bytes(10**8), 1) * 5
    return gzip.compress(header("x", 5 * 10**8, tarfile.XHDTYPE)) + body


def hundred_thousand_entries() -> bytes:
    output = io.BytesIO()
    with gzip.GzipFile(fileobj=output, mode="wb", compresslevel=1) as flux:
        block = b"".join(header(f"{rank}.xml", 0) for rank in range(1000))
        for _ in range(100):
            flux.write(block)
    return output.getvalue()


def huge_piece() -> bytes:
    """A file just under 100 Mo whose attachment decodes to 73 Mo."""
    base = samples.facture_ubl(pieces={"a.pdf": b"ABC"})
    return enveloppe(("a.xml", base.replace(b">QUJD<", b">" + b"QUJD" * 24_500_000 + b"<")))


def pdf_bomb(count: int, size: int) -> bytes:
    zeros = zlib.compress(bytes(size), 9)
    return pdf_with(*((f"{rank}.pdf", zeros, ["/FlateDecode"]) for rank in range(count)))


HEAVY: dict[str, tuple[Callable[[], bytes], str, str, set[str]]] = {
    "gzip bomb": (gzip_bomb, UBL_NAME, "FSO3110A", {Code.IRR_TAILLE_F, Code.IRR_EXTRAC}),
    "bomb in an extended header": (extended_header, UBL_NAME, "FSO3110A", {Code.IRR_EXTRAC}),
    "100 000 entries": (
        hundred_thousand_entries,
        UBL_NAME,
        "FSO3110A",
        # The same thousand names, too.
        {Code.IRR_EXTRAC, Code.IRR_VIDE_F, Code.IRR_NOM_F},
    ),
    "attachment of 73 Mo": (huge_piece, UBL_NAME, "FSO3110A", {Code.IRR_TAILLE_PJ}),
    "3 million elements": (
        lambda: ROOT + b"<a/>" * 3_100_000 + b"</Invoice>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "a million attributes": (
        lambda: b"<a " + b" ".join(b'a%d="x"' % rank for rank in range(10**6)) + b"/>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "2 million names": (
        lambda: ROOT + b"".join(b"<a%d/>" % r for r in range(2 * 10**6)) + b"</Invoice>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "PDF bomb": (lambda: pdf_bomb(1, 200_000_000), "f.pdf", "FSO3117A", {Code.IRR_SYNTAX}),
    "PDF of 100 bombs": (
        lambda: pdf_bomb(100, 49_000_000),
        "f.pdf",
        "FSO3117A",
        {Code.IRR_TAILLE_PJ},
    ),
    "PDF bomb in a bomb": (
        lambda: pdf_with(
            (
                "factur-x.xml",
                zlib.compress(zlib.compress(bytes(200_000_000), 9), 9),
                ["/FlateDecode"] * 2,
            )
        ),
        "f.pdf",
        "FSO3117A",
        {Code.IRR_SYNTAX},
    ),
    "ASCII85 of nothing but z": (
        lambda: pdf_with(
            (
                "factur-x.xml",
                zlib.compress(b"z" * 25_000_000 + b"~>"),
                ["/FlateDecode", "/ASCII85Decode"],
            )
        ),
        "f.pdf",
        "FSO3117A",
        {Code.IRR_SYNTAX},
    ),
    "PDF of a million objects": (
        lambda: b"%PDF-1.7\n" + b"1 0 obj<<>>endobj\n" * 10**6 + b"startxref\n0\n%%EOF",
        "f.pdf",
        "FSO3117A",
        {Code.IRR_SYNTAX},
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.deep] if re.search("million|bomb|73", name) else [])
        for name in HEAVY
    ],
)
def test_what_is_built_to_exhaust_ends_in_a_motif(name: str, tmp_path: Path) -> None:
    make, flux_name, code, expected = HEAVY[name]
    path = tmp_path / "flux"
    path.write_bytes(make())
    assert set(alone(path, flux_name, code)) == expected


def test_30_mo_with_one_attachment_stay_under_150_mo(tmp_path: Path) -> None:
    facture = samples.facture_ubl(pieces={"a.pdf": os.urandom(22_000_000)})
    path = tmp_path / "flux"
    path.write_bytes(facture)
    assert alone(path, "f.xml", "FSO3110A", max_memory=150) == [Code.IRR_TAILLE_PJ]


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_what_is_no_plain_file_is_refused(kind: bytes, controle: Controle) -> None:
    content = gzip.compress(tar([("a.xml", b"")], kind))
    assert codes(controle(content, UBL_NAME)) == [Code.IRR_EXTRAC]


@pytest.mark.parametrize(
    "name", ["/tmp/a.xml", "../a.xml", "d/../../a.xml", "d/a.xml", "..\\a.xml"]
)
def test_paths_are_refused_and_nothing_is_written(
    name: str, controle: Controle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ici"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert codes(controle(enveloppe((name, UBL)), UBL_NAME)) == [Code.IRR_NOM_F]
    assert list(tmp_path.rglob("*")) == [folder]


def test_an_archive_in_an_archive_is_no_file(controle: Controle) -> None:
    inside = enveloppe(("a.xml", UBL))
    assert codes(controle(enveloppe((UBL_NAME, inside)), UBL_NAME)) == [Code.IRR_TYPE_F]
    assert codes(controle(enveloppe(("a.xml", inside)), UBL_NAME)) == [Code.IRR_TYPE_F]


def test_nothing_hides_behind_the_end_of_an_archive(controle: Controle) -> None:
    hidden = gzip.compress(tar([("a.xml", UBL)]) + b"cache")
    assert codes(controle(hidden, UBL_NAME)) == [Code.IRR_EXTRAC]
    tail = enveloppe(("a.xml", UBL)) + b"cache"
    assert codes(controle(tail, UBL_NAME)) == [Code.IRR_EXTRAC]
    two = gzip.compress(tar([("a.xml", UBL)]) + tar([("b.xml", UBL)]))
    assert codes(controle(two, UBL_NAME)) == [Code.IRR_EXTRAC]


@pytest.mark.parametrize("where", [0, 1])
def test_a_header_damaged_in_the_middle_hides_no_file(where: int, controle: Controle) -> None:
    raw = bytearray(tar([("a.xml", UBL), ("b.xml", UBL)]))
    second = raw.index(b"b.xml")
    raw[second + where] ^= 0xFF
    assert codes(controle(gzip.compress(bytes(raw)), UBL_NAME)) == [Code.IRR_EXTRAC]


def test_a_damaged_header_at_the_end_hides_no_empty_file(controle: Controle) -> None:
    raw = bytearray(tar([("a.xml", UBL), ("b.xml", b"")]))
    raw[raw.index(b"b.xml")] ^= 0xFF
    assert codes(controle(gzip.compress(bytes(raw)), UBL_NAME)) == [Code.IRR_EXTRAC]


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("size", [-512, -513, -(10**6), -(2**60)])
def test_a_header_that_leads_back_is_refused(kind: bytes, size: int, controle: Controle) -> None:
    raw = tar([("a.xml", UBL)])
    damaged = controle(gzip.compress(header("b.xml", size, kind) + raw), UBL_NAME)
    assert codes(damaged) == [Code.IRR_EXTRAC]
    assert "négative" in damaged.motifs[0].message


DTD = b'<!DOCTYPE Invoice [<!ENTITY a "x"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
XML: dict[str, bytes] = {
    "bomb": b'<!DOCTYPE l [<!ENTITY a0 "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]><l>&a11;</l>",
    "external entity": UBL.replace(b"<Invoice", DTD + b"<Invoice", 1).replace(b"F20260001", b"&b;"),
    "dtd alone": UBL.replace(b"<Invoice", b"<!DOCTYPE Invoice><Invoice", 1),
    "external dtd": UBL.replace(
        b"<Invoice", b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd"><Invoice', 1
    ),
    "entity without dtd": UBL.replace(b"F20260001", b"&a;"),
    "100 000 levels": ROOT + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Invoice>",
    "100 000 levels, unclosed": b"<a>" * 100_000,
    "utf-16": UBL.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-16 undeclared": UBL.decode().encode("utf-16-le"),
    "utf-32": UBL.decode().encode("utf-32"),
    "latin-1": UBL.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "latin-1 undeclared": UBL.decode().encode("latin-1"),
    "utf-7": UBL.replace(b"UTF-8", b"UTF-7", 1),
    "unknown encoding": UBL.replace(b"UTF-8", b"zut", 1),
    "encoding that is none of text": UBL.replace(b"UTF-8", b"rot13", 1),
    "nul": UBL.replace(b"F20260001", b"F\x0020260001"),
    "nul first": b"<\0" + UBL,
    "other namespace": UBL.replace(b":Invoice-2", b":Invoice-3"),
    "attachments that are none": ROOT.replace(
        b">", b' xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
    )
    + b"<b:EmbeddedDocumentBinaryObject>=</b:EmbeddedDocumentBinaryObject>" * 14_500
    + b"</Invoice>",
    "comment of what opens tags": ROOT + b"<!--" + (b"<" * 99_000 + b">") * 12 + b"--></Invoice>",
    "comment of a megabyte, then nothing known": b"<!--" + b"x" * 3_000_000 + b"--><a/>",
    "schema of its own": UBL.replace(
        b"<Invoice",
        b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" zut="1"',
        1,
    ),
}


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_breaks_irr_syntax(name: str, controle: Controle) -> None:
    start = time.monotonic()
    assert set(codes(controle(XML[name]))) == {Code.IRR_SYNTAX}
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", XML)
def test_the_same_xml_is_refused_when_it_is_big(name: str, controle: Controle) -> None:
    # Above a megabyte documents are read in another way.
    end = "\n".encode("utf-32-le" if name == "utf-32" else "utf-16-le" if "16" in name else "utf-8")
    assert set(codes(controle(XML[name] + end * 1_200_000))) == {Code.IRR_SYNTAX}


def test_a_document_too_big_for_a_tree_is_validated_all_the_same(
    controle: Controle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml, "_TREE", 1_000)
    start, end = UBL.index(b"<cac:InvoiceLine>"), UBL.rindex(b"</Invoice>")
    line = UBL[start : UBL.index(b"</cac:InvoiceLine>")] + b"</cac:InvoiceLine>"
    lines = line * 2_500
    assert codes(controle(UBL[:start] + lines + UBL[end:])) == []
    wrong = line.replace(b"cbc:ID", b"cbc:Id", 1).replace(b"</cbc:ID", b"</cbc:Id", 1)
    for fault in (wrong, line.replace(b">50.00<", b">x<"), line[:-1]):
        verdict = controle(UBL[:start] + lines + fault + UBL[end:])
        assert codes(verdict) == [Code.IRR_SYNTAX]


def test_the_same_xml_in_a_pdf_breaks_irr_syntax(controle: Controle) -> None:
    for hostile in (XML["bomb"], XML["utf-16"], XML["100 000 levels"], b"", b"\0", UBL):
        assert codes(controle(facturx(hostile), "f.pdf", "FSO3117A")) == [Code.IRR_SYNTAX]


def test_a_kind_is_what_a_file_begins_with_not_what_it_speaks_of(controle: Controle) -> None:
    spoken = UBL.replace(b"<Invoice", b"<!-- converti depuis %PDF-1.7 -->" + b"<Invoice", 1)
    assert codes(controle(spoken)) == []
    assert codes(controle(enveloppe(("a.xml", spoken)), UBL_NAME)) == []
    assert codes(controle(b"noise " + FACTURX, "f.pdf", "FSO3117A")) == [Code.IRR_TYPE]


def test_a_byte_order_mark_is_still_utf_8(controle: Controle) -> None:
    assert codes(controle(b"\xef\xbb\xbf" + UBL)) == []


def encrypted() -> bytes:
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(samples.facture_facturx())))
    pdf.encrypt("", "secret", algorithm="RC4-128")
    return written(pdf)


def cyclic() -> bytes:
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    node = DictionaryObject()
    link = pdf._add_object(node)
    node[NameObject("/Kids")] = ArrayObject([link, link, link])
    pdf.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): link})
    return written(pdf)


def two_ways() -> bytes:
    """A tree of few nodes, each of which leads twice to the next one."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    link = pdf._add_object(DictionaryObject({NameObject("/Names"): ArrayObject()}))
    for _ in range(31):
        node = DictionaryObject({NameObject("/Kids"): ArrayObject([link, link])})
        link = pdf._add_object(node)
    pdf.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): link})
    return written(pdf)


def predicted(rows: bytes, columns: int) -> bytes:
    """A Factur-X whose invoice is written as the rows of a PNG."""
    raw = pdf_with(("factur-x.xml", zlib.compress(rows, 9), ["/FlateDecode"]))
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(raw)))
    [(_, specification)] = facturx_controls.specifications(pdf.root_object)
    carried: Any = specification["/EF"]
    carried["/F"][NameObject("/DecodeParms")] = DictionaryObject(
        {NameObject("/Predictor"): NumberObject(12), NameObject("/Columns"): NumberObject(columns)}
    )
    return written(pdf)


FACTURX = samples.facture_facturx()
CII = samples.facture_cii()
PDF: dict[str, Callable[[], bytes]] = {
    "truncated": lambda: FACTURX[: len(FACTURX) // 2],
    "truncated, with an end": lambda: FACTURX[: len(FACTURX) // 2] + b"\n%%EOF\n",
    "encrypted": encrypted,
    "cyclic": cyclic,
    "cyclic trailer": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R"
        b"/Prev 9>>\nstartxref\n9\n%%EOF"
    ),
    "no invoice": lambda: pdf_with(("a.pdf", b"x", [])),
    "twenty invoices": lambda: pdf_with(*[("factur-x.xml", CII, [])] * 20),
    "deep array": lambda: b"%PDF-1.7\n1 0 obj" + b"[" * 100_000 + b"endobj\nstartxref\n9\n%%EOF",
    "random": lambda: b"%PDF-1.7\n" + os.urandom(100_000) + b"\n%%EOF",
    "two ways to each node": two_ways,
    "rows of one column": lambda: predicted(b"\2\0" * 20_000_000, 1),
    "unknown filter": lambda: pdf_with(("factur-x.xml", CII, ["/Zut"])),
}


@pytest.mark.parametrize("name", PDF)
def test_hostile_pdf_breaks_irr_syntax(name: str, controle: Controle) -> None:
    start = time.monotonic()
    assert codes(controle(PDF[name](), "f.pdf", "FSO3117A")) == [Code.IRR_SYNTAX]
    assert time.monotonic() - start < 5


def test_an_invoice_may_be_written_as_rows_of_a_png(controle: Controle) -> None:
    columns = 50
    padded = CII + b"\n" * (-len(CII) % columns)
    rows = b"".join(
        b"\0" + padded[start : start + columns] for start in range(0, len(padded), columns)
    )
    assert codes(controle(predicted(rows, columns), "f.pdf", "FSO3117A")) == []


def test_what_is_too_big_once_decoded_is_not_called_damaged(controle: Controle) -> None:
    (motif,) = controle(pdf_bomb(1, 60_000_000), "f.pdf", "FSO3117A").motifs
    assert "démesuré" in motif.message


def test_twenty_xml_attachments_hold_one_invoice(controle: Controle) -> None:
    all_embedded: list[tuple[str, bytes, list[str]]] = [
        ("factur-x.xml" if rank == 7 else f"{rank}.xml", CII, []) for rank in range(20)
    ]
    assert codes(controle(pdf_with(*all_embedded), "f.pdf", "FSO3117A")) == []


NAMES = [
    "%$!&\\:;«»#@.xml",
    "n" * 300 + ".xml",
    "\udcff\udcfe.xml",
    "facture\u202elmx.xml",
    "a\nb.xml",
    " .xml ",
    "",
    ".",
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_refused_and_can_be_shown(name: str, controle: Controle) -> None:
    for verdict in (controle(UBL, name), controle(enveloppe((name, UBL)), UBL_NAME)):
        assert not verdict.recevable
        for motif in verdict.motifs:
            # Storable, printable, short: a surrogate would raise here.
            assert json.dumps([motif.message, motif.fichier]).isprintable()
            assert len(motif.message.encode()) < 2000
            assert "\n" not in motif.message
            assert "\u202e" not in motif.message


def test_archives_of_pdf_are_admitted(controle: Controle) -> None:
    content = enveloppe(("a.pdf", FACTURX), ("b.pdf", FACTURX))
    assert codes(controle(content, FACTURX_NAME, "FSO3117A")) == []
