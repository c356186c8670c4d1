"""Contracts an operator might publish, each adopted and held to the whole contract suite."""

import json
from pathlib import Path

import pytest
import yaml

from depot_flux_contract.conformity import CODE, NAME, Driver, life_cycle
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.generate import check
from depot_flux_contract.provenance import faults
from tests import conformity
from tests.adoption.outils import ROOT, adopted, contract, needs_converter

NAMES = [
    "swagger2-base64.json",
    "openapi30-multipart.yaml",
    "openapi31.yaml",
    "octet-stream.yaml",
    "dans-un-zip.json",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_official_looking_contract_is_adopted_and_holds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.startswith("swagger2"):
        needs_converter()
        monkeypatch.chdir(ROOT)
    adoption = adopted(tmp_path, contract(name, tmp_path))
    spec, generated = tmp_path / "spec", tmp_path / "generated"
    assert adoption.changed
    assert adoption.changes[0].breaking
    assert adoption.verdicts
    assert check(spec, generated) == [], "the overlay on disk gives another client"
    base = read_yaml(spec / "depot-flux-g2b.yaml")
    assert faults(base, read_yaml(spec / "provenance.yaml")) == []
    life_cycle(generated)
    conformity.a_final_status_stays(generated)
    conformity.keeps_the_contract(generated, examples=10)
    conformity.links_lead_to_the_flux(generated, examples=4)
    conformity.client_understands_every_answer(generated, examples=3)
    conformity.client_sends_what_the_contract_asks(generated, examples=8)
    conformity.a_large_deposit_arrives(generated, 1_000_000)


def served(tmp_path: Path, name: str) -> Path:
    adopted(tmp_path, contract(name, tmp_path))
    return tmp_path / "generated"


def test_the_values_have_the_form_the_schemas_ask(tmp_path: Path) -> None:
    """A pattern in an identifier, an address in Location, null where a status does not apply."""
    with Driver.started(served(tmp_path, "openapi31.yaml")) as driver:
        deposit = driver.contract.deposer
        response = driver.call(deposit, driver.deposit_arguments(b"<a/>", NAME, CODE))
        location = response.headers["Location"]
        assert location.startswith("/g2b/flows/FLX-")
        web = driver.app.test_client()
        first = web.get(location, headers=driver.headers).get_json()
        assert (first["status"], first["finalStatus"]) == ("RECEIVED", None)
        assert "rejectionReason" not in first
        driver.clock.advance(6_000)
        last = web.get(location, headers=driver.headers).get_json()
        assert (last["status"], last["finalStatus"]) == (None, "INADMISSIBLE")
        assert last["rejectionReason"].startswith("IRR_")


def test_motifs_and_a_nested_status_show_where_the_contract_has_them(tmp_path: Path) -> None:
    with Driver.started(served(tmp_path, "openapi30-multipart.yaml")) as driver:
        identifier = driver.deposit(b"<a/>")
        driver.clock.advance(6_000)
        path = f"/cpro/transmissions/v1/transmissions/{identifier}/statut"
        answer = driver.app.test_client().get(path, headers=driver.headers).get_json()
        (motif,) = answer["transmission"]["motifs"]
        assert answer["transmission"]["etat"] == "irrecevable"
        assert motif["code"] == "IRR_SYNTAX"
        missing = driver.app.test_client().get(path[:-8], headers=driver.headers)
        assert missing.status_code == 404
        unknown = driver.app.test_client().get(f"{path[:-9]}0/statut", headers=driver.headers)
        assert set(unknown.get_json()) == {"timestamp", "status", "error", "message", "path"}
        assert driver.app.test_client().get("/cpro/transmissions/v1/sante").status_code == 200


def test_what_plays_no_role_is_the_contracts_own_example_and_is_said(tmp_path: Path) -> None:
    adoption = adopted(tmp_path, contract("dans-un-zip.json", tmp_path))
    assert any('canal is required and plays no role: the contract\'s example is answered, "API"'
               in remark for remark in adoption.remarks)  # fmt: skip


def test_a_role_of_ones_own_goes_before_the_inferred_one(tmp_path: Path) -> None:
    own = {
        "overlay": "1.0.0",
        "info": {"title": "Mes rôles", "version": "1"},
        "actions": [
            {
                "target": "$.components.schemas.Depot.properties.fichier",
                "update": {"x-depot-flux-role": "fichier", "x-mine": True},
            }
        ],
    }
    roles = tmp_path / "roles.yaml"
    roles.write_text(yaml.safe_dump(own), encoding="utf-8")
    adopted(tmp_path, ROOT / "spec" / "depot-flux-g2b.yaml", roles=roles)
    effective = json.loads((tmp_path / "generated" / "openapi.json").read_text(encoding="utf-8"))
    fichier = effective["components"]["schemas"]["Depot"]["properties"]["fichier"]
    assert fichier["x-mine"] is True
    # The rest was inferred, and is what we wrote ourselves.
    ours = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))
    given = (ours["paths"]["/flux"]["post"], effective["paths"]["/flux"]["post"])
    assert given[0]["x-depot-flux-role"] == given[1]["x-depot-flux-role"]
