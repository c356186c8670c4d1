"""PDFs as programs write them: names, encryption, what stands behind the end, what is declared."""

import codecs
import io
import re
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ByteStringObject,
    DecodedStreamObject,
    NameObject,
    PdfObject,
    TextStringObject,
)

from depot_flux_simulator import samples
from depot_flux_simulator.flux.motifs import Code
from tests.support.controls import Controle, codes, facturx, written

FACTURX = samples.facture_facturx()
CII = samples.facture_cii()
XML = "factur-x.xml"


def renamed(name: PdfObject, key: str = "/UF") -> bytes:
    """A Factur-X whose attached file bears a name as raw bytes, and no other."""
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(facturx(CII))))
    names = root(pdf)["/Names"]["/EmbeddedFiles"]["/Names"]
    specification = names[1].get_object()
    specification.pop("/F", None)
    specification[NameObject(key)] = name
    names[0] = TextStringObject("a")
    return written(pdf)


def root(pdf: PdfWriter) -> Any:
    return pdf.root_object


NAMES = {
    "plain": b"factur-x.xml",
    "trailing NUL": b"factur-x.xml\0",
    "trailing NULs": b"factur-x.xml\0\0\0",
    "UTF-16BE": codecs.BOM_UTF16_BE + XML.encode("utf-16-be"),
    "UTF-16BE, trailing NUL": codecs.BOM_UTF16_BE + f"{XML}\0".encode("utf-16-be"),
    "UTF-16LE": codecs.BOM_UTF16_LE + XML.encode("utf-16-le"),
    "UTF-8 with its mark": codecs.BOM_UTF8 + XML.encode(),
}


@pytest.mark.parametrize("key", ["/UF", "/F"])
@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_the_invoice_is_read_however_it_is_written(
    name: str, key: str, controle: Controle
) -> None:
    pdf = renamed(ByteStringObject(NAMES[name]), key)
    assert codes(controle(pdf, "f.pdf", "FSO3117A")) == []


@pytest.mark.parametrize(
    "raw",
    [
        "annexe été €.exe".encode(),
        codecs.BOM_UTF16_BE + "annexe été €.exe".encode("utf-16-be"),
        "annexe été ".encode("latin-1") + b"\xa0.exe",
        "annexe été ".encode("latin-1") + b"\xa0.exe\0",
    ],
    ids=["raw UTF-8", "UTF-16BE", "PDFDocEncoding", "PDFDocEncoding, trailing NUL"],
)
def test_letters_beyond_ascii_are_read(raw: bytes, controle: Controle) -> None:
    [motif] = controle(renamed(ByteStringObject(raw)), "f.pdf", "FSO3117A").motifs
    assert (motif.code, motif.piece_jointe) == (Code.IRR_EXT_DOC, "annexe été €.exe")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Factur-X.xml", "minuscules"),
        ("FACTUR-X.XML", "minuscules"),
        ("facture-x.xml", "« facture-x.xml »"),
        (" factur-x.xml", "« factur-x.xml »"),
        ("factur-x.xml.xml", "« factur-x.xml.xml »"),
        ("ZUGFeRD-invoice.xml", "ZUGFeRD"),
        ("zugferd-invoice.xml", "ZUGFeRD"),
        ("xrechnung.xml", "XRECHNUNG"),
        ("order-x.xml", "Order-X"),
    ],
)
def test_another_name_is_told_with_what_it_is_known_for(
    name: str, said: str, controle: Controle
) -> None:
    [motif] = controle(renamed(TextStringObject(name)), "f.pdf", "FSO3117A").motifs
    assert motif.code == Code.IRR_SYNTAX
    assert said.replace("« factur-x.xml »", "«  factur-x.xml »") in motif.message
    assert "exact factur-x.xml" in motif.remede


def test_none_one_or_two_attached_files_are_told_as_such(controle: Controle) -> None:
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    [none] = controle(written(pdf), "f.pdf", "FSO3117A").motifs
    assert none.message == "Le PDF « f.pdf » ne porte aucun fichier joint."
    pdf.add_attachment("annexe.pdf", b"x")
    [one] = controle(written(pdf), "f.pdf", "FSO3117A").motifs
    assert one.message.endswith("fichier joint nommé factur-x.xml, mais « annexe.pdf ».")
    for _ in range(2):
        pdf.add_attachment(XML, CII)
    [two] = controle(written(pdf), "f.pdf", "FSO3117A").motifs
    assert "porte 2 fichiers joints nommés factur-x.xml au lieu d'un seul" in two.message


def rc4(algorithm: str, user: str, owner: str) -> bytes:
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(FACTURX)))
    pdf.encrypt(user, owner, algorithm=algorithm)
    return written(pdf)


