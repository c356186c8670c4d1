"""Hostile input ends in a motif, quickly, in bounded memory, and writes nothing by name."""

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from depot_flux_simulator import samples
from depot_flux_simulator.controls import xml
from depot_flux_simulator.motifs import Code
from tests.controls.outils import (
    CODE_APPLICATION,
    NOM_FACTURX,
    NOM_UBL,
    Controle,
    codes,
    enveloppe,
    facturx,
    tar,
)

MEMOIRE = 300  # Mo
DUREE = 20  # s
UBL = samples.facture_ubl()
RACINE = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'

# What a process of its own runs, so that its memory is its own.
_SEUL = """
import json, sys
from pathlib import Path
from depot_flux_simulator.controls import Contexte, Depot, controler
verdict = controler(Depot(Path(sys.argv[1]), *sys.argv[2:]), Contexte(deja_recu=lambda _: False))
# Not ru_maxrss, which begins with what the parent had.
[ligne] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
memoire = int(ligne.split()[1]) * 1024 / 1e6
print(json.dumps([[str(m.code) for m in verdict.motifs], memoire]))
"""


def seul(chemin: Path, nom: str, code: str, memoire_max: int = MEMOIRE) -> list[str]:
    """Put a file through the controls in a process of its own; check memory and time."""
    debut = time.monotonic()
    sortie = subprocess.run(
        [sys.executable, "-c", _SEUL, str(chemin), nom, code, CODE_APPLICATION],
        capture_output=True,
        check=True,
        timeout=3 * DUREE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (DUREE, DUREE)),
    )
    motifs, memoire = json.loads(sortie.stdout)
    assert memoire < memoire_max
    assert time.monotonic() - debut < 2 * DUREE
    return list(motifs)


def entete(nom: str, taille: int, genre: bytes = tarfile.REGTYPE) -> bytes:
    entree = tarfile.TarInfo(nom)
    entree.size = taille
    entree.type = genre
    return entree.tobuf(tarfile.GNU_FORMAT)


def bombe_gzip() -> bytes:
    """10 Go of zeros in 10 Mo: the same compressed 100 Mo, a hundred times."""
    return gzip.compress(entete("a.xml", 10**10)) + gzip.compress(bytes(10**8), 9) * 100


def entete_etendu() -> bytes:
    """An extended header that says it takes half a gigabyte."""
    corps = gzip.compress(bytes(10**8), 1) * 5
    return gzip.compress(entete("x", 5 * 10**8, tarfile.XHDTYPE)) + corps


def cent_mille_entrees() -> bytes:
    sortie = io.BytesIO()
    with gzip.GzipFile(fileobj=sortie, mode="wb", compresslevel=1) as flux:
        bloc = b"".join(entete(f"{rang}.xml", 0) for rang in range(1000))
        for _ in range(100):
            flux.write(bloc)
    return sortie.getvalue()


def piece_enorme() -> bytes:
    """A file just under 100 Mo whose attachment decodes to 73 Mo."""
    base = samples.facture_ubl(pieces={"a.pdf": b"ABC"})
    return enveloppe(("a.xml", base.replace(b">QUJD<", b">" + b"QUJD" * 24_500_000 + b"<")))


