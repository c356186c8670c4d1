"""Plausible contracts, and the norm's own: what must become of each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from depot_flux_contract.errors import ContractError
from depot_flux_contract.trial import life_cycle
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Calls, Role, Simulator
from tests.support import conformity
from tests.support.adoption import CONTRATS, adopted, adopted_house, published

AFNOR = "afnor-flow-service-1.2.0.json"
NAMES = [
    "c02-nested-num.json",
    "c09-history-in-object.json",
    "c12-metadata-part.json",
    "p1-ppf.json",
    "p2-31-oneof-const.json",
    "p7-callbacks-ref.json",
    "p8-binary-first.json",
    "piste-postcr.json",
    "piste-sw11.json",
    "piste-sw2.json",
    "s1-nontraite.json",
    "v12-message-success.json",
    "x1-consult-post-path.json",
    "x4b.json",
]


@pytest.fixture(scope="module")
def afnor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that adopted the norm's own contract as it is published."""
    folder = tmp_path_factory.mktemp("afnor")
    adopted(folder, published(AFNOR))
    return folder


@contextmanager
def served(folder: Path) -> Iterator[tuple[Simulator, Calls]]:
    with (
        Simulator(contract=folder / "generated" / "openapi.json") as simulator,
        simulator.client() as client,
    ):
        simulator.freeze()
        yield simulator, simulator.calls(client)


def bare(simulator: Simulator) -> httpx.Client:
    """A client that brings no access."""
    return httpx.Client(transport=simulator.transport, base_url=simulator.url)


@pytest.mark.deep
@pytest.mark.parametrize("name", NAMES)
def test_a_plausible_contract_lives_through_the_facade(name: str) -> None:
    life_cycle(adopted_house(name)[0] / "generated")


@pytest.mark.deep
@pytest.mark.parametrize("name", NAMES)
def test_client_and_simulator_keep_a_plausible_contract(name: str) -> None:
    keeps(adopted_house(name)[0] / "generated")


def keeps(generated: Path) -> None:
    conformity.keeps_the_contract(generated, examples=8)
    conformity.client_holds(
        generated,
        a_final_status_stays=1,
        client_understands_every_answer=3,
        client_sends_what_the_contract_asks=8,
    )


def spelled(name: str) -> dict[str, Any]:
    table = json.loads((adopted_house(name)[0] / "generated" / "bindings.json").read_text("utf-8"))
    answers = table["operations"]["consulter"]["answers"].values()
    (found,) = [p["values"] for places in answers for p in places if p["role"] == "statut"]
    values: dict[str, Any] = found
    return values


def test_what_is_not_processed_has_been_received() -> None:
    assert spelled("s1-nontraite.json") == {
        "RECU": ["NON_TRAITE"],
        "EN_COURS_DE_TRAITEMENT": ["EN_COURS"],
        "RECEVABLE": ["TRAITE"],
        "IRRECEVABLE": ["REJETE"],
    }


def test_a_partial_outcome_is_left_unknown_and_said() -> None:
    values = [value for each in spelled("piste-sw2.json").values() for value in each]
    assert "IN_INTEGRE_PARTIEL" not in values
    notes = adopted_house("piste-sw2.json")[1].bindings.notes
    assert any("never answered: IN_INTEGRE_PARTIEL" in note for note in notes)


def test_a_label_says_the_status_and_numbers_are_explained() -> None:
    with served(adopted_house("c02-nested-num.json")[0]) as (simulator, calls):
        flux = calls.deposer(facture_ubl()).accept().id_flux
        seen = []
        for _ in range(3):
            seen.append(calls.consulter(flux).response.json()["statut"])
            simulator.advance(3)
    assert seen == [
        {"code": 10, "libelle": "Reçu"},
        {"code": 20, "libelle": "En cours de traitement"},
        {"code": 500, "libelle": "Recevable"},
    ]


def test_the_status_is_the_last_of_a_history() -> None:
    with served(adopted_house("c09-history-in-object.json")[0]) as (simulator, calls):
        flux = calls.deposer(b"<a/>").accept().id_flux
        simulator.advance(10)
        reply = calls.consulter(flux)
    told = reply.response.json()["statuts"]
    assert [each["statut"] for each in told] == ["RECU", "EN_COURS", "IRRECEVABLE"]
    assert [each["date"] for each in told] == sorted(each["date"] for each in told)
    assert reply.statut == "IRRECEVABLE"


def test_the_identifier_that_is_asked_for_is_taken() -> None:
    with served(adopted_house("x4b.json")[0]) as (_, calls):
        answer = calls.deposer(b"<a/>").accept()
    assert answer.id_flux == answer.response.json()["idFluxChorus"]


def test_interface_codes_have_the_contracts_values() -> None:
    with served(adopted_house("piste-sw2.json")[0]) as (simulator, calls):
        answer = calls.deposer(facture_ubl(), code="FSO3110A").accept()
        assert answer.response.json()["syntaxeFlux"] == "IN_DP_E1_UBL_INVOICE"
        (view,) = simulator.search()
    assert view.flux.depot.code_interface == "FSO3110A"