_STANDARD = b"/Filter /Standard /O <%s> /U <%s> /P -44" % (b"00" * 48, b"00" * 48)
_AES = b"/StmF /StdCF /StrF /StdCF /CF << /StdCF << /CFM /%s /Length %d /AuthEvent /DocOpen >> >>"
DICTIONARIES = {
    "AES-128": _STANDARD + b"/V 4 /R 4 /Length 128 " + _AES % (b"AESV2", 16),
    "AES-256, revision 5": _STANDARD + b"/V 5 /R 5 /Length 256 " + _AES % (b"AESV3", 32),
    "AES-256, revision 6": _STANDARD + b"/V 5 /R 6 /Length 256 " + _AES % (b"AESV3", 32),
    "certificates": b"/Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 /Length 128",
    "unknown handler": b"/Filter /Acme /V 4",
    "attached files alone": _STANDARD + b"/V 4 /R 4 /EFF /StdCF " + _AES % (b"AESV2", 16),
}
ENCRYPTED: dict[str, bytes | tuple[str, str, str]] = {
    **{
        f"{algorithm}, {kind}": (algorithm, user, owner)
        for algorithm in ("RC4-40", "RC4-128")
        for kind, user, owner in (
            ("empty password", "", "secret"),
            ("user's password", "secret", "secret"),
            ("both", "un", "deux"),
        )
    },
    **DICTIONARIES,
}


@pytest.mark.parametrize("name", ENCRYPTED)
def test_a_pdf_encrypted_in_any_way_is_told_to_be(name: str, controle: Controle) -> None:
    how = ENCRYPTED[name]
    if isinstance(how, tuple):
        pdf = rc4(*how)
    else:
        plain = written(PdfWriter(clone_from=PdfReader(io.BytesIO(FACTURX))))
        pdf, count = re.subn(rb"trailer\n<<", b"trailer\n<< /Encrypt << " + how + b" >>", plain)
        assert count == 1
    [motif] = controle(pdf, "f.pdf", "FSO3117A").motifs
    assert (motif.code, motif.message) == (Code.IRR_SYNTAX, "Le PDF « f.pdf » est chiffré.")


@pytest.mark.parametrize(
    "behind",
    [b"", b"\n", b"\r\n\r\n", b" " * 4096, b"\0" * 4096, b" \n" * 100_000, b"% fin\n" * 20],
    ids=["nothing", "line", "lines", "4 kB of blanks", "4 kB of NULs", "200 kB", "comments"],
)
def test_what_fills_the_file_behind_its_end_truncates_nothing(
    behind: bytes, controle: Controle
) -> None:
    assert codes(controle(FACTURX.rstrip() + behind, "f.pdf", "FSO3117A")) == []


def test_a_pdf_without_its_end_is_truncated_whatever_fills_it(controle: Controle) -> None:
    cut = FACTURX[: FACTURX.rindex(b"%%EOF")]
    for behind in (b"", b" " * 4096, b"\0" * 100_000):
        [motif] = controle(cut + behind, "f.pdf", "FSO3117A").motifs
        assert "est tronqué" in motif.message


def test_a_factur_x_as_it_should_be_calls_for_no_remark(controle: Controle) -> None:
    for content in (FACTURX, samples.facture_facturx(pieces={"a.pdf": b"x"})):
        assert controle(content, "f.pdf", "FSO3117A").remarques == ()


def test_a_pdf_that_declares_nothing_is_recevable_with_remarks(controle: Controle) -> None:
    verdict = controle(facturx(CII), "f.pdf", "FSO3117A")
    assert verdict.recevable
    said = " ".join(verdict.remarques)
    for part in ("XMP", "AFRelationship", "tableau AF", "sans effet sur la recevabilité"):
        assert part in said


DECLARED = {
    "PDF/A-1": (b"<pdfaid:part>3<", b"<pdfaid:part>1<", "PDF/A-1"),
    "no PDF/A": (b"pdfaid:part", b"pdfaid:other", "ne se déclare pas PDF/A"),
    "another file": (b">factur-x.xml<", b">autre.xml<", "« autre.xml »"),
    "another profile": (b">EN 16931<", b">BASIC<", "« BASIC »"),
    "no Factur-X": (
        b"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
        b"urn:zugferd",
        "ne se déclare pas Factur-X",
    ),
    "an entity": (b"<rdf:RDF", b"<!DOCTYPE a [<!ENTITY b 'c'>]><rdf:RDF", "XMP lisibles"),
    "no RDF": (b"RDF", b"FDR", "illisibles"),
    "an ampersand": (b">EN 16931<", b">R&D<", "XMP illisibles : il ne se déclare"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_what_its_xmp_declares_is_a_remark(name: str, controle: Controle) -> None:
    before, after, said = DECLARED[name]
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(FACTURX)))
    xmp = root(pdf)["/Metadata"].get_object().get_data()
    assert before in xmp
    stream = DecodedStreamObject()
    stream.set_data(xmp.replace(before, after))
    pdf.root_object[NameObject("/Metadata")] = pdf._add_object(stream)
    verdict = controle(written(pdf), "f.pdf", "FSO3117A")
    assert verdict.recevable
    [remarque] = verdict.remarques
    assert said in remarque


def test_the_relationship_of_the_invoice_is_a_remark(controle: Controle) -> None:
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(FACTURX)))
    [specification] = root(pdf)["/AF"]
    specification.get_object()[NameObject("/AFRelationship")] = NameObject("/Supplement")
    verdict = controle(written(pdf), "f.pdf", "FSO3117A")
    assert verdict.recevable
    [remarque] = verdict.remarques
    assert "« /Supplement »" in remarque
