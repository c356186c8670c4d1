"""The functional level: what becomes of each invoice of a recevable flux, never of the flux."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depot_flux_simulator import samples
from depot_flux_simulator.controls.fonctionnel import CONSTATS_PER_FILE
from depot_flux_simulator.controls.schematrons import Schematrons
from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
from depot_flux_simulator.flux.facture import Gravite, Raison, StatutFacture
from tests.support.controls import FACTURX_NAME, UBL_NAME, Controle, enveloppe, facturx
from tests.support.fonctionnel import (
    DESTINATAIRE,
    FOURNISSEUR,
    SIRET,
    Judge,
    annuaire,
    rules,
    with_buyer_at,
    with_siret,
)

GOOD = samples.facture_ubl()
WRONG = samples.facture_ubl("F2").replace(b">30.00<", b">31.00<")
KNOWN = annuaire(FOURNISSEUR, DESTINATAIRE)
few = settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def schematrons() -> Schematrons:
    return Schematrons()


@pytest.fixture
def judge(tmp_path: Path, schematrons: Schematrons) -> Judge:
    return Judge(tmp_path, schematrons)


def test_the_samples_are_deposees(judge: Judge) -> None:
    pieces = {"a.pdf": b"%PDF"}
    for content, name in (
        (samples.facture_ubl("F1", pieces=pieces), "f.xml"),
        (samples.avoir_ubl("A1", lignes=3), "a.xml"),
        (samples.facture_facturx("X1", pieces=pieces), "f.pdf"),
    ):
        facture = judge.one(content, name, known=KNOWN)
        assert (facture.statut, facture.constats) == (StatutFacture.DEPOSEE, ())
        assert facture.non_juges == ()


@pytest.mark.deep
def test_the_samples_of_the_extended_profile_are_deposees(judge: Judge) -> None:
    facture = judge.one(samples.facture_facturx("X2", profil="extended"), "f.pdf")
    assert (facture.raisons, facture.constats) == ((), ())


def test_an_invoice_is_told_by_what_identifies_it(judge: Judge) -> None:
    ubl = judge.one(with_siret(samples.facture_ubl("F7"), SIRET))
    cii = judge.one(samples.facture_facturx("F8"), "f.pdf", "FSO3117A")
    for facture, number in ((ubl, "F7"), (cii, "F8")):
        assert (facture.numero, facture.emission) == (number, f"{samples.EMISSION}")
        assert (facture.siren, facture.type_document) == (samples.SIREN_VENDEUR, "380")
        assert facture.adresse_acheteur == f"0225:{samples.SIREN_ACHETEUR}"
        assert facture.adresse_vendeur == f"0225:{samples.SIREN_VENDEUR}"
        assert facture.annoncee
    assert (ubl.siret, cii.siret) == (SIRET, "")
    assert judge.one(samples.avoir_ubl("A9")).type_document == "381"


@pytest.mark.parametrize("make", [samples.facture_ubl, samples.avoir_ubl, samples.facture_cii])
def test_adr_err_is_an_absent_address_of_the_buyer(judge: Judge, make: object) -> None:
    content: bytes = make()  # type: ignore[operator]
    pdf = b"CrossIndustryInvoice" in content

    def raisons(address: str | None) -> tuple[Raison, ...]:
        judge.seen.clear()
        changed = with_buyer_at(content, address)
        told = facturx(changed) if pdf else changed
        return judge.one(told, "f.pdf" if pdf else "f.xml").raisons

    assert raisons(None) == (Raison.ADR_ERR,)
    assert raisons(" \n ")[0] is Raison.ADR_ERR
    assert raisons("9") == ()


@given(st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=125))
@few
def test_any_address_is_one_and_is_looked_up(judge: Judge, address: str) -> None:
    content = with_buyer_at(GOOD, address)
    assert judge.raisons(content) == ()
    there = Destinataire(adresse=address, plateforme="PA-0001")
    assert judge.raisons(content, annuaire(there)) == ()
    assert judge.raisons(content, annuaire(Destinataire(adresse=f"{address[:-1]}x-"))) == (
        Raison.REJ_ADR,
    )


def test_rej_adr_is_an_address_that_the_annuaire_does_not_have(judge: Judge) -> None:
    address = f"{samples.SIREN_ACHETEUR}_Achats"
    content = with_buyer_at(GOOD, address)
    for known, right in (
        (Destinataire(adresse=address.upper(), plateforme="PA"), ()),
        (Destinataire(adresse=address, schema="0088", plateforme="PA"), (Raison.REJ_ADR,)),
        (DESTINATAIRE, (Raison.REJ_ADR,)),
    ):
        assert judge.raisons(content, annuaire(known)) == right
    elsewhere = annuaire(Destinataire(adresse="x"))
    [constat] = judge.one(samples.facture_ubl("F9"), known=elsewhere).constats
    assert samples.SIREN_ACHETEUR in constat.message
    assert constat.terme == "BT-49"
    # The absence is another reason, and the only one.
    assert judge.raisons(with_buyer_at(GOOD, None), annuaire(DESTINATAIRE)) == (Raison.ADR_ERR,)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Fournisseur(siret=f"{samples.SIREN_ACHETEUR}00011"), "n'est pas connu"),
        (Fournisseur(siret=SIRET, public=False), "n'est pas une structure publique"),
        (Fournisseur(siret=SIRET, actif=False), "n'est plus actif"),
    ],
)
def test_rej_coh_is_a_supplier_that_is_no_active_public_body(
    judge: Judge, entry: Fournisseur, fault: str
) -> None:
    for content in (with_siret(GOOD, SIRET), GOOD):
        judge.seen.clear()
        facture = judge.one(content, known=annuaire(entry))
        assert facture.raisons == (Raison.REJ_COH,)
        assert fault in facture.constats[0].message
        assert judge.raisons(content, annuaire(entry, FOURNISSEUR)) == ()


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.booleans(), st.booleans())
@few
def test_a_stated_siret_is_the_one_that_counts(
    judge: Judge, stated: int, known: int, active: bool, public: bool
) -> None:
    mine, listed = (f"{samples.SIREN_VENDEUR}{nic:05}" for nic in (stated, known))
    entry = Fournisseur(siret=listed, actif=active, public=public)
    right = mine == listed and active and public
    content = with_siret(GOOD, mine)
    assert judge.raisons(content, annuaire(entry)) == (() if right else (Raison.REJ_COH,))
    # Without a SIRET any establishment of the SIREN will do.
    assert judge.raisons(GOOD, annuaire(entry)) == (() if active and public else (Raison.REJ_COH,))


def test_rej_coh_names_rule_sheet_and_place_and_leaves_the_flux_recevable(
    judge: Judge, controle: Controle
) -> None:
    content = enveloppe(("a.xml", samples.facture_ubl("F1")), ("b.xml", WRONG))
    assert controle(content, UBL_NAME).recevable
    good, wrong = judge.verdict(content, UBL_NAME).factures
    assert (good.fichier, good.raisons) == ("a.xml", ())
    assert (wrong.fichier, wrong.statut) == ("b.xml", StatutFacture.REJETEE)
    assert wrong.raisons == (Raison.REJ_COH,)
    by_rule = {constat.regle: constat for constat in wrong.constats}
    assert set(by_rule) == {"BR-CO-15", "BR-CO-17", "BR-S-09"}
    subtotal = by_rule["BR-CO-17"]
    assert subtotal.lieu == "Invoice/TaxTotal/TaxSubtotal"
    assert subtotal.ligne
    assert subtotal.feuille.startswith("EN16931-UBL-validation 1.")
    assert "BT-117" in subtotal.message
    assert "BT-117" in subtotal.terme
    assert "VAT" in subtotal.original


def test_rej_coh_speaks_of_the_french_rules_too(judge: Judge) -> None:
    no_discount = samples.facture_ubl("F3").replace(b"#AAB#", b"#ABL#")
    [constat] = judge.one(no_discount).constats
    assert constat.regle.startswith("BR-FR-05")
    assert constat.raison is Raison.REJ_COH
    assert "factur-x" in constat.feuille


def test_rej_uni_is_year_siren_and_number(judge: Judge) -> None:
    facture = samples.facture_ubl("F1")
    assert judge.one(facture).raisons == ()
    again = judge.one(facture, "g.xml")
    assert again.raisons == (Raison.REJ_UNI,)
    assert "F1" in again.constats[0].message
    assert judge.one(samples.facture_ubl("F1", siren_vendeur="100000009")).raisons == ()
    other_year = samples.EMISSION.replace(year=2027)
    assert judge.one(samples.facture_ubl("F1", emission=other_year)).raisons == ()
    # The format doesn't matter.
    pdf = enveloppe(("f.pdf", samples.facture_facturx("F1")))
    assert judge.one(pdf, FACTURX_NAME, "FSO3117A").raisons == (Raison.REJ_UNI,)
    # Nor does it that both come with one flux.
    both = enveloppe(("a.xml", samples.facture_ubl("F5")), ("b.xml", samples.facture_ubl("F5")))
    first, second = judge.verdict(both, UBL_NAME).factures
    assert (first.raisons, second.raisons) == ((), (Raison.REJ_UNI,))


invoices = st.tuples(
    st.sampled_from(["F1", "F2", "f1"]),
    st.sampled_from([2026, 2027]),
    st.sampled_from(["200000008", "100000009"]),
    st.integers(1, 28),
)


@given(st.lists(invoices, min_size=1, max_size=4))
@few
def test_no_two_invoices_share_year_siren_and_number(
    judge: Judge, told: list[tuple[str, int, str, int]]
) -> None:
    judge.seen.clear()
    seen: set[tuple[str, int, str]] = set()
    for number, year, siren, day in told:
        emission = samples.EMISSION.replace(year=year, day=day)
        content = samples.facture_ubl(number, emission=emission, siren_vendeur=siren)
        right = (Raison.REJ_UNI,) if (number, year, siren) in seen else ()
        assert judge.one(content).raisons == right
        seen.add((number, year, siren))


def test_an_invoice_whose_identity_cannot_be_read_is_no_duplicate(judge: Judge) -> None:
    nameless = GOOD.replace(
        samples.SIREN_VENDEUR.encode() + b"</cbc:CompanyID>", b"</cbc:CompanyID>"
    )
    assert nameless != GOOD
    for _ in range(2):
        facture = judge.one(nameless)
        assert Raison.REJ_UNI not in facture.raisons
        assert not facture.annoncee


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Destinataire(adresse=samples.SIREN_ACHETEUR), "n'a pas de plateforme"),
        (
            Destinataire(adresse=samples.SIREN_ACHETEUR, plateforme="PA-7", connectee=False),
            "PA-7, qui n'est pas connectée",
        ),
    ],
)
def test_non_transmise_is_a_buyer_without_a_connected_platform(
    judge: Judge, entry: Destinataire, fault: str
) -> None:
    facture = judge.one(GOOD, known=annuaire(entry))
    assert (facture.statut, facture.raisons) == (StatutFacture.DEPOSEE, (Raison.NON_TRANSMISE,))
    assert fault in facture.constats[0].message
    # The last word is that of the last entry.
    assert judge.raisons(GOOD, annuaire(entry, DESTINATAIRE)) == ()
    # What is rejetée goes nowhere, whatever the buyer has.
    judge.seen.clear()
    wrong = judge.one(WRONG, known=annuaire(entry))
    assert {constat.raison for constat in wrong.constats} == {Raison.REJ_COH}


@given(st.booleans(), st.booleans())
@few
def test_an_invoice_goes_on_when_its_buyer_has_a_platform_and_that_is_connected(
    judge: Judge, has: bool, connected: bool
) -> None:
    entry = Destinataire(
        adresse=samples.SIREN_ACHETEUR, plateforme="PA-7" if has else "", connectee=connected
    )
    right = () if has and connected else (Raison.NON_TRANSMISE,)
    assert judge.raisons(GOOD, annuaire(entry)) == right


def test_what_the_annuaire_does_not_tell_is_not_judged_and_said_to_be_so(judge: Judge) -> None:
    for known, told in (
        (annuaire(), ("REJ_COH", "REJ_ADR", "NON_TRANSMISE")),
        (annuaire(FOURNISSEUR), ("REJ_ADR", "NON_TRANSMISE")),
        (annuaire(DESTINATAIRE), ("REJ_COH",)),
        (KNOWN, ()),
    ):
        judge.seen.clear()
        verdict = judge.verdict(GOOD, known=known)
        assert verdict.factures[0].statut is StatutFacture.DEPOSEE
        for said in (verdict.factures[0].non_juges, verdict.remarques):
            every = ("REJ_COH", "REJ_ADR", "NON_TRANSMISE")
            assert tuple(name for name in every if name in " ".join(said)) == told


def test_every_reason_is_told_the_fault_before_the_warning(judge: Judge) -> None:
    content = with_buyer_at(WRONG, "ailleurs").replace(b"UBLVersionID>2.1<", b"UBLVersionID>2.0<")
    unknown = annuaire(Fournisseur(siret="1" * 14), DESTINATAIRE)
    judge.one(content)
    facture = judge.one(content, known=unknown)
    assert set(facture.raisons) == {Raison.REJ_ADR, Raison.REJ_COH, Raison.REJ_UNI}
    rejecting = [constat.raison is not None for constat in facture.constats]
    assert rejecting == sorted(rejecting, reverse=True)
    assert not rejecting[-1]


def test_what_is_no_invoice_has_no_status(judge: Judge) -> None:
    verdict = judge.verdict(samples.statut_cdar(), "s.xml", "FSO3300A")
    assert (verdict.factures, verdict.constats) == ((), ())
    assert "Schematron non appliqué" in verdict.remarques[0]


def test_findings_that_nobody_would_read_are_counted_and_left_out(judge: Judge) -> None:
    content = samples.facture_ubl(lignes=CONSTATS_PER_FILE + 5)
    content = content.replace(b'unitCode="C62"', b'unitCode="zut"')
    verdict = judge.verdict(content)
    assert len(verdict.factures[0].constats) == CONSTATS_PER_FILE
    assert any("5 constats de plus" in remarque for remarque in verdict.remarques)


def test_a_document_too_big_for_the_schematrons_is_told_so(judge: Judge) -> None:
    end = b"</Invoice>"
    assert end in GOOD
    content = GOOD.replace(end, b"<!--" + b"x" * 10_000_000 + b"-->" + end)
    facture = judge.one(content)
    assert facture.statut is StatutFacture.DEPOSEE
    [constat] = facture.constats
    assert constat.gravite is Gravite.AVERTISSEMENT
    assert "10 Mo" in constat.message


def test_a_warning_rejects_nothing(judge: Judge) -> None:
    content = GOOD.replace(b"UBLVersionID>2.1<", b"UBLVersionID>2.0<")
    facture = judge.one(content)
    assert list(rules(facture)) == ["UBL-CR-002"]
    assert facture.constats[0].gravite is Gravite.AVERTISSEMENT
    assert (facture.statut, facture.raisons) == (StatutFacture.DEPOSEE, ())
