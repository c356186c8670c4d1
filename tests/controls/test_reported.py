"""Kinds of trouble that people report of such files in public: verdict, reason, remedy."""

import base64
import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from depot_flux_simulator import samples
from depot_flux_simulator.controls import streaming, xml
from tests.support.controls import (
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

UBL = samples.facture_ubl()
AVOIR = samples.avoir_ubl()
CII = samples.facture_cii()
FACTURX = samples.facture_facturx()
BARE = UBL.partition(b"?>")[2].lstrip()
BOM = b"\xef\xbb\xbf"
ENVELOPPE = enveloppe(("a.xml", UBL))


class Reported(NamedTuple):
    """What is deposited, and what is right: the motifs, and what their texts say."""

    content: bytes
    motifs: str = ""
    said: tuple[str, ...] = ()
    name: str = "facture.xml"
    code: str = "FSO3110A"


def declared(encoding: bytes) -> bytes:
    return UBL.replace(b"UTF-8", encoding, 1)


def issued(date: bytes) -> bytes:
    return re.sub(rb"(<cbc:IssueDate>)[^<]*", rb"\g<1>" + date, UBL)


def numbered(text: bytes) -> bytes:
    return UBL.replace(b"<cbc:ID>", b"<cbc:ID>" + text, 1)


XML: dict[str, Reported] = {
    "byte order mark": Reported(BOM + UBL),
    "two marks": Reported(BOM + BOM + UBL, "IRR_SYNTAX", ("marque (BOM)",)),
    "mark behind a blank": Reported(b" " + BOM + UBL, "IRR_SYNTAX", ("marque (BOM)",)),
    "nothing but a mark": Reported(BOM, "IRR_VIDE_F", ("est vide",)),
    "utf8 without its hyphen": Reported(declared(b"utf8")),
    "no declaration": Reported(BARE),
    "standalone": Reported(b"<?xml version='1.0' encoding='utf-8' standalone='no'?>" + BARE),
    "UTF-16 declared, UTF-8 written": Reported(declared(b"UTF-16"), "IRR_SYNTAX", ("UTF-16",)),
    "ASCII declared": Reported(declared(b"US-ASCII"), "IRR_SYNTAX", ("encodé en US-ASCII",)),
    "UTF-8 declared, Latin-1 written": Reported(
        numbered(b"\xe9"), "IRR_SYNTAX", ("ligne 6", "Invoice/ID", "pas de l'UTF-8")
    ),
    "surrogates in UTF-8": Reported(
        numbered(b"\xed\xa0\xbd\xed\xb8\x80"), "IRR_SYNTAX", ("pas de l'UTF-8",)
    ),
    "blank line first": Reported(b"\n" + UBL, "IRR_SYNTAX", ("au tout début", "lignes vides")),
    "warning of a program first": Reported(b"Warning: x\n" + UBL, "IRR_TYPE", ("pas du XML",)),
    "comment first": Reported(UBL.replace(b"<Invoice", b"<!-- ERP --><Invoice", 1)),
    "stylesheet": Reported(UBL.replace(b"<Invoice", b"<?xml-stylesheet href='a'?><Invoice", 1)),
    "instruction last": Reported(UBL + b"<?fin?>"),
    "line ends of Windows": Reported(UBL.replace(b"\n", b"\r\n")),
    "line ends of old": Reported(UBL.replace(b"\n", b"\r")),
    "NULs behind": Reported(UBL + b"\0" * 9, "IRR_SYNTAX", ("suit la fin",)),
    "end of file of DOS": Reported(UBL + b"\x1a", "IRR_SYNTAX", ("suit la fin",)),
    "two documents": Reported(UBL + UBL, "IRR_SYNTAX", ("tout début", "en trop")),
    "control character": Reported(numbered(b"\x0b"), "IRR_SYNTAX", ("U+000B", "BT-1")),
    "its reference": Reported(numbered(b"&#x1F;"), "IRR_SYNTAX", ("U+001F",)),
    "reference too big": Reported(numbered(b"&#99999999;"), "IRR_SYNTAX", ("renvoi",)),
    "entity of HTML": Reported(numbered(b"&nbsp;"), "IRR_SYNTAX", ("« &nbsp; »",)),
    "CDATA": Reported(issued(b"<![CDATA[2026-09-15]]>")),
    "emoji": Reported(numbered("😀".encode())),
    "page of an error": Reported(b"<!DOCTYPE html><p>502", "IRR_SYNTAX", ("ligne 1", "DOCTYPE")),
    "cut in its declaration": Reported(UBL[:28], "IRR_SYNTAX", ("<?xml",)),
    "cut in a closing tag": Reported(UBL.rstrip()[:-1], "IRR_SYNTAX", ("transmettez-le",)),
    "prefix for the root": Reported(
        UBL.replace(b"<Invoice ", b"<u:Invoice ", 1)
        .replace(b"</Invoice>", b"</u:Invoice>")
        .replace(b'xmlns="urn', b'xmlns:u="urn', 1)
    ),
    "other prefixes": Reported(UBL.replace(b"cbc:", b"x:").replace(b"xmlns:cbc", b"xmlns:x")),
    "no namespace": Reported(
        re.sub(rb' xmlns="[^"]*"', b"", UBL, count=1),
        "IRR_SYNTAX",
        ("ligne 2", "sans espace de noms", "« Invoice » de l'espace de noms « urn:oasis"),
    ),
    "namespace of another version": Reported(
        UBL.replace(b"BasicComponents-2", b"BasicComponents-1"),
        "IRR_SYNTAX",
        ("« urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-1 »", "xmlns"),
    ),
    "small letters": Reported(
        UBL.replace(b"<Invoice", b"<invoice").replace(b"</Invoice", b"</invoice"),
        "IRR_SYNTAX",
        ("« invoice »", "« CreditNote »"),
    ),
    "wrapped": Reported(b"<Invoices>" + BARE + b"</Invoices>", "IRR_SYNTAX", ("autour",)),
    "order": Reported(
        UBL.replace(b"Invoice-2", b"Order-2").replace(b"Invoice ", b"Order ", 1)
        .replace(b"</Invoice>", b"</Order>"),
        "IRR_SYNTAX",
        ("« Order »",),
    ),
    "xml:lang": Reported(
        UBL.replace(b"<cbc:ID>", b"<cbc:ID xml:lang='fr'>", 1), "IRR_SYNTAX", ("« xml:lang »",)
    ),
    "place of a schema": Reported(UBL.replace(b"<Invoice ", b"<Invoice xsi:schemaLocation='a b' ")),
    "xsi:type of nowhere": Reported(
        UBL.replace(b"<cbc:IssueDate>", b"<cbc:IssueDate xsi:type='xs:date'>"),
        "IRR_SYNTAX",
        ("« xs:date »", "« xsi:type »"),
    ),
    "blanks around a date": Reported(issued(b"\n  2026-09-15\n  ")),
    "blanks around an amount": Reported(UBL.replace(b">50.00<", b">\n50.00 <")),
    "zone of a date": Reported(issued(b"2026-09-15+02:00")),
    "date and hour": Reported(issued(b"2026-09-15T00:00:00"), "IRR_SYNTAX", ("AAAA-MM-JJ",)),
    "blanks within a date": Reported(issued(b"2026 -09-15"), "IRR_SYNTAX", ("AAAA-MM-JJ",)),
    "date that never was": Reported(issued(b"2026-02-30"), "IRR_SYNTAX", ("AAAA-MM-JJ",)),
    "thin blank in an amount": Reported(
        UBL.replace(b">50.00<", ">1\u202f050.00<".encode()), "IRR_SYNTAX", ("point décimal",)
    ),
    "element of an invoice in a credit note": Reported(
        AVOIR.replace(b"CreditNoteLine", b"InvoiceLine"), "IRR_SYNTAX", ("« CreditNoteLine »",)
    ),
    "capitals": Reported(UBL, name="FACTURE.XML"),
    "point behind": Reported(UBL, "IRR_TYPE", ("extension",), "facture.xml."),
    "gzip under xml": Reported(gzip.compress(UBL), "IRR_TYPE", ("gzip, un XML compressé",)),
    "xml.gz": Reported(gzip.compress(UBL), "IRR_TYPE", ("un XML compressé",), "f.xml.gz"),
    "zip under xml": Reported(b"PK\3\4" + UBL, "IRR_TYPE", ("c'est du zip",)),
    "PDF under xml": Reported(FACTURX, "IRR_TYPE", ("c'est du PDF",)),
    "CII without a code": Reported(CII, "IRR_CODE_INTER", ("CII seule", "Factur-X"), code=""),
    "CII as UBL": Reported(CII, "IRR_TYPE_F", ("CII", "FSO3117A")),
    "CII as Factur-X": Reported(CII, "IRR_TYPE_F", ("CII seule",), code="FSO3117A"),
    "CII called PDF": Reported(CII, "IRR_TYPE", ("CII seule",), "f.pdf", "FSO3117A"),
    "UBL as CDAR": Reported(UBL, "IRR_TYPE_F", ("un flux FSO3110A",), code="FSO3300A"),
    "UBL without a code": Reported(UBL, "IRR_CODE_INTER", ("« facture.xml »",), code=""),
}  # fmt: skip


def packed(*members: tuple[str, bytes, dict[str, object]], pax: str = "") -> bytes:
    output = io.BytesIO()
    headers = {"comment": pax} if pax else {}
    with tarfile.open(
        fileobj=output, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as archive:
        for name, content, others in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in others.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def beside(name: str, content: bytes = b"x") -> bytes:
    return enveloppe(("a.xml", UBL), (name, content))


FOLDER: dict[str, object] = {"type": tarfile.DIRTYPE}
RAW = tar([("a.xml", UBL)])
ARCHIVES: dict[str, Reported] = {
    "headers of git": Reported(packed(("a.xml", UBL, {}), pax="1a2b")),
    "accents": Reported(packed(("facture été.xml", UBL, {}))),
    "time to the nanosecond": Reported(packed(("a.xml", UBL, {"mtime": 1.5}))),
    "attributes of macOS": Reported(
        packed(("a.xml", UBL, {"pax_headers": {"SCHILY.xattr.com.apple.x": "1"}}))
    ),
    "long name": Reported(enveloppe(("f" * 200 + ".xml", UBL))),
    "name too long": Reported(
        enveloppe(("f" * 300 + ".xml", UBL)), "IRR_NOM_F", ("304 caractères", "à 256")
    ),
    "made within its folder": Reported(packed(("./", b"", FOLDER), ("./a.xml", UBL, {}))),
    "made of a folder": Reported(
        packed(("d", b"", FOLDER), ("d/a.xml", UBL, {})),
        "IRR_EXTRAC",
        (UBL_NAME, "« d » (dossier)", "depuis l'intérieur"),
    ),
    "file in a folder": Reported(enveloppe(("d/a.xml", UBL)), "IRR_NOM_F", ("dossier devant",)),
    "link": Reported(
        packed(("a.xml", UBL, {}), ("b.xml", b"", {"type": b"2", "linkname": "a.xml"})),
        "IRR_EXTRAC",
        ("« b.xml » (lien",),
    ),
    "AppleDouble": Reported(beside("._a.xml", b"\0\5\x16\7"), "IRR_TYPE_F", ("macOS",)),
    "Icon of macOS": Reported(beside("Icon\r", b"x"), "IRR_NOM_F IRR_TYPE_F", ("macOS",)),
    "__MACOSX": Reported(beside("__MACOSX/a.xml", UBL), "IRR_NOM_F", ("macOS",)),
    "thumbs.db": Reported(beside("thumbs.db"), "IRR_TYPE_F", ("Windows",)),
    "lock of an office": Reported(beside(".~lock.a.ods"), "IRR_TYPE_F", ("verrou",)),
    "text beside": Reported(beside("LISEZMOI.txt"), "IRR_TYPE_F", ("Retirez", "FSO3110A")),
    "zip inside": Reported(
        beside("b.zip", b"PK\3\4x"), "IRR_TYPE_F", ("c'est du zip", "directement")
    ),
    "archive inside": Reported(beside("b.tar.gz", ENVELOPPE), "IRR_TYPE_F", ("un tar compressé",)),
    "PDF beside": Reported(beside("b.pdf", FACTURX), "IRR_TYPE_F", ("un flux FSO3117A",)),
    "UBL under another name": Reported(beside("b.txt", UBL), "IRR_TYPE_F", ("l'extension .xml",)),
    "capitals": Reported(enveloppe(("A.XML", UBL)), name=UBL_NAME.replace("tar.gz", "TAR.GZ")),
    "one name twice": Reported(beside("./a.xml", UBL), "IRR_NOM_F", ("« a.xml »",)),
    "Latin-1 name": Reported(beside("\udce9.xml", UBL), "IRR_NOM_F", ("pas de l'UTF-8",)),
    "members of gzip": Reported(gzip.compress(RAW[:700]) + gzip.compress(RAW[700:])),
    "zeros behind": Reported(ENVELOPPE + bytes(512)),
    "line behind": Reported(ENVELOPPE + b"\n", "IRR_EXTRAC", ("octets étrangers",)),
    "no end": Reported(gzip.compress(RAW.rstrip(b"\0") + bytes(-len(RAW.rstrip(b"\0")) % 512))),
    "two tars": Reported(gzip.compress(RAW * 2), "IRR_EXTRAC", ("après sa fin",)),
    "truncated": Reported(ENVELOPPE[:300], "IRR_EXTRAC", ("est tronquée", "en entier")),
    "gzip of an XML": Reported(gzip.compress(UBL), "IRR_EXTRAC", ("XML compressé seul",)),
    "gzip twice": Reported(gzip.compress(ENVELOPPE), "IRR_EXTRAC", ("gzip compressé seul",)),
    "gzip of nothing": Reported(gzip.compress(b""), "IRR_EXTRAC", ("ne contient rien",)),
    "gzip of a text": Reported(gzip.compress(b"bonjour"), "IRR_EXTRAC", ("pas un tar",)),
    "no gzip": Reported(RAW, "IRR_TYPE", ("tar non compressé",)),
    "zip": Reported(b"PK\3\4", "IRR_TYPE", ("c'est du zip",)),
    "part of a zip": Reported(b"PK\7\x08", "IRR_TYPE", ("c'est du zip",)),
    "zstd": Reported(b"\x28\xb5\x2f\xfd", "IRR_TYPE", ("c'est du zstd",)),
    "bzip2": Reported(bz2.compress(RAW), "IRR_TYPE", ("c'est du bzip2",)),
    "xz": Reported(lzma.compress(RAW), "IRR_TYPE", ("c'est du xz",)),
    "tgz": Reported(ENVELOPPE, "IRR_TYPE", ("un tar compressé",), "F.tgz"),
    "zip by name": Reported(b"PK\3\4", "IRR_TYPE", ("c'est du zip",), "F.ZIP"),
    "copy of a browser": Reported(
        ENVELOPPE, "IRR_FORM", ("(1)",), UBL_NAME.replace(".tar", " (1).tar")
    ),
    "CII": Reported(enveloppe(("a.xml", CII)), "IRR_TYPE_F", ("CII seule",)),
    "CII where PDFs go": Reported(
        enveloppe(("a.xml", CII)), "IRR_TYPE_F", ("CII seule",), FACTURX_NAME, "FSO3117A"
    ),
}


def attached(text: str = "eA==", attributes: str = 'filename="a.pdf"', mime: str = "") -> bytes:
    facture = samples.facture_ubl(pieces={"a.pdf": b"x"})
    attributes = f'mimeCode="{mime or "application/pdf"}" {attributes}'
    return re.sub(
        rb"(<cbc:EmbeddedDocumentBinaryObject)[^>]*>[^<]*",
        lambda found: found[1] + f" {attributes}>{text}".encode(),
        facture,
    )


def signed(value: bytes, place: bytes, facture: bytes = UBL) -> bytes:
    """An invoice with a signature in its extensions, one of its values being this one."""
    signature = (
        b'<ext:UBLExtensions xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:'
        b'CommonExtensionComponents-2"><ext:UBLExtension><ext:ExtensionContent>'
        b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        b'<ds:CanonicalizationMethod Algorithm="urn:a"/><ds:SignatureMethod Algorithm="urn:b"/>'
        b'<ds:Reference URI=""><ds:DigestMethod Algorithm="urn:c"/><ds:DigestValue>eHh4'
        b"</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>eHh4"
        b"</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>eHh4"
        b"</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
        b"</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    )
    changed = signature.replace(b"<ds:%s>eHh4" % place, b"<ds:%s>%s" % (place, value))
    return facture.replace(b"<cbc:UBLVersionID>", changed + b"<cbc:UBLVersionID>", 1)


PIECES: dict[str, Reported] = {
    "accents": Reported(attached(attributes='filename="pièce été.pdf"')),
    "accents apart": Reported(attached(attributes='filename="pie\u0300ce.pdf"')),
    "percent-encoded": Reported(
        attached(attributes='filename="pi%C3%A8ce.pdf"'), "IRR_NOM_PJ", ("(%)", "Retirez")
    ),
    "path of Windows": Reported(
        attached(attributes='filename="C:\\a.pdf"'), "IRR_NOM_PJ", ("(: \\)",)
    ),
    "path": Reported(attached(attributes='filename="/tmp/a.pdf"'), "IRR_NOM_PJ", ("dossier",)),
    "ampersand": Reported(attached(attributes='filename="R&amp;D.pdf"'), "IRR_NOM_PJ", ("(&)",)),
    "line end within": Reported(
        attached(attributes='filename="a&#10;b.pdf"'), "IRR_NOM_PJ", ("invisible",)
    ),
    "no extension": Reported(
        attached(attributes='filename="annexe"'), "IRR_EXT_DOC", ("pas d'extension",)
    ),
    "blank behind": Reported(
        attached(attributes='filename="a.pdf "'), "IRR_EXT_DOC", ("finit par un point ou un blanc",)
    ),
    "capitals": Reported(attached(attributes='filename="ANNEXE.PDF"')),
    "two extensions": Reported(
        attached(attributes='filename="a.pdf.exe"'), "IRR_EXT_DOC", ("« exe »",)
    ),
    "empty name": Reported(attached(attributes='filename=""')),
    "type in capitals, blanks around": Reported(attached(attributes="", mime=" APPLICATION/PDF ")),
    "type with a parameter": Reported(attached(attributes="", mime="text/csv; charset=utf-8")),
    "type of anything": Reported(
        attached(attributes="", mime="application/octet-stream"),
        "IRR_EXT_DOC",
        ("sans nom", "« application/octet-stream »", "un nom avec son extension"),
    ),
    "type of anything, in an invoice that breaks its schema": Reported(
        attached(attributes="", mime="application/octet-stream").replace(b":IssueDate", b":Issue"),
        "IRR_SYNTAX",
        ("« IssueDate »",),
    ),
    "type of anything, where a name is required": Reported(
        facturx(
            samples.facture_cii(pieces={"a.pdf": b"x"})
            .replace(b' filename="a.pdf"', b"")
            .replace(b"application/pdf", b"application/octet-stream")
        ),
        "IRR_SYNTAX",
        ("il manque l'attribut « filename »",),
        "f.pdf",
        "FSO3117A",
    ),
    "neither name nor type": Reported(
        attached(attributes="").replace(b' mimeCode="application/pdf"', b""),
        "IRR_SYNTAX",
        ("« mimeCode »", "BT-125"),
    ),
    "odd type, good name": Reported(attached(mime="application/octet-stream")),
    "external alone": Reported(
        re.sub(
            rb"<cbc:EmbeddedDocumentBinaryObject.*?</cbc:EmbeddedDocumentBinaryObject>",
            b"<cac:ExternalReference><cbc:URI>https://x.fr/a.pdf</cbc:URI></cac:ExternalReference>",
            attached(),
        )
    ),
    "empty": Reported(attached(""), "IRR_VID_PJ", ("est vide",)),
    "closed at once": Reported(
        attached("").replace(b"></cbc:EmbeddedDocumentBinaryObject>", b"/>"), "IRR_VID_PJ"
    ),
    "element within": Reported(attached("<b>eHh4</b>"), "IRR_SYNTAX", ("seule une valeur",)),
    "CDATA": Reported(attached("<![CDATA[eHh4]]>")),
    "comment within": Reported(attached("eH<!-- c -->h4")),
    "plus by reference": Reported(attached("eH&#x2B;4")),
    "plus percent-encoded": Reported(attached("eH%2B4"), "IRR_SYNTAX", ("« % »",)),
    "PEM": Reported(
        attached("-----BEGIN X-----\neHh4\n-----END X-----"), "IRR_SYNTAX", ("PEM", "retirer")
    ),
    "object of JavaScript": Reported(attached("[object Object]"), "IRR_SYNTAX", ("modèle",)),
    "one letter": Reported(attached("e"), "IRR_SYNTAX", ("1 caractère,",)),
    "two texts in one": Reported(attached("eA==eA=="), "IRR_SYNTAX", ("« = »",)),
    "mark within": Reported(attached("\ufeffeHh4"), "IRR_SYNTAX", ("U+FEFF",)),
    "signature": Reported(signed(b"eHh4", b"SignatureValue")),
    "lines of a signature": Reported(signed(b"\neHh4\n", b"SignatureValue")),
    **{
        f"{place.decode()} that is none": Reported(
            signed(b"eHh-", place, facture),
            "IRR_SYNTAX",
            (f"/{place.decode()} : le contenu n'est pas du base64", "le contenu en base64"),
        )
        for place in (b"DigestValue", b"SignatureValue", b"X509Certificate")
        for facture in (UBL, AVOIR)
    },
}


def placed(where: str) -> bytes:
    """A PDF that carries its invoice where few programs put it."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    pdf.add_attachment("factur-x.xml", CII)
    names = pdf.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]
    specification = names[1]
    del pdf.root_object[NameObject("/Names")]
    if where == "kids":
        leaf: DictionaryObject = DictionaryObject({NameObject("/Names"): names})
        for _ in range(3):
            kids = ArrayObject([pdf._add_object(leaf)])
            leaf = DictionaryObject({NameObject("/Kids"): kids})
        pdf.root_object[NameObject("/Names")] = DictionaryObject(
            {NameObject("/EmbeddedFiles"): leaf}
        )
    elif where == "AF":
        pdf.root_object[NameObject("/AF")] = ArrayObject([specification])
    elif where == "page":
        pdf.pages[0][NameObject("/AF")] = ArrayObject([specification])
    elif where == "collection":
        pdf.root_object[NameObject("/AF")] = ArrayObject([specification])
        pdf.root_object[NameObject("/Collection")] = DictionaryObject(
            {NameObject("/View"): NameObject("/D"), NameObject("/D"): TextStringObject("a")}
        )
    return written(pdf)


def stored(raw: bytes, *filters: str) -> bytes:
    return pdf_with(("factur-x.xml", raw, list(filters)))


ASCII85 = base64.a85encode(CII) + b"~>"
PDF: dict[str, Reported] = {
    name: reported._replace(name="f.pdf", code="FSO3117A")
    for name, reported in {
        "branches of a name tree": Reported(placed("kids")),
        "associated alone": Reported(placed("AF")),
        "portfolio": Reported(placed("collection")),
        "at a page": Reported(placed("page"), "IRR_SYNTAX", ("aucun fichier joint",)),
        "hexadecimal": Reported(stored(CII.hex().encode() + b">", "/ASCIIHexDecode")),
        "ASCII85": Reported(stored(ASCII85, "/ASCII85Decode")),
        "two filters": Reported(
            stored(
                base64.a85encode(zlib.compress(CII)) + b"~>", "/ASCII85Decode", "/FlateDecode"
            )
        ),
        "no sum at the end": Reported(stored(zlib.compress(CII)[:-4], "/FlateDecode")),
        "line end behind": Reported(stored(zlib.compress(CII) + b"\r\n", "/FlateDecode")),
        "cut": Reported(
            stored(zlib.compress(CII)[:1500], "/FlateDecode"), "IRR_SYNTAX", ("tronqué",)
        ),
        "not what its filter says": Reported(
            stored(CII, "/FlateDecode"), "IRR_SYNTAX", ("décompressé, « factur-x.xml »",)
        ),
        "attached file not what its filter says": Reported(
            pdf_with(("factur-x.xml", CII, []), ("a.pdf", b"zut", ["/FlateDecode"])),
            "IRR_SYNTAX",
            ("décompressé, « a.pdf »",),
        ),
        "attached file of nothing": Reported(
            pdf_with(("factur-x.xml", CII, []), ("a.pdf", zlib.compress(b""), ["/FlateDecode"])),
            "IRR_VID_PJ",
            ("« a.pdf »",),
        ),
        "empty": Reported(stored(b""), "IRR_SYNTAX", ("le document est vide",)),
        "compressed before": Reported(
            stored(gzip.compress(CII)), "IRR_SYNTAX", ("c'est du gzip, un XML compressé",)
        ),
        "PDF in a PDF": Reported(stored(FACTURX), "IRR_SYNTAX", ("c'est du PDF", "lui-même")),
        "nothing said of encryption": Reported(
            facturx(CII).replace(b"trailer\n<<", b"trailer\n<< /Encrypt null ")
        ),
        "another format beside": Reported(
            pdf_with(("factur-x.xml", CII, []), ("zugferd-invoice.xml", CII, []))
        ),
        "order": Reported(pdf_with(("order-x.xml", CII, [])), "IRR_SYNTAX", ("Order-X",)),
        "letters converted": Reported(
            FACTURX.decode("latin-1").encode(), "IRR_SYNTAX", ("décompressé",)
        ),
        "3 kB of a mail behind": Reported(
            FACTURX + b"-- \nAvis" * 400, "IRR_SYNTAX", ("suivi d'octets étrangers",)
        ),
        "nothing of a PDF": Reported(
            b"%PDF-1.7\nzut\n%%EOF", "IRR_SYNTAX", ("structure étant endommagée",)
        ),
        "no profile": Reported(
            facturx(re.sub(rb"(?s)<ram:Guideline.*ContextParameter>", b"", CII)),
            "IRR_SYNTAX",
            ("ne déclare aucun profil (BT-24)",),
        ),
        "profile of Germany": Reported(
            facturx(
                CII.replace(
                    b">urn:cen.eu:en16931:2017<",
                    b">urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0<",
                )
            ),
            "IRR_SYNTAX",
            ("ligne 8", "kosit:xrechnung_3.0 », qui n'est pas admis"),
        ),
        "two profiles": Reported(
            facturx(re.sub(rb"(?s)<ram:Guideline.*ContextParameter>", rb"\g<0>\g<0>", CII)),
            "IRR_SYNTAX",
            ("2 profils (BT-24)", "au lieu d'un seul"),
        ),
        "other prefixes": Reported(
            facturx(CII.replace(b"rsm:", b"a:").replace(b"xmlns:rsm", b"xmlns:a"))
        ),
        "no prefix": Reported(
            facturx(
                CII.replace(b"<rsm:", b"<").replace(b"</rsm:", b"</").replace(b"s:rsm", b"s")
            )
        ),
        "PDF inside a text": Reported(base64.b64encode(FACTURX), "IRR_TYPE", ("pas du PDF",)),
        "FDF": Reported(b"%FDF-1.2\n%%EOF", "IRR_TYPE", ("pas du PDF",)),
    }.items()
}  # fmt: skip

RAPPORT = samples.e_reporting()
RIGHT = samples.nom_e_reporting()


def transmitted(identifier: str) -> Reported:
    return Reported(
        samples.e_reporting(identifier), "IRR_NOM_F", (), samples.nom_e_reporting(identifier)
    )


REPORTS: dict[str, Reported] = {
    name: reported._replace(code="FSO6000A")
    for name, reported in {
        "capitals": Reported(RAPPORT, name=RIGHT.replace(".xml", ".XML")),
        "SIRET": Reported(RAPPORT, "IRR_NOM_F", ("SIREN",), RIGHT.replace("8_", "800012_", 1)),
        "French date": Reported(
            RAPPORT, "IRR_NOM_F", ("« 01092026 »",), RIGHT.replace("20260901", "01092026")
        ),
        "no part": Reported(RAPPORT, "IRR_NOM_F", ("1 partie entre", "de 4"), "rapport.xml"),
        "accent": transmitted("numéro")._replace(said=("« é »",)),
        "51 letters": transmitted("a" * 51)._replace(said=("51 caractères",)),
        "two blanks": transmitted("a  b")._replace(said=("double",)),
        "nothing": transmitted("")._replace(said=("est vide",)),
        "another period": Reported(
            RAPPORT,
            "IRR_NOM_F",
            ("la période est 20260901 à 20260930", f"Nommez le fichier {RIGHT}, ou corrigez"),
            RIGHT.replace("20260930", "20260929"),
        ),
        "empty identifier": Reported(
            re.sub(rb"<Id>[^<]*</Id>", b"<Id/>", RAPPORT, count=1),
            "IRR_NOM_F",
            ("TT-1", "Nommez le fichier comme"),
            RIGHT,
        ),
        "a namespace": Reported(
            RAPPORT.replace(b"<Report>", b"<Report xmlns='urn:x'>"),
            "IRR_SYNTAX",
            ("« Report » sans xmlns",),
            RIGHT,
        ),
    }.items()
}
NAMED: dict[str, Reported] = {
    wrong: Reported(ENVELOPPE, "IRR_FORM", (said,), wrong)
    for wrong, said in {
        "archive.tar.gz": "1 partie entre",
        UBL_NAME.lower(): "« fso3110a » n'est pas un code interface",
        UBL_NAME.replace("_AAA123_", "_AAA12_"): "« AAA12 » n'est pas un code application",
        UBL_NAME.replace("00001.", "0001."): "24 caractères au lieu de 25",
        UBL_NAME.replace("_AAA1233", "_BBB1233"): "par le code application « AAA123 »",
        UBL_NAME.replace("001.", "00-."): "autre chose que des chiffres",
    }.items()
}
CODES: dict[str, Reported] = {
    "small letters": Reported(UBL, "IRR_CODE_INTER", ("Indiquez FSO3110A",), code="fso3110a"),
    "another channel's": Reported(UBL, "IRR_CODE_INTER", ("Indiquez FSO3110A",), code="CSI3110A"),
    "none of a CDAR": Reported(
        samples.statut_cdar(), "IRR_CODE_INTER", ("Indiquez FSO3300A",), code=""
    ),
    "none of what nobody knows": Reported(
        b"<a/>", "IRR_CODE_INTER", ("correspond au contenu",), code=""
    ),
}

ALL = {
    **{f"XML, {name}": each for name, each in XML.items()},
    **{
        f"archive, {name}": each._replace(name=UBL_NAME) if each.name == "facture.xml" else each
        for name, each in ARCHIVES.items()
    },
    **{f"attachment, {name}": each for name, each in PIECES.items()},
    **{f"PDF, {name}": each for name, each in PDF.items()},
    **{f"e-reporting, {name}": each for name, each in REPORTS.items()},
    **{f"name, {name}": each for name, each in NAMED.items()},
    **{f"code, {name}": each for name, each in CODES.items()},
}


@pytest.mark.parametrize("name", ALL)
def test_what_people_report_has_its_verdict_its_reason_and_its_remedy(
    name: str, controle: Controle
) -> None:
    content, motifs, said, flux, code = ALL[name]
    verdict = controle(content, flux, code)
    assert sorted(set(codes(verdict))) == motifs.split()
    told = " ".join(f"{motif.message} {motif.remede}" for motif in verdict.motifs)
    for part in said:
        assert part in told


def test_a_library_is_quoted_beside_what_is_told(controle: Controle) -> None:
    for each, words in (
        (ALL["archive, truncated"], "EOFError"),
        (ALL["PDF, nothing of a PDF"], "PdfReadError"),
    ):
        [motif] = controle(each.content, each.name, each.code).motifs
        assert motif.original.startswith(words)
        assert words not in motif.message


LINE = UBL[UBL.index(b"<cac:InvoiceLine>") : UBL.index(b"</cac:InvoiceLine>")]
LINE += b"</cac:InvoiceLine>\n"
FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "unexpected": lambda line: line.replace(b"cbc:ID>", b"cbc:Id>", 2),
    "value": lambda line: line.replace(b">50.00<", b">\n>x\n<", 1),
    "no attribute": lambda line: line.replace(b' currencyID="EUR"', b"", 1),
    "attribute": lambda line: line.replace(b"<cac:Price>", b"<!-- > --><cac:Price a='>'>\n"),
    "text": lambda line: line.replace(b"<cac:Item>", b"<cac:Item>zut"),
    "missing": lambda line: re.sub(rb"(?s)<cac:Price>.*</cac:Price>", b"<cac:Price/>", line),
}


@pytest.mark.parametrize("block", [37, 1 << 16])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_document_too_big_for_a_tree_is_told_where_it_is(
    name: str, block: int, controle: Controle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml, "IN_MEMORY", 1_000)
    start, end = UBL.index(b"<cac:InvoiceLine>"), UBL.rindex(b"</Invoice>")
    content = UBL[:start] + LINE * 30 + FAULTS[name](LINE) + LINE + UBL[end:]
    [held] = controle(content).motifs
    monkeypatch.setattr(xml, "_TREE", 100)
    monkeypatch.setattr(streaming, "BLOCK", block)
    [passing] = controle(content).motifs
    assert passing == held
    assert (passing.ligne or 0) > 600
    assert passing.lieu.startswith("Invoice/InvoiceLine[31]/")
