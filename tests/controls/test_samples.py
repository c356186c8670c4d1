"""The samples are what they say: made the same each time, and recevable."""

from stdnum import luhn
from stdnum.fr import tva

from depot_flux_simulator import samples
from tests.support.controls import Controle, codes


def test_sample_sirens_and_vat_numbers_are_well_formed() -> None:
    for siren in (samples.SIREN_VENDEUR, samples.SIREN_ACHETEUR):
        assert luhn.is_valid(siren)
        assert tva.is_valid(samples.tva(siren))


def test_every_sample_invoice_is_recevable(controle: Controle) -> None:
    assert codes(controle(samples.facture_ubl())) == []
    assert codes(controle(samples.avoir_ubl())) == []
    assert codes(controle(samples.facture_facturx(), "f.pdf", "FSO3117A")) == []
    extended = samples.facture_facturx(profil="extended")
    assert codes(controle(extended, "f.pdf", "FSO3117A")) == []


def test_samples_with_attachments_are_recevable(controle: Controle) -> None:
    pieces = {"bon de commande.pdf": b"%PDF-1.7", "lignes.csv": b"a;b\n1;2\n"}
    assert codes(controle(samples.facture_ubl(pieces=pieces))) == []
    assert codes(controle(samples.avoir_ubl(pieces=pieces))) == []
    facturx = samples.facture_facturx(pieces=pieces)
    assert codes(controle(facturx, "f.pdf", "FSO3117A")) == []


def test_a_sample_is_the_same_for_the_same_arguments() -> None:
    assert samples.facture_ubl(lignes=3) == samples.facture_ubl(lignes=3)
    assert samples.facture_facturx("F1") == samples.facture_facturx("F1")
    assert samples.facture_facturx("F1") != samples.facture_facturx("F2")