def pdf_avec(*joints: tuple[str, bytes, list[str]]) -> bytes:
    """A PDF that carries raw streams, with the filters they claim."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    noms = ArrayObject()
    for nom, brut, filtres in joints:
        flux = StreamObject()
        flux._data = brut
        flux[NameObject("/Filter")] = ArrayObject([NameObject(filtre) for filtre in filtres])
        fichier = DictionaryObject(
            {
                NameObject("/F"): TextStringObject(nom),
                NameObject("/EF"): DictionaryObject({NameObject("/F"): pdf._add_object(flux)}),
            }
        )
        noms += [TextStringObject(nom), fichier]
    arbre = DictionaryObject({NameObject("/Names"): noms})
    pdf.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): arbre})
    return _ecrit(pdf)


def _ecrit(pdf: PdfWriter) -> bytes:
    sortie = io.BytesIO()
    pdf.write(sortie)
    return sortie.getvalue()


def pdf_bombe(nombre: int, taille: int) -> bytes:
    zeros = zlib.compress(bytes(taille), 9)
    return pdf_avec(*((f"{rang}.pdf", zeros, ["/FlateDecode"]) for rang in range(nombre)))


LOURDS: dict[str, tuple[Callable[[], bytes], str, str, set[str]]] = {
    "gzip bomb": (bombe_gzip, NOM_UBL, "FSO3110A", {Code.IRR_TAILLE_F, Code.IRR_EXTRAC}),
    "bomb in an extended header": (entete_etendu, NOM_UBL, "FSO3110A", {Code.IRR_EXTRAC}),
    "100 000 entries": (
        cent_mille_entrees,
        NOM_UBL,
        "FSO3110A",
        # The same thousand names, too.
        {Code.IRR_EXTRAC, Code.IRR_VIDE_F, Code.IRR_NOM_F},
    ),
    "attachment of 73 Mo": (piece_enorme, NOM_UBL, "FSO3110A", {Code.IRR_TAILLE_PJ}),
    "3 million elements": (
        lambda: RACINE + b"<a/>" * 3_100_000 + b"</Invoice>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "a million attributes": (
        lambda: b"<a " + b" ".join(b'a%d="x"' % rang for rang in range(10**6)) + b"/>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "2 million names": (
        lambda: RACINE + b"".join(b"<a%d/>" % r for r in range(2 * 10**6)) + b"</Invoice>",
        "f.xml",
        "FSO3110A",
        {Code.IRR_SYNTAX},
    ),
    "PDF bomb": (lambda: pdf_bombe(1, 200_000_000), "f.pdf", "FSO3117A", {Code.IRR_SYNTAX}),
    "PDF of 100 bombs": (
        lambda: pdf_bombe(100, 49_000_000),
        "f.pdf",
        "FSO3117A",
        {Code.IRR_TAILLE_PJ},
    ),
    "PDF bomb in a bomb": (
        lambda: pdf_avec(
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
    "PDF of a million objects": (
        lambda: b"%PDF-1.7\n" + b"1 0 obj<<>>endobj\n" * 10**6 + b"startxref\n0\n%%EOF",
        "f.pdf",
        "FSO3117A",
        {Code.IRR_SYNTAX},
    ),
}


@pytest.mark.parametrize("nom", LOURDS)
def test_what_is_built_to_exhaust_ends_in_a_motif(nom: str, tmp_path: Path) -> None:
    fabrique, nom_flux, code, attendus = LOURDS[nom]
    chemin = tmp_path / "flux"
    chemin.write_bytes(fabrique())
    assert set(seul(chemin, nom_flux, code)) == attendus


def test_30_mo_with_one_attachment_stay_under_150_mo(tmp_path: Path) -> None:
    facture = samples.facture_ubl(pieces={"a.pdf": os.urandom(22_000_000)})
    chemin = tmp_path / "flux"
    chemin.write_bytes(facture)
    assert seul(chemin, "f.xml", "FSO3110A", memoire_max=150) == [Code.IRR_TAILLE_PJ]


@pytest.mark.parametrize(
    "genre",
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
def test_what_is_no_plain_file_is_refused(genre: bytes, controle: Controle) -> None:
    contenu = gzip.compress(tar([("a.xml", b"")], genre))
    assert codes(controle(contenu, NOM_UBL)) == [Code.IRR_EXTRAC]


@pytest.mark.parametrize("nom", ["/tmp/a.xml", "../a.xml", "d/../../a.xml", "d/a.xml", "..\\a.xml"])
def test_paths_are_refused_and_nothing_is_written(
    nom: str, controle: Controle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = tmp_path / "ici"
    dossier.mkdir()
    monkeypatch.chdir(dossier)
    assert codes(controle(enveloppe((nom, UBL)), NOM_UBL)) == [Code.IRR_NOM_F]
    assert list(tmp_path.rglob("*")) == [dossier]


def test_an_archive_in_an_archive_is_no_file(controle: Controle) -> None:
    dedans = enveloppe(("a.xml", UBL))
    assert codes(controle(enveloppe((NOM_UBL, dedans)), NOM_UBL)) == [Code.IRR_TYPE_F]
    assert codes(controle(enveloppe(("a.xml", dedans)), NOM_UBL)) == [Code.IRR_TYPE_F]


def test_nothing_hides_behind_the_end_of_an_archive(controle: Controle) -> None:
    cache = gzip.compress(tar([("a.xml", UBL)]) + b"cache")
    assert codes(controle(cache, NOM_UBL)) == [Code.IRR_EXTRAC]
    suite = enveloppe(("a.xml", UBL)) + b"cache"
    assert codes(controle(suite, NOM_UBL)) == [Code.IRR_EXTRAC]
    deux = gzip.compress(tar([("a.xml", UBL)]) + tar([("b.xml", UBL)]))
    assert codes(controle(deux, NOM_UBL)) == [Code.IRR_EXTRAC]


@pytest.mark.parametrize("ou", [0, 1])
def test_a_header_damaged_in_the_middle_hides_no_file(ou: int, controle: Controle) -> None:
    brut = bytearray(tar([("a.xml", UBL), ("b.xml", UBL)]))
    second = brut.index(b"b.xml")
    brut[second + ou] ^= 0xFF
    assert codes(controle(gzip.compress(bytes(brut)), NOM_UBL)) == [Code.IRR_EXTRAC]


def test_a_damaged_header_at_the_end_hides_no_empty_file(controle: Controle) -> None:
    brut = bytearray(tar([("a.xml", UBL), ("b.xml", b"")]))
    brut[brut.index(b"b.xml")] ^= 0xFF
    assert codes(controle(gzip.compress(bytes(brut)), NOM_UBL)) == [Code.IRR_EXTRAC]


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
    "100 000 levels": RACINE + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Invoice>",
    "100 000 levels, unclosed": b"<a>" * 100_000,
    "utf-16": UBL.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-16 undeclared": UBL.decode().encode("utf-16-le"),
    "utf-32": UBL.decode().encode("utf-32"),
    "latin-1": UBL.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "latin-1 undeclared": UBL.decode().encode("latin-1"),
    "utf-7": UBL.replace(b"UTF-8", b"UTF-7", 1),
    "nul": UBL.replace(b"F20260001", b"F\x0020260001"),
    "nul first": b"<\0" + UBL,
    "other namespace": UBL.replace(b":Invoice-2", b":Invoice-3"),
    "comment of a megabyte, then nothing known": b"<!--" + b"x" * 3_000_000 + b"--><a/>",
    "schema of its own": UBL.replace(
        b"<Invoice",
        b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" zut="1"',
        1,
    ),
}


@pytest.mark.parametrize("nom", XML)
def test_hostile_xml_breaks_irr_syntax(nom: str, controle: Controle) -> None:
    debut = time.monotonic()
    assert set(codes(controle(XML[nom]))) == {Code.IRR_SYNTAX}
    assert time.monotonic() - debut < 5


@pytest.mark.parametrize("nom", XML)
def test_the_same_xml_is_refused_when_it_is_big(nom: str, controle: Controle) -> None:
    # Above a megabyte documents are read in another way.
    fin = "\n".encode("utf-32-le" if nom == "utf-32" else "utf-16-le" if "16" in nom else "utf-8")
    assert set(codes(controle(XML[nom] + fin * 1_200_000))) == {Code.IRR_SYNTAX}


def test_a_document_too_big_for_a_tree_is_validated_all_the_same(
    controle: Controle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml, "_ARBRE", 1_000)
    debut, fin = UBL.index(b"<cac:InvoiceLine>"), UBL.rindex(b"</Invoice>")
    ligne = UBL[debut : UBL.index(b"</cac:InvoiceLine>")] + b"</cac:InvoiceLine>"
    lignes = ligne * 2_500
    assert codes(controle(UBL[:debut] + lignes + UBL[fin:])) == []
    fausse = ligne.replace(b"cbc:ID", b"cbc:Id", 1).replace(b"</cbc:ID", b"</cbc:Id", 1)
    for faute in (fausse, ligne.replace(b">50.00<", b">x<"), ligne[:-1]):
        verdict = controle(UBL[:debut] + lignes + faute + UBL[fin:])
        assert codes(verdict) == [Code.IRR_SYNTAX]


def test_the_same_xml_in_a_pdf_breaks_irr_syntax(controle: Controle) -> None:
    for hostile in (XML["bomb"], XML["utf-16"], XML["100 000 levels"], b"", b"\0", UBL):
        assert codes(controle(facturx(hostile), "f.pdf", "FSO3117A")) == [Code.IRR_SYNTAX]


def test_a_byte_order_mark_is_still_utf_8(controle: Controle) -> None:
    assert codes(controle(b"\xef\xbb\xbf" + UBL)) == []


def chiffre() -> bytes:
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(samples.facture_facturx())))
    pdf.encrypt("", "secret", algorithm="RC4-128")
    return _ecrit(pdf)


def cyclique() -> bytes:
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    noeud = DictionaryObject()
    lien = pdf._add_object(noeud)
    noeud[NameObject("/Kids")] = ArrayObject([lien, lien, lien])
    pdf.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): lien})
    return _ecrit(pdf)


FACTURX = samples.facture_facturx()
CII = samples.facture_cii()
PDF: dict[str, Callable[[], bytes]] = {
    "truncated": lambda: FACTURX[: len(FACTURX) // 2],
    "truncated, with an end": lambda: FACTURX[: len(FACTURX) // 2] + b"\n%%EOF\n",
    "encrypted": chiffre,
    "cyclic": cyclique,
    "cyclic trailer": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R"
        b"/Prev 9>>\nstartxref\n9\n%%EOF"
    ),
    "no invoice": lambda: pdf_avec(("a.pdf", b"x", [])),
    "twenty invoices": lambda: pdf_avec(*[("factur-x.xml", CII, [])] * 20),
    "deep array": lambda: b"%PDF-1.7\n1 0 obj" + b"[" * 100_000 + b"endobj\nstartxref\n9\n%%EOF",
    "random": lambda: b"%PDF-1.7\n" + os.urandom(100_000) + b"\n%%EOF",
    "unknown filter": lambda: pdf_avec(("factur-x.xml", CII, ["/Zut"])),
}


@pytest.mark.parametrize("nom", PDF)
def test_hostile_pdf_breaks_irr_syntax(nom: str, controle: Controle) -> None:
    debut = time.monotonic()
    assert codes(controle(PDF[nom](), "f.pdf", "FSO3117A")) == [Code.IRR_SYNTAX]
    assert time.monotonic() - debut < 5


def test_twenty_xml_attachments_hold_one_invoice(controle: Controle) -> None:
    joints: list[tuple[str, bytes, list[str]]] = [
        ("factur-x.xml" if rang == 7 else f"{rang}.xml", CII, []) for rang in range(20)
    ]
    assert codes(controle(pdf_avec(*joints), "f.pdf", "FSO3117A")) == []


NOMS = [
    "%$!&\\:;«»#@.xml",
    "n" * 300 + ".xml",
    "\udcff\udcfe.xml",
    "facture\u202elmx.xml",
    "a\nb.xml",
    " .xml ",
    "",
    ".",
]


@pytest.mark.parametrize("nom", NOMS)
def test_hostile_names_are_refused_and_can_be_shown(nom: str, controle: Controle) -> None:
    for verdict in (controle(UBL, nom), controle(enveloppe((nom, UBL)), NOM_UBL)):
        assert not verdict.recevable
        for motif in verdict.motifs:
            # Storable, printable, short: a surrogate would raise here.
            assert json.dumps([motif.message, motif.fichier]).isprintable()
            assert len(motif.message.encode()) < 2000
            assert "\n" not in motif.message
            assert "\u202e" not in motif.message


def test_archives_of_pdf_are_admitted(controle: Controle) -> None:
    contenu = enveloppe(("a.pdf", FACTURX), ("b.pdf", FACTURX))
    assert codes(controle(contenu, NOM_FACTURX, "FSO3117A")) == []
