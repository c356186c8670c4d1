"""What became of the invoices, as the control plane and a test see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from depot_flux_simulator import cdar, samples
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.controls.schemas import Schemas
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Facture
from depot_flux_simulator.testing import (
    Code,
    Fournisseur,
    Raison,
    Simulator,
    Statut,
    StatutFacture,
)
from tests.controls.test_flux import FOLDER, with_schemas
from tests.support.controls import UBL_NAME, enveloppe, never
from tests.support.fonctionnel import SIRET, with_buyer_at

WRONG = samples.facture_ubl("F2").replace(b">30.00<", b">31.00<")
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"


@pytest.fixture(scope="module")
def judging() -> Iterator[Simulator]:
    with Simulator(pace=0, fonctionnel=True) as simulator:
        yield simulator


@pytest.fixture
def simulator(judging: Simulator) -> Simulator:
    """A clean one; its sheets stay compiled."""
    judging.reset()
    judging.pace(0)
    return judging


@pytest.fixture
def plane(simulator: Simulator) -> Iterator[httpx.Client]:
    transport = httpx.WSGITransport(app=simulator.app)
    with httpx.Client(transport=transport, base_url="http://localhost/_simulator") as client:
        yield client


def deposit(simulator: Simulator, content: bytes, name: str = "f.xml") -> str:
    return simulator.deposit(content, name=name, code="FSO3110A")


def listed(plane: httpx.Client, **wanted: Any) -> Any:
    answer = plane.get("/factures", params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_invoices_are_found_by_number_siren_status_reason_and_flux(
    simulator: Simulator, plane: httpx.Client
) -> None:
    first = deposit(simulator, samples.facture_ubl("F1"))
    second = deposit(simulator, WRONG)
    third = deposit(simulator, samples.facture_ubl("F1", siren_vendeur="100000009"))
    for wanted, right in (
        ({}, [third, second, first]),
        ({"numero": "F1"}, [third, first]),
        ({"siren": "100000009"}, [third]),
        ({"statut": "REJETEE"}, [second]),
        ({"statut": "DEPOSEE", "numero": "F1"}, [third, first]),
        ({"raison": "REJ_COH"}, [second]),
        ({"raison": "REJ_UNI"}, []),
        ({"flux": first}, [first]),
        ({"flux": "inconnu"}, []),
    ):
        told = listed(plane, **wanted)
        assert [each["id_flux"] for each in told["factures"]] == right
        assert told["total"] == len(right)
        named = {("id_flux" if name == "flux" else name): said for name, said in wanted.items()}
        assert [each.id_flux for each in simulator.factures(**named)] == right
    page = listed(plane, limit=2)
    assert [each["id_flux"] for each in page["factures"]] == [third, second]
    page = listed(plane, limit=2, before=page["suivant"])
    assert ([each["id_flux"] for each in page["factures"]], page["suivant"]) == ([first], None)
    for wrong in ({"statut": "RECU"}, {"raison": "IRR_VIDE"}, {"limit": 0}):
        assert plane.get("/factures", params=wrong).status_code == 400


def test_an_invoice_says_all_and_its_flux_says_it_too(
    simulator: Simulator, plane: httpx.Client
) -> None:
    id_flux = deposit(simulator, WRONG)
    [facture] = listed(plane)["factures"]
    assert (facture["code_statut"], facture["raisons"]) == ("213", ["REJ_COH"])
    assert {each["regle"] for each in facture["constats"]} >= {"BR-CO-15"}
    assert all(each["feuille"] and each["remede"] for each in facture["constats"])
    assert plane.get(f"/factures/{facture['id']}").json() == facture
    [told] = plane.get(f"/flux/{id_flux}").json()["factures"]
    assert told.items() <= facture.items()
    assert plane.get("/factures/999999").status_code == 404
    [known] = simulator.factures()
    assert known.facture == simulator.flux(id_flux).verdict.factures[0]
    assert known.facture.raisons == (Raison.REJ_COH,)


def test_nothing_is_told_before_the_flux_shows_that_it_is_recevable(simulator: Simulator) -> None:
    simulator.pace(1)
    id_flux = deposit(simulator, WRONG)
    assert simulator.factures() == []
    assert simulator.flux(id_flux).verdict.factures == ()
    simulator.advance("1m")
    [told] = simulator.factures()
    assert told.facture.statut is StatutFacture.REJETEE
    assert told.le == simulator.flux(id_flux).historique[-1].depuis


def test_an_irrecevable_flux_has_no_invoices_and_its_numbers_stay_free(
    simulator: Simulator,
) -> None:
    facture = samples.facture_ubl("F1")
    deposit(simulator, enveloppe(("a.xml", facture), ("b.xml", b"")), UBL_NAME)
    assert simulator.factures() == []
    deposit(simulator, facture)
    # An invoice is seen whoever deposits it, and whatever became of it.
    other = simulator.applications[1]
    simulator.deposit(facture, name="g.xml", code="FSO3110A", application=other)
    assert [each.facture.raisons for each in simulator.factures()] == [(Raison.REJ_UNI,), ()]
    simulator.reset()
    simulator.pace(0)
    deposit(simulator, facture)
    assert simulator.factures()[0].facture.raisons == ()


def test_a_forced_outcome_tells_of_no_invoice(simulator: Simulator) -> None:
    simulator.scenario(statut=Statut.RECEVABLE)
    deposit(simulator, WRONG)
    assert simulator.factures() == []


def test_the_annuaire_is_steered_from_a_test(simulator: Simulator) -> None:
    def raisons(number: str) -> tuple[Raison, ...]:
        deposit(simulator, samples.facture_ubl(number))
        return simulator.factures()[0].facture.raisons

    assert raisons("F1") == ()
    absent = simulator.destinataire("ailleurs", plateforme="PA-1")
    assert raisons("F2") == (Raison.REJ_ADR,)
    simulator.destinataire(samples.SIREN_ACHETEUR)
    assert raisons("F3") == (Raison.NON_TRANSMISE,)
    simulator.destinataire(samples.SIREN_ACHETEUR, plateforme="PA-1")
    assert raisons("F4") == ()
    closed = simulator.fournisseur(SIRET, actif=False)
    assert raisons("F5") == (Raison.REJ_COH,)
    known = [rule.definition for rule in simulator.annuaire()]
    assert known[0] == Fournisseur(siret=SIRET, actif=False)
    simulator.remove(closed)
    assert raisons("F6") == ()
    simulator.remove(absent)
    assert len(simulator.annuaire()) == 2
    simulator.reset()
    assert simulator.annuaire() == []


def test_the_annuaire_is_steered_over_http(simulator: Simulator, plane: httpx.Client) -> None:
    added = plane.post("/annuaire/destinataires", json={"adresse": samples.SIREN_ACHETEUR})
    assert added.status_code == 201
    assert added.json()["schema"] == "0225"
    supplier = plane.post("/annuaire/fournisseurs", json={"siret": SIRET, "public": False})
    assert plane.get("/annuaire/fournisseurs").json() == [supplier.json()]
    deposit(simulator, samples.facture_ubl("F1"))
    assert listed(plane)["factures"][0]["raisons"] == ["REJ_COH"]
    assert plane.delete(f"/annuaire/fournisseurs/{supplier.json()['id']}").status_code == 204
    deposit(simulator, samples.facture_ubl("F2"))
    assert listed(plane)["factures"][0]["raisons"] == ["NON_TRANSMISE"]
    assert plane.delete("/annuaire/destinataires").status_code == 204
    assert plane.delete("/annuaire/destinataires/1").status_code == 404
    for wrong in ({"siret": "12"}, {"siret": SIRET, "nom": "x"}, {}):
        assert plane.post("/annuaire/fournisseurs", json=wrong).status_code == 422


def test_the_annuaire_of_a_file_holds_beside_what_a_test_adds(tmp_path: Path) -> None:
    path = tmp_path / "annuaire.toml"
    path.write_text(samples.annuaire(), encoding="utf-8")
    with Simulator(pace=0, annuaire=path) as simulator:
        deposit(simulator, samples.facture_ubl("F1"))
        [told] = simulator.factures()
        assert (told.facture.raisons, told.facture.non_juges) == ((), ())
        deposit(simulator, samples.facture_ubl("F2", siren_vendeur="100000009"))
        assert simulator.factures()[0].facture.raisons == (Raison.REJ_COH,)
        simulator.fournisseur("10000000900012")
        deposit(simulator, samples.facture_ubl("F3", siren_vendeur="100000009"))
        assert simulator.factures()[0].facture.raisons == ()


def ajw(content: bytes) -> bytes:
    """A UBL invoice with a technical identifier of its emitter (BT-18, AJW)."""
    reference = (
        b'<cac:AdditionalDocumentReference><cbc:ID schemeID="AJW">TECH-7</cbc:ID>'
        b"<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
    )
    before, start, after = content.partition(b"<cac:AccountingSupplierParty>")
    return before + reference + start + after


def documents(simulator: Simulator) -> dict[str, bytes]:
    """Life-cycle documents of each kind, by their status and reasons."""
    id_flux = deposit(simulator, ajw(samples.facture_ubl("F1")))
    deposit(simulator, WRONG)
    deposit(simulator, with_buyer_at(samples.avoir_ubl("A1"), None))
    simulator.destinataire(samples.SIREN_ACHETEUR)
    deposit(simulator, samples.facture_ubl("F3"))
    bad = deposit(simulator, b"<x/>", "nom#\ufffe.xml")
    assert simulator.flux(id_flux).statut is Statut.RECEVABLE
    found = {"501": simulator.cdar(bad)}
    for told in simulator.factures():
        found[" ".join((told.facture.statut.code, *told.facture.raisons))] = simulator.cdar(told)
    return found


def texts(document: bytes, name: str) -> list[str | None]:
    return [each.text for each in etree.fromstring(document).iter(f"{{{RAM}}}{name}")]


def test_a_life_cycle_document_tells_status_and_reasons(simulator: Simulator) -> None:
    found = documents(simulator)
    assert set(found) == {"200", "213 REJ_COH", "213 ADR_ERR", "200 NON_TRANSMISE", "501"}
    for key, document in found.items():
        status, _, reason = key.partition(" ")
        assert texts(document, "ProcessConditionCode") == [status]
        if status != "501":
            assert set(texts(document, "ReasonCode")) == ({reason} if reason else set())
    assert texts(found["200"], "IssuerAssignedID") == ["F1"]
    # MDT-92: what the emitter called it in BT-18.
    within = f".//{{{RAM}}}ReferenceReferencedDocument/{{{RAM}}}GlobalID"
    [technical] = etree.fromstring(found["200"]).iterfind(within)
    assert (technical.text, technical.get("schemeID")) == ("TECH-7", "AJW")
    assert {Code.IRR_NOM_F, Code.IRR_SYNTAX} & set(texts(found["501"], "ReasonCode"))
    assert texts(found["200"], "TypeCode") == ["305", "380"]
    assert texts(found["213 ADR_ERR"], "TypeCode") == ["305", "381"]


@with_schemas
def test_every_life_cycle_document_conforms_to_the_official_schema(
    simulator: Simulator, tmp_path: Path
) -> None:
    official = Context(already_received=never, schemas=Schemas.read(FOLDER))
    path = tmp_path / "cdar.xml"
    for document in documents(simulator).values():
        path.write_bytes(document)
        verdict = controler(Depot(path, path.name, "FSO3300A", "AAA123"), official)
        assert (verdict.motifs, verdict.remarques) == ((), ())


def test_life_cycle_documents_are_downloads_of_the_control_plane(
    simulator: Simulator, plane: httpx.Client
) -> None:
    right = deposit(simulator, samples.facture_ubl("F1"))
    wrong = deposit(simulator, b"")
    [facture] = listed(plane)["factures"]
    answer = plane.get(facture["cdar"].removeprefix("/_simulator"))
    assert answer.headers["content-type"] == "application/xml"
    assert "CDAR_200" in answer.headers["content-disposition"]
    assert answer.content == simulator.cdar(simulator.factures()[0])
    answer = plane.get(f"/flux/{wrong}/cdar")
    assert answer.content == simulator.cdar(wrong)
    assert texts(answer.content, "ReasonCode") == ["IRR_VIDE"]
    refused = plane.get(f"/flux/{right}/cdar")
    assert (refused.status_code, "RECEVABLE" in refused.text) == (404, True)
    assert plane.get("/flux/inconnu/cdar").status_code == 404
    assert plane.get("/factures/999999/cdar").status_code == 404
    with pytest.raises(ValueError, match="501"):
        simulator.cdar(right)


def test_an_invoice_that_nobody_can_identify_is_announced_by_no_document(
    simulator: Simulator, plane: httpx.Client
) -> None:
    number = b"<cbc:ID>F1</cbc:ID>"
    content = samples.facture_ubl("F1")
    assert number in content
    deposit(simulator, content.replace(number, b"<cbc:ID> </cbc:ID>"))
    [facture] = listed(plane)["factures"]
    assert (facture["numero"], facture["cdar"]) == ("", None)
    assert plane.get(f"/factures/{facture['id']}/cdar").status_code == 404
    assert not Facture("f.xml", "F1", "hier", siren="200000008").annoncee


@pytest.mark.parametrize(
    ("address", "right"),
    [("0088:731", ("0088", "731")), (":731", ("0225", "731")), ("", ("0225", "200000008"))],
)
def test_a_life_cycle_document_goes_to_the_seller_s_address(
    address: str, right: tuple[str, str]
) -> None:
    facture = Facture("f.xml", "F1", "2026-09-15", siren="200000008", adresse_vendeur=address)
    [told] = etree.fromstring(cdar.of_facture(facture, 0)).iter(f"{{{RAM}}}URIID")
    assert (told.get("schemeID"), told.text) == right