def test_motifs_take_one_of_several_forms() -> None:
    with served(adopted_house("p1-ppf.json")[0]) as (simulator, calls):
        flux = calls.deposer(b"<a/>").accept().id_flux
        simulator.advance(10)
        (motif, *_) = calls.consulter(flux).response.json()["motifs"]
    assert (motif["type-motif"], motif["code-motif"]) == ("TECHNIQUE", "IRR_SYNTAX")
    assert "racine" in motif["libelle-motif"]


def test_a_required_text_without_a_role_is_filled_and_said() -> None:
    folder, adoption = adopted_house("v12-message-success.json")
    with served(folder) as (_, calls):
        told = calls.deposer(b"<a/>").accept().response.json()
    assert (told["message"], told["success"]) == ("", True)
    assert any("201.message is required and plays no role" in r for r in adoption.remarks)


def test_a_directory_is_refused_for_having_no_deposit(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="has no deposit") as caught:
        adopted(tmp_path, published("ppf-annuaire-1.11.0.json"))
    assert "recherche" not in str(caught.value)


def test_a_member_that_is_not_utf_8_is_refused_for_that(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="UTF-8"):
        adopted(tmp_path, CONTRATS / "p22-latin1.zip")


def test_the_norms_own_contract_is_adopted_as_it_is_published(afnor: Path) -> None:
    life_cycle(afnor / "generated")
    with served(afnor) as (simulator, calls):
        deposited = calls.deposer(facture_ubl(), "F1.xml").accept()
        told = deposited.response.json()
        assert (deposited.status, told["name"], told["flowSyntax"]) == (202, "F1.xml", "UBL")
        bad = calls.deposer(b"<a/>").accept().id_flux
        first = calls.consulter(bad).response.json()["acknowledgement"]
        simulator.advance(10)
        last = calls.consulter(bad).response.json()["acknowledgement"]
        unknown = calls.consulter("none")
        nobody = bare(simulator).get(f"{simulator.base_path}/v1/flows/{bad}")
        empty = calls.deposer(b"").accept().id_flux
        began = calls.consulter(empty).response.json()["updatedAt"]
        simulator.advance(3)  # in treatment, for which the norm has the same word
        later = calls.consulter(empty).response.json()
        simulator.advance(10)
        (whole,) = calls.consulter(empty).response.json()["acknowledgement"]["details"]
    assert (later["updatedAt"], later["acknowledgement"]) == (began, {"status": "Pending"})
    assert (whole["reasonCode"], bool(whole["item"])) == ("IRR_VIDE", True)
    assert first == {"status": "Pending"}
    assert last["status"] == "Error"
    assert {each["reasonCode"] for each in last["details"]} == {"IRR_SYNTAX"}
    assert set(unknown.response.json()) >= {"errorCode", "errorMessage"}
    assert (unknown.status, nobody.status_code) == (404, 401)


def test_the_norm_knows_no_technical_account(afnor: Path) -> None:
    with served(afnor) as (simulator, _):
        token = {"Authorization": simulator.headers()["Authorization"]}
        answer = bare(simulator).get(f"{simulator.base_path}/v1/flows/none", headers=token)
    assert answer.status_code == 404


@pytest.mark.parametrize(("right", "status"), [(True, 202), (False, 422)])
def test_a_digest_that_is_stated_is_checked(afnor: Path, status: int, *, right: bool) -> None:
    content = facture_ubl()
    digest = sha256(content if right else b"other").hexdigest()
    info = {"name": "F1.xml", "flowSyntax": "UBL", "sha256": digest, "trackingId": "A-7"}
    with served(afnor) as (simulator, _), simulator.client() as web:
        answer = web.post(
            f"{simulator.base_path}/v1/flows",
            data={"flowInfo": json.dumps(info)},
            files={"file": ("F1.xml", content)},
        )
        assert answer.status_code == status, answer.text
        assert len(simulator.search()) == right
    assert answer.json().get("sha256", digest) == digest
    assert answer.json().get("trackingId", "A-7") == "A-7"


@pytest.mark.deep
def test_client_and_simulator_keep_the_norms_contract(afnor: Path) -> None:
    keeps(afnor / "generated")


def test_an_element_may_be_said_to_play_no_role(tmp_path: Path) -> None:
    roles = tmp_path / "roles.yaml"
    target = "$['components']['schemas']['statutFlux'].properties['dateStatut']"
    update = {"x-depot-flux-role": "aucun"}
    overlay = {"overlay": "1.0.0", "actions": [{"target": target, "update": update}]}
    roles.write_text(json.dumps(overlay), encoding="utf-8")
    adopted(tmp_path / "maison", CONTRATS / "s1-nontraite.json", roles=roles)
    with served(tmp_path / "maison") as (simulator, calls):
        assert not simulator.contract.consulter.wants(Role.DATE_STATUT)
        flux = calls.deposer(b"<a/>").accept().id_flux
        assert "dateStatut" not in calls.consulter(flux).response.json()
