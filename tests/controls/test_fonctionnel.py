"""The functional level: what would become of each file, never of the flux."""

from pathlib import Path

import pytest

from depot_flux_simulator import samples
from depot_flux_simulator.controls.fonctionnel import Schematrons, rejets
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import CodeRejet, Rejet
from tests.support.controls import CODE_APPLICATION, FACTURX_NAME, UBL_NAME, Controle, enveloppe

WRONG = samples.facture_ubl("F2").replace(b">30.00<", b">31.00<")


@pytest.fixture(scope="module")
def schematrons() -> Schematrons:
    return Schematrons()


class Reject:
    def __init__(self, folder: Path, schematrons: Schematrons) -> None:
        self.path = folder / "flux"
        self.schematrons = schematrons
        self.seen: set[str] = set()

    def __call__(self, content: bytes, name: str, code: str = "FSO3110A") -> tuple[Rejet, ...]:
        self.path.write_bytes(content)
        depot = Depot(self.path, name, code, CODE_APPLICATION)
        found, keys = rejets(depot, self.schematrons, self.seen.__contains__)
        self.seen.update(keys)
        return found


@pytest.fixture
def reject(tmp_path: Path, schematrons: Schematrons) -> Reject:
    return Reject(tmp_path, schematrons)


def test_the_samples_satisfy_the_schematrons(reject: Reject) -> None:
    pieces = {"a.pdf": b"%PDF"}
    assert reject(samples.facture_ubl("F1", pieces=pieces), "f.xml") == ()
    assert reject(samples.avoir_ubl("A1", lignes=3), "a.xml") == ()
    assert reject(samples.facture_facturx("X1", pieces=pieces), "f.pdf", "FSO3117A") == ()
    assert reject(samples.facture_facturx("X2", profil="extended"), "f.pdf", "FSO3117A") == ()


def test_rej_coh_names_rule_and_file_and_leaves_the_flux_recevable(
    reject: Reject, controle: Controle
) -> None:
    content = enveloppe(("a.xml", samples.facture_ubl("F1")), ("b.xml", WRONG))
    assert controle(content, UBL_NAME).recevable
    found = reject(content, UBL_NAME)
    assert {rejet.fichier for rejet in found} == {"b.xml"}
    assert {rejet.code for rejet in found} == {CodeRejet.REJ_COH}
    assert "BR-CO-15" in {rejet.regle for rejet in found}


def test_rej_coh_speaks_of_the_french_rules_too(reject: Reject) -> None:
    no_discount = samples.facture_ubl("F3").replace(b"#AAB#", b"#ABL#")
    [rejet] = reject(no_discount, "f.xml")
    assert "BR-FR-05" in rejet.message


def test_rej_uni_is_year_siren_and_number(reject: Reject) -> None:
    facture = samples.facture_ubl("F1")
    assert reject(facture, "f.xml") == ()
    assert [rejet.code for rejet in reject(facture, "g.xml")] == [CodeRejet.REJ_UNI]
    assert reject(samples.facture_ubl("F1", siren_vendeur="100000009"), "f.xml") == ()
    other_year = samples.EMISSION.replace(year=2027)
    assert reject(samples.facture_ubl("F1", emission=other_year), "f.xml") == ()
    # The format doesn't matter.
    found = reject(enveloppe(("f.pdf", samples.facture_facturx("F1"))), FACTURX_NAME, "FSO3117A")
    assert [rejet.code for rejet in found] == [CodeRejet.REJ_UNI]


def test_what_is_no_invoice_has_no_functional_level(reject: Reject) -> None:
    assert reject(samples.statut_cdar(), "s.xml", "FSO3300A") == ()
