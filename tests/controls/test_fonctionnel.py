"""The functional level: what would become of each file, never of the flux."""

from pathlib import Path

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls import Depot
from depot_flux_simulator.controls.fonctionnel import CodeRejet, Rejet, Schematrons, rejets
from tests.controls.outils import CODE_APPLICATION, NOM_FACTURX, NOM_UBL, Controle, enveloppe

FAUSSE = samples.facture_ubl("F2").replace(b">30.00<", b">31.00<")


@pytest.fixture(scope="module")
def schematrons() -> Schematrons:
    return Schematrons()


class Rejette:
    def __init__(self, dossier: Path, schematrons: Schematrons) -> None:
        self.chemin = dossier / "flux"
        self.schematrons = schematrons
        self.vues: set[str] = set()

    def __call__(self, contenu: bytes, nom: str, code: str = "FSO3110A") -> tuple[Rejet, ...]:
        self.chemin.write_bytes(contenu)
        depot = Depot(self.chemin, nom, code, CODE_APPLICATION)
        trouves, cles = rejets(depot, self.schematrons, self.vues.__contains__)
        self.vues.update(cles)
        return trouves


@pytest.fixture
def rejette(tmp_path: Path, schematrons: Schematrons) -> Rejette:
    return Rejette(tmp_path, schematrons)


def test_the_samples_satisfy_the_schematrons(rejette: Rejette) -> None:
    pieces = {"a.pdf": b"%PDF"}
    assert rejette(samples.facture_ubl("F1", pieces=pieces), "f.xml") == ()
    assert rejette(samples.avoir_ubl("A1", lignes=3), "a.xml") == ()
    assert rejette(samples.facture_facturx("X1", pieces=pieces), "f.pdf", "FSO3117A") == ()
    assert rejette(samples.facture_facturx("X2", profil="extended"), "f.pdf", "FSO3117A") == ()


def test_rej_coh_names_rule_and_file_and_leaves_the_flux_recevable(
    rejette: Rejette, controle: Controle
) -> None:
    contenu = enveloppe(("a.xml", samples.facture_ubl("F1")), ("b.xml", FAUSSE))
    assert controle(contenu, NOM_UBL).recevable
    trouves = rejette(contenu, NOM_UBL)
    assert {rejet.fichier for rejet in trouves} == {"b.xml"}
    assert {rejet.code for rejet in trouves} == {CodeRejet.REJ_COH}
    assert "BR-CO-15" in {rejet.regle for rejet in trouves}


def test_rej_coh_speaks_of_the_french_rules_too(rejette: Rejette) -> None:
    sans_escompte = samples.facture_ubl("F3").replace(b"#AAB#", b"#ABL#")
    [rejet] = rejette(sans_escompte, "f.xml")
    assert "BR-FR-05" in rejet.message


def test_rej_uni_is_year_siren_and_number(rejette: Rejette) -> None:
    facture = samples.facture_ubl("F1")
    assert rejette(facture, "f.xml") == ()
    assert [rejet.code for rejet in rejette(facture, "g.xml")] == [CodeRejet.REJ_UNI]
    assert rejette(samples.facture_ubl("F1", siren_vendeur="100000009"), "f.xml") == ()
    autre_annee = samples.EMISSION.replace(year=2027)
    assert rejette(samples.facture_ubl("F1", emission=autre_annee), "f.xml") == ()
    # The format doesn't matter.
    trouves = rejette(enveloppe(("f.pdf", samples.facture_facturx("F1"))), NOM_FACTURX, "FSO3117A")
    assert [rejet.code for rejet in trouves] == [CodeRejet.REJ_UNI]


def test_what_is_no_invoice_has_no_functional_level(rejette: Rejette) -> None:
    assert rejette(samples.statut_cdar(), "s.xml", "FSO3300A") == ()
