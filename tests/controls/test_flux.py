"""Verdicts people can act on: all motifs, the file at fault, the level that comes first."""

import hashlib
import os
from pathlib import Path

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls import Contexte, Schemas, SchemasIllisiblesError
from depot_flux_simulator.motifs import Code, Niveau, en_markdown
from tests.controls.outils import (
    NOM_E_REPORTING,
    NOM_UBL,
    Controle,
    codes,
    enveloppe,
    jamais,
)

UBL = samples.facture_ubl()
_VOISIN = Path(__file__).parents[3] / "shared" / "schemas"
DOSSIER = Path(os.environ.get("DEPOT_FLUX_SCHEMAS", _VOISIN))

avec_schemas = pytest.mark.skipif(
    not DOSSIER.is_dir(), reason="no folder of schemas: set DEPOT_FLUX_SCHEMAS"
)


@pytest.fixture(scope="module")
def officiel() -> Contexte:
    return Contexte(deja_recu=jamais, schemas=Schemas.lire(DOSSIER))


def test_one_bad_file_among_500_is_named(controle: Controle) -> None:
    mauvais = UBL.replace(b"cbc:IssueDate", b"cbc:Issue")
    fichiers = [(f"f{rang:03}.xml", mauvais if rang == 321 else UBL) for rang in range(500)]
    verdict = controle(enveloppe(*fichiers), NOM_UBL)
    assert len(verdict.fichiers) == 500
    [motif] = verdict.motifs
    assert (motif.code, motif.fichier, motif.ligne) == (Code.IRR_SYNTAX, "f321.xml", 7)
    assert "IssueDate" in motif.message
    assert "Invoice" in motif.regle


def test_all_motifs_are_reported(controle: Controle) -> None:
    contenu = enveloppe(("a.xml", b""), ("b#.xml", UBL), ("c.exe", b"MZ"))
    verdict = controle(contenu, NOM_UBL.replace("AAA123_", "BBB456_"), "FSO9999A")
    assert codes(verdict) == [
        Code.IRR_FORM,
        Code.IRR_CODE_INTER,
        Code.IRR_VIDE_F,
        Code.IRR_NOM_F,
        Code.IRR_TYPE_F,
    ]


def test_applicative_motifs_wait_for_the_technical_ones(controle: Controle) -> None:
    casse = UBL[:-30]
    assert codes(controle(enveloppe(("a.xml", casse)), NOM_UBL)) == [Code.IRR_SYNTAX]
    verdict = controle(enveloppe(("a.xml", casse), ("b.xml", b"")), NOM_UBL)
    assert codes(verdict) == [Code.IRR_VIDE_F]


def test_more_than_500_files_is_a_remark(controle: Controle) -> None:
    fichiers = [(f"{rang}.xml", UBL) for rang in range(501)]
    verdict = controle(enveloppe(*fichiers), NOM_UBL)
    assert verdict.recevable
    assert any("501 fichiers" in remarque for remarque in verdict.remarques)
    assert not controle(enveloppe(*fichiers[:500]), NOM_UBL).remarques


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
    rapport = controle(samples.e_reporting(), samples.nom_e_reporting(), "FSO6000A")
    for verdict in (statut, rapport):
        assert verdict.recevable
        assert any("XSD non appliqué" in remarque for remarque in verdict.remarques)


def test_e_reporting_without_schemas_still_needs_its_fields(controle: Controle) -> None:
    casse = (
        samples.e_reporting()
        .replace(b"<StartDate>", b"<Debut>")
        .replace(b"</StartDate>", b"</Debut>")
    )
    verdict = controle(casse, samples.nom_e_reporting(), "FSO6000A")
    assert codes(verdict) == [Code.IRR_SYNTAX]
    assert "TT-17" in verdict.motifs[0].message


@avec_schemas
def test_the_official_schemas_admit_the_samples(controle: Controle, officiel: Contexte) -> None:
    nom = samples.nom_e_reporting()
    for contenu, nom_fichier, code in (
        (samples.statut_cdar(), "s.xml", "FSO3300A"),
        (samples.e_reporting(), nom, "FSO6000A"),
        (samples.e_reporting(paiements=True), nom, "FSO6000A"),
    ):
        verdict = controle(contenu, nom_fichier, code, officiel)
        assert codes(verdict) == []
        assert not verdict.remarques


