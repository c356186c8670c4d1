"""base64 is read as XML Schema has it, wherever a format has some."""

import base64
import string
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator import samples
from depot_flux_simulator.controls import binary
from depot_flux_simulator.flux.motifs import Code
from tests.support.controls import Controle, codes, facturx

WHOLE = "JVBERi0xLjcK"
BAD = {
    "foreign letter": ("JVBE*Ri0x", "« * »"),
    "accent": ("JVBERi0é", "« é »"),
    "no-break space": ("JVBE\u00a0Ri0x", "U+00A0"),
    "zero-width space": ("JVBE\u200bRi0x", "U+200B"),
    "url-safe minus": ("JVBE-i0x", "adresses web"),
    "url-safe underscore": ("JVBE_i0x", "adresses web"),
    "literal line feed": ("JVBE\\nRi0x", "« \\n »"),
    "data URI": ("data:application/pdf;base64,JVBE", "« data: »"),
    "quotes": ('"JVBE"', "guillemet"),
    "apostrophes": ("'JVBE'", "guillemet"),
    "braces": ("{{PDF_BASE64}}", "« {{PDF_BASE64}} »"),
    "dollar": ("${pdf}", "« ${pdf} »"),
    "brackets": ("[votre PDF ici]", "« [votre PDF ici] »"),
    "jinja": ("{% pdf %}", "« {% pdf %} »"),
    "python bytes": ("b'JVBE'", "guillemet"),
    "one letter short": ("JVBERi0xLjc", "11 caractères"),
    "one letter over": ("JVBEA", "5 caractères"),
    "no padding": ("JVBERg", "6 caractères"),
    "padding alone": ("====", "« = »"),
    "padding first": ("=JVB", "« = »"),
    "padding within": ("JVA=RUZH", "« = »"),
    "padding of a group before": ("JV==RUZH", "« = »"),
    "padding thrice": ("J===", "« = »"),
    "padding too much": ("JVBE=", "5 caractères"),
    "bits left over": ("JVBERh==", "aucun octet"),
    "bits left over of two": ("JVBERi1=", "aucun octet"),
    "prose": ("voir le fichier joint", "18 caractères"),
    "hexadecimal with 0x": ("0x255044462", "11 caractères"),
    "nil": ("null.", "« . »"),
}
GOOD = {
    "whole": WHOLE,
    "lines": "JVBE\r\n  Ri0x\n\tLjcK\n",
    "a blank between any two": " ".join(WHOLE),
    "one byte": "JQ==",
    "two bytes": "JVA=",
    "blanks in the padding": "JQ =\n= ",
    "lines of 76": "\n".join([WHOLE * 6] * 40),
}


def ubl(text: str) -> tuple[bytes, str, str]:
    return _filled(samples.facture_ubl(pieces={"a.pdf": b"x"}), b"eA==", text), "f.xml", "FSO3110A"


def avoir(text: str) -> tuple[bytes, str, str]:
    return _filled(samples.avoir_ubl(pieces={"a.pdf": b"x"}), b"eA==", text), "f.xml", "FSO3110A"


def cii(text: str) -> tuple[bytes, str, str]:
    filled = _filled(samples.facture_cii(pieces={"a.pdf": b"x"}), b"eA==", text)
    return facturx(filled), "f.pdf", "FSO3117A"


def cdar(text: str) -> tuple[bytes, str, str]:
    before = b"</ram:ReferenceReferencedDocument>"
    attached = (
        b'<ram:AttachmentBinaryObject mimeCode="application/pdf" filename="a.pdf">eA=='
        b"</ram:AttachmentBinaryObject>"
    )
    statut = samples.statut_cdar().replace(before, attached + before)
    return _filled(statut, b"eA==", text), "s.xml", "FSO3300A"


def _filled(document: bytes, written: bytes, text: str) -> bytes:
    assert document.count(b">" + written + b"<") == 1
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return document.replace(b">" + written + b"<", f">{escaped}<".encode())


Format = Callable[[str], tuple[bytes, str, str]]
FORMATS = pytest.mark.parametrize("made", [ubl, avoir, cii, cdar])


@FORMATS
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_base64_breaks_irr_syntax_and_nothing_else(
    name: str, made: Format, controle: Controle
) -> None:
    text, said = BAD[name]
    [motif] = controle(*made(text)).motifs
    assert motif.code == Code.IRR_SYNTAX
    assert "n'est pas du base64" in motif.message
    assert said in motif.message
    assert motif.lieu.endswith("BinaryObject")
    assert "base64" in motif.remede


@FORMATS
@pytest.mark.parametrize("name", GOOD)
def test_the_blanks_of_xml_are_allowed(name: str, made: Format, controle: Controle) -> None:
    assert codes(controle(*made(GOOD[name]))) == []


@FORMATS
def test_an_attachment_without_a_byte_is_empty(made: Format, controle: Controle) -> None:
    assert codes(controle(*made(""))) == [Code.IRR_VID_PJ]
    assert codes(controle(*made(" \n"))) == [Code.IRR_VID_PJ]


def test_base64_in_a_big_document_is_read_the_same(controle: Controle) -> None:
    for text, right in (("JVBE" * 400_000, []), ("JVBE" * 400_000 + "*", [Code.IRR_SYNTAX])):
        content, name, code = ubl(text)
        assert len(content) > 1_000_000
        assert codes(controle(content, name, code)) == right


def test_a_fault_of_the_schema_stands_beside_that_of_base64(controle: Controle) -> None:
    content, name, code = ubl("JVBE*")
    content = content.replace(b"cbc:IssueDate", b"cbc:Issue")
    verdict = controle(content, name, code)
    assert codes(verdict) == [Code.IRR_SYNTAX] * 2
    assert "IssueDate" in "".join(motif.message for motif in verdict.motifs)


@given(content=st.binary(max_size=60), blanks=st.lists(st.integers(0, 90), max_size=5))
def test_whatever_is_encoded_is_base64_with_blanks_anywhere(
    content: bytes, blanks: list[int]
) -> None:
    text = base64.b64encode(content).decode()
    for rank in blanks:
        text = f"{text[:rank]} \n{text[rank:]}"
    assert binary.fault(text) is None
    assert b"".join(binary.decoded(text)) == content


@given(text=st.text(string.ascii_letters + string.digits + "+/= ", max_size=14))
@settings(max_examples=300)
def test_base64_is_what_decodes_and_encodes_back(text: str) -> None:
    bare = text.replace(" ", "")
    try:
        same = base64.b64encode(base64.b64decode(bare, validate=True)).decode() == bare
    except ValueError:
        same = False
    assert (binary.fault(text) is None) == same
