"""Verdicts people can act on: all motifs, the file at fault, the level that comes first."""

import hashlib
import os
from pathlib import Path

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.schemas import Schemas, SchemasUnreadableError
from depot_flux_simulator.flux.motifs import Code, Niveau
from tests.support.controls import E_REPORTING_NAME, UBL_NAME, Controle, codes, enveloppe, never

UBL = samples.facture_ubl()
_NEIGHBOUR = Path(__file__).parents[3] / "shared" / "schemas"
FOLDER = Path(os.environ.get("DEPOT_FLUX_SCHEMAS", _NEIGHBOUR))

with_schemas = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no folder of schemas: set DEPOT_FLUX_SCHEMAS"
)


@pytest.fixture(scope="module")
def official() -> Context:
    return Context(already_received=never, schemas=Schemas.read(FOLDER))


def test_one_bad_file_among_500_is_named(controle: Controle) -> None:
    bad = UBL.replace(b"cbc:IssueDate", b"cbc:Issue")
    fichiers = [(f"f{rank:03}.xml", bad if rank == 321 else UBL) for rank in range(500)]
    verdict = controle(enveloppe(*fichiers), UBL_NAME)
    assert len(verdict.fichiers) == 500
    [motif] = verdict.motifs
    assert (motif.code, motif.fichier, motif.ligne) == (Code.IRR_SYNTAX, "f321.xml", 7)
    assert "IssueDate" in motif.message
    assert "Invoice" in motif.regle


def test_all_motifs_are_reported(controle: Controle) -> None:
    content = enveloppe(("a.xml", b""), ("b#.xml", UBL), ("c.exe", b"MZ"))
    verdict = controle(content, UBL_NAME.replace("AAA123_", "BBB456_"), "FSO9999A")
    assert codes(verdict) == [
        Code.IRR_FORM,
        Code.IRR_CODE_INTER,
        Code.IRR_VIDE_F,
        Code.IRR_NOM_F,
        Code.IRR_TYPE_F,
    ]


def test_applicative_motifs_wait_for_the_technical_ones(controle: Controle) -> None:
    broken = UBL[:-30]
    assert codes(controle(enveloppe(("a.xml", broken)), UBL_NAME)) == [Code.IRR_SYNTAX]
    verdict = controle(enveloppe(("a.xml", broken), ("b.xml", b"")), UBL_NAME)
    assert codes(verdict) == [Code.IRR_VIDE_F]


def test_more_than_500_files_is_a_remark(controle: Controle) -> None:
    fichiers = [(f"{rank}.xml", UBL) for rank in range(501)]
    verdict = controle(enveloppe(*fichiers), UBL_NAME)
    assert verdict.recevable
    assert any("501 fichiers" in remarque for remarque in verdict.remarques)
    assert not controle(enveloppe(*fichiers[:500]), UBL_NAME).remarques


def test_a_motif_of_an_attachment_names_file_and_attachment(controle: Controle) -> None:
    verdict = controle(samples.facture_ubl(pieces={"a.exe": b"MZ"}), "f.xml")
    [motif] = verdict.motifs
    assert (motif.fichier, motif.piece_jointe, motif.niveau) == (
        "f.xml",
        "a.exe",
        Niveau.PIECE_JOINTE,
    )
    assert motif.libelle == "Extension d'une pièce jointe"


def test_attachments_of_pdf_and_cii_are_controlled(controle: Controle) -> None:
    pdf = samples.facture_facturx(pieces={"a.exe": b"MZ", "b.pdf": b"%PDF"})
    verdict = controle(pdf, "f.pdf", "FSO3117A")
    assert [(m.code, m.piece_jointe) for m in verdict.motifs] == [(Code.IRR_EXT_DOC, "a.exe")]
    cii = samples.facture_cii(pieces={"a.exe": b"MZ"})
    assert Code.IRR_EXT_DOC in codes(controle(cii))


def test_cdar_and_e_reporting_without_schemas_say_so(controle: Controle) -> None:
    statut = controle(samples.statut_cdar(), "s.xml", "FSO3300A")
    report = controle(samples.e_reporting(), samples.nom_e_reporting(), "FSO6000A")
    for verdict in (statut, report):
        assert verdict.recevable
        assert any("XSD non appliqué" in remarque for remarque in verdict.remarques)


def test_e_reporting_without_schemas_still_needs_its_fields(controle: Controle) -> None:
    broken = (
        samples.e_reporting()
        .replace(b"<StartDate>", b"<Debut>")
        .replace(b"</StartDate>", b"</Debut>")
    )
    verdict = controle(broken, samples.nom_e_reporting(), "FSO6000A")
    assert codes(verdict) == [Code.IRR_SYNTAX]
    assert "TT-17" in verdict.motifs[0].message


@with_schemas
def test_the_official_schemas_admit_the_samples(controle: Controle, official: Context) -> None:
    name = samples.nom_e_reporting()
    for content, file_name, code in (
        (samples.statut_cdar(), "s.xml", "FSO3300A"),
        (samples.e_reporting(), name, "FSO6000A"),
        (samples.e_reporting(paiements=True), name, "FSO6000A"),
    ):
        verdict = controle(content, file_name, code, official)
        assert codes(verdict) == []
        assert not verdict.remarques


@with_schemas
def test_the_official_schemas_refuse_what_breaks_them(
    controle: Controle, official: Context
) -> None:
    statut = samples.statut_cdar().replace(b"ram:GlobalID", b"ram:Global")
    assert set(codes(controle(statut, "s.xml", "FSO3300A", official))) == {Code.IRR_SYNTAX}
    report = samples.e_reporting().replace(b"TypeCode", b"Type")
    verdict = controle(report, samples.nom_e_reporting(), "FSO6000A", official)
    assert codes(verdict) == [Code.IRR_SYNTAX]