@avec_schemas
def test_the_official_schemas_refuse_what_breaks_them(
    controle: Controle, officiel: Contexte
) -> None:
    statut = samples.statut_cdar().replace(b"ram:GlobalID", b"ram:Global")
    assert set(codes(controle(statut, "s.xml", "FSO3300A", officiel))) == {Code.IRR_SYNTAX}
    rapport = samples.e_reporting().replace(b"TypeCode", b"Type")
    verdict = controle(rapport, samples.nom_e_reporting(), "FSO6000A", officiel)
    assert codes(verdict) == [Code.IRR_SYNTAX]


def test_a_folder_of_schemas_must_be_one(tmp_path: Path) -> None:
    assert Schemas.lire(tmp_path) == Schemas()
    (tmp_path / "a.xsd").write_bytes(b"<")
    with pytest.raises(SchemasIllisiblesError, match=r"a\.xsd"):
        Schemas.lire(tmp_path)
    with pytest.raises(SchemasIllisiblesError):
        Schemas.lire(tmp_path / "absent")


@pytest.mark.parametrize(
    "nom",
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
    nom: str, controle: Controle
) -> None:
    assert codes(controle(samples.e_reporting(), nom, "FSO6000A")) == [Code.IRR_NOM_F]


@pytest.mark.parametrize(
    ("identifiant", "admis"),
    [
        ("a" * 50, True),
        ("a" * 51, False),
        ("a+b-c_d 1", True),
        ("a b ", False),
        ("é", False),
        ("a.b", False),
    ],
)
def test_transmission_identifiers(identifiant: str, admis: bool, controle: Controle) -> None:
    verdict = controle(
        samples.e_reporting(identifiant), samples.nom_e_reporting(identifiant), "FSO6000A"
    )
    assert verdict.recevable is admis


def test_a_transmission_is_received_once(controle: Controle) -> None:
    recues: set[str] = set()
    contexte = Contexte(deja_recu=recues.__contains__)
    nom = samples.nom_e_reporting()
    premier = controle(samples.e_reporting(), nom, "FSO6000A", contexte)
    assert premier.recevable
    recues.update(premier.cles)
    # The same identifier in another envelope and with other bytes.
    contenu = enveloppe((nom, samples.e_reporting() + b"\n"))
    second = controle(contenu, NOM_E_REPORTING, "FSO6000A", contexte)
    assert [(m.code, m.fichier) for m in second.motifs] == [(Code.IRR_UNICITE, nom)]


def test_a_transmission_twice_in_one_flux_breaks_irr_unicite(controle: Controle) -> None:
    autre = samples.nom_e_reporting("autre")
    contenu = enveloppe(
        (samples.nom_e_reporting(), samples.e_reporting()),
        (autre, samples.e_reporting("autre")),
    )
    assert controle(contenu, NOM_E_REPORTING, "FSO6000A").recevable
    double = enveloppe(*[(samples.nom_e_reporting(), samples.e_reporting())] * 2)
    assert Code.IRR_UNICITE in codes(controle(double, NOM_E_REPORTING, "FSO6000A"))


def test_big_and_small_files_keep_their_order_and_digest(controle: Controle) -> None:
    gros = UBL + b"\n" * 1_500_000
    contenus = {"a.xml": UBL, "b.xml": gros, "c.xml": UBL, "d.xml": gros}
    verdict = controle(enveloppe(*contenus.items()), NOM_UBL)
    assert verdict.recevable
    assert [(f.nom, f.taille, f.sha256) for f in verdict.fichiers] == [
        (nom, len(contenu), hashlib.sha256(contenu).hexdigest())
        for nom, contenu in contenus.items()
    ]


def test_an_attachment_without_a_name_is_judged_by_its_media_type(controle: Controle) -> None:
    facture = samples.facture_ubl(pieces={"a.pdf": b"%PDF"})
    sans_nom = facture.replace(b' filename="a.pdf"', b"")
    assert sans_nom != facture
    assert codes(controle(sans_nom)) == []
    autre = sans_nom.replace(b'"application/pdf"', b'"application/x-zut"')
    assert codes(controle(autre)) == [Code.IRR_EXT_DOC]


def test_the_table_of_motifs_is_markdown_of_18_rows() -> None:
    lignes = en_markdown().splitlines()
    assert len(lignes) == 20
    assert len({ligne.count("|") for ligne in lignes}) == 1


def test_a_sample_archive_of_each_kind_is_recevable(controle: Controle) -> None:
    cdar = NOM_UBL.replace("FSO3110A", "FSO3300A")
    contenu = enveloppe(("s.xml", samples.statut_cdar()), ("t.xml", samples.statut_cdar("F2")))
    assert controle(contenu, cdar, "FSO3300A").recevable
    rapport = enveloppe((samples.nom_e_reporting(), samples.e_reporting()))
    assert controle(rapport, NOM_E_REPORTING, "FSO6000A").recevable