def test_a_folder_of_schemas_must_be_one(tmp_path: Path) -> None:
    assert Schemas.read(tmp_path) == Schemas()
    (tmp_path / "a.xsd").write_bytes(b"<")
    with pytest.raises(SchemasUnreadableError, match=r"a\.xsd"):
        Schemas.read(tmp_path)
    with pytest.raises(SchemasUnreadableError):
        Schemas.read(tmp_path / "absent")


@pytest.mark.parametrize(
    "name",
    [
        "200000008_e-reporting_20260901_20260930.xml",
        "20000000_e-reporting numero 000001_20260901_20260930.xml",
        "200000008_e-reporting numero 000001_20260901_20260931.xml",
        "200000008_e-reporting  numero 000001_20260901_20260930.xml",
        "200000008_ e-reporting numero 000001_20260901_20260930.xml",
        "200000008_e-reporting numero 000001_20260930.xml",
        "100000009_e-reporting numero 000001_20260901_20260930.xml",
        "200000008_e-reporting numero 000001_20260901_20260929.xml",
        "rapport.xml",
    ],
)
def test_e_reporting_names_must_have_the_form_and_say_the_content(
    name: str, controle: Controle
) -> None:
    assert codes(controle(samples.e_reporting(), name, "FSO6000A")) == [Code.IRR_NOM_F]


@pytest.mark.parametrize(
    ("identifier", "admitted"),
    [
        ("a" * 50, True),
        ("a" * 51, False),
        ("a+b-c_d 1", True),
        ("a b ", False),
        ("é", False),
        ("a.b", False),
    ],
)
def test_transmission_identifiers(identifier: str, admitted: bool, controle: Controle) -> None:
    verdict = controle(
        samples.e_reporting(identifier), samples.nom_e_reporting(identifier), "FSO6000A"
    )
    assert verdict.recevable is admitted


def test_a_transmission_is_received_once(controle: Controle) -> None:
    received: set[str] = set()
    context = Context(already_received=received.__contains__)
    name = samples.nom_e_reporting()
    first = controle(samples.e_reporting(), name, "FSO6000A", context)
    assert first.recevable
    received.update(first.cles)
    # The same identifier in another envelope and with other bytes.
    content = enveloppe((name, samples.e_reporting() + b"\n"))
    second = controle(content, E_REPORTING_NAME, "FSO6000A", context)
    assert [(m.code, m.fichier) for m in second.motifs] == [(Code.IRR_UNICITE, name)]


def test_a_transmission_twice_in_one_flux_breaks_irr_unicite(controle: Controle) -> None:
    other = samples.nom_e_reporting("autre")
    content = enveloppe(
        (samples.nom_e_reporting(), samples.e_reporting()),
        (other, samples.e_reporting("autre")),
    )
    assert controle(content, E_REPORTING_NAME, "FSO6000A").recevable
    double = enveloppe(*[(samples.nom_e_reporting(), samples.e_reporting())] * 2)
    assert Code.IRR_UNICITE in codes(controle(double, E_REPORTING_NAME, "FSO6000A"))


def test_big_and_small_files_keep_their_order_and_digest(controle: Controle) -> None:
    big = UBL + b"\n" * 1_500_000
    contents = {"a.xml": UBL, "b.xml": big, "c.xml": UBL, "d.xml": big}
    verdict = controle(enveloppe(*contents.items()), UBL_NAME)
    assert verdict.recevable
    assert [(f.nom, f.taille, f.sha256) for f in verdict.fichiers] == [
        (name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    ]


def test_motifs_are_told_in_the_order_of_the_files(controle: Controle) -> None:
    """Whatever is looked at first: an attachment needs the whole document, a name does not."""
    attached = samples.facture_ubl(pieces={"p.exe": b"MZ"})
    big = samples.facture_ubl(pieces={"p.exe": bytes(1_100_000)})  # lies on disk
    fichiers = [("a.xml", attached), ("b.xml", b""), ("c.xml", big), ("d#.xml", attached)]
    verdict = controle(enveloppe(*fichiers), UBL_NAME)
    assert [(motif.code, motif.fichier) for motif in verdict.motifs] == [
        (Code.IRR_EXT_DOC, "a.xml"),
        (Code.IRR_VIDE_F, "b.xml"),
        (Code.IRR_EXT_DOC, "c.xml"),
        (Code.IRR_NOM_F, "d#.xml"),
        (Code.IRR_EXT_DOC, "d#.xml"),
    ]


def test_an_attachment_without_a_name_is_judged_by_its_media_type(controle: Controle) -> None:
    facture = samples.facture_ubl(pieces={"a.pdf": b"%PDF"})
    unnamed = facture.replace(b' filename="a.pdf"', b"")
    assert unnamed != facture
    assert codes(controle(unnamed)) == []
    other = unnamed.replace(b'"application/pdf"', b'"application/x-zut"')
    assert codes(controle(other)) == [Code.IRR_EXT_DOC]


def test_a_sample_archive_of_each_kind_is_recevable(controle: Controle) -> None:
    cdar = UBL_NAME.replace("FSO3110A", "FSO3300A")
    content = enveloppe(("s.xml", samples.statut_cdar()), ("t.xml", samples.statut_cdar("F2")))
    assert controle(content, cdar, "FSO3300A").recevable
    report = enveloppe((samples.nom_e_reporting(), samples.e_reporting()))
    assert controle(report, E_REPORTING_NAME, "FSO6000A").recevable
