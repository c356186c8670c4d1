"""Forms that contracts take, each a small change to one that is understood."""

import json
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from depot_flux_contract.errors import ContractError
from depot_flux_contract.trial import life_cycle
from depot_flux_simulator.testing import Code, Simulator
from tests.support.adoption import CONTRATS, adopted

Contract = dict[str, Any]
STATES = ["RECU", "EN_COURS", "RECEVABLE", "IRRECEVABLE"]


def schema(contract: Contract, name: str) -> Contract:
    found: Contract = contract["components"]["schemas"][name]
    return found


def deposit(contract: Contract) -> Contract:
    found: Contract = contract["paths"]["/flux"]["post"]
    return found


def consultation(contract: Contract) -> Contract:
    found: Contract = contract["paths"]["/flux/{idFlux}"]["get"]
    return found


def several_successes(contract: Contract) -> None:
    answers = deposit(contract)["responses"]
    answers["202"] = deepcopy(answers["201"])
    answers["200"] = {"description": "Déjà déposé"}


def a_range_of_successes(contract: Contract) -> None:
    answers = deposit(contract)["responses"]
    deposit(contract)["responses"] = {"2XX": answers["201"], "default": answers["400"]}


def bytes_of_several_types(contract: Contract) -> None:
    types = ("application/xml", "application/pdf", "application/gzip")
    content = {each: {"schema": {"type": "string", "format": "binary"}} for each in types}
    deposit(contract)["requestBody"]["content"] = content
    deposit(contract)["parameters"] = [
        {"name": "codeInterface", "in": "query", "required": True, "schema": {"type": "string"}}
    ]


def an_identifier_in_a_header(contract: Contract) -> None:
    header = {"required": True, "schema": {"type": "string"}}
    deposit(contract)["responses"]["201"] = {
        "description": "Reçu",
        "headers": {"X-Flux-Id": header},
    }


def a_number_asked_for_in_a_body(contract: Contract) -> None:
    number = {"type": "integer", "format": "int64"}
    schema(contract, "depot")["properties"]["idFlux"] = number
    asked = {
        "type": "object",
        "required": ["idFlux", "langue"],
        "properties": {"idFlux": number, "langue": {"type": "string", "enum": ["fr", "en"]}},
    }
    operation = contract["paths"].pop("/flux/{idFlux}")["get"]
    del operation["parameters"]
    operation["requestBody"] = {"content": {"application/json": {"schema": asked}}}
    contract["paths"]["/flux/consulter"] = {"post": operation}


def a_status_or_null(contract: Contract) -> None:
    contract["openapi"] = "3.1.0"
    held = schema(contract, "statutFlux")["properties"]
    contract["components"]["schemas"]["Statut"] = held["statut"]
    held["statut"] = {"anyOf": [{"$ref": "#/components/schemas/Statut"}, {"type": "null"}]}


def a_new_identifier_for_every_call(contract: Contract) -> None:
    uuid = {"type": "string", "format": "uuid"}
    header = {"name": "X-Request-Id", "in": "header", "required": True, "schema": uuid}
    for operation in (deposit(contract), consultation(contract)):
        operation.setdefault("parameters", []).append(header)


def motifs_by_their_codes(contract: Contract) -> None:
    codes = [str(code) for code in Code]
    item = {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"type": "string", "enum": codes}, "libelle": {"type": "string"}},
    }
    held = schema(contract, "statutFlux")["properties"]
    held["motifs"] = {"type": "array", "items": item}


def details_that_hold_details(contract: Contract) -> None:
    """Circles where they are optional: a list, a property, an alternative."""
    link = {"$ref": "#/components/schemas/Detail"}
    contract["components"]["schemas"]["Detail"] = {
        "type": "object",
        "required": ["code", "suite"],
        "properties": {
            "code": {"type": "string"},
            "libelle": {"type": "string"},
            "suite": {"type": "array", "items": link},
            "cause": {"allOf": [link]},
        },
    }
    held = schema(contract, "statutFlux")
    held["properties"]["motifs"] = {"type": "array", "items": link}
    held["properties"]["precedent"] = {"$ref": "#/components/schemas/statutFlux"}
    for answer in deposit(contract)["responses"].values():
        for media in answer.get("content", {}).values():
            named = media["schema"].get("$ref", "")
            if "rreur" in named:
                schema(contract, named.rpartition("/")[2])["properties"]["details"] = link


def alternatives_that_hold_themselves(contract: Contract) -> None:
    contract["openapi"] = "3.1.0"
    schemas = contract["components"]["schemas"]
    node, group = {"$ref": "#/components/schemas/Noeud"}, {"$ref": "#/components/schemas/Groupe"}
    leaf = {"type": "object", "required": ["sorte"], "properties": {"sorte": {"const": "feuille"}}}
    inner = {"sorte": {"const": "noeud"}, "fils": node}
    branch = {"type": "object", "required": ["sorte", "fils"], "properties": inner}
    schemas["Noeud"] = {"oneOf": [leaf, branch]}
    above = {"nom": {"type": "string"}, "parent": {"anyOf": [group, {"type": "null"}]}}
    schemas["Groupe"] = {"type": "object", "required": ["nom", "parent"], "properties": above}
    told = schema(contract, "statutFlux")
    told["properties"]["arbre"] = node
    told["required"].append("arbre")
    content = deposit(contract)["requestBody"]["content"]
    held = content.pop("multipart/form-data")["schema"]
    held["properties"]["fichier"] = {"type": "string", "format": "byte"}
    held["properties"]["groupe"] = group
    held["required"].append("groupe")
    content["application/json"] = {"schema": held}


def words_that_come_back(contract: Contract) -> None:
    """A digest and a size that are required of the deposit, and words that are its own."""
    held = deposit(contract)["requestBody"]["content"]["multipart/form-data"]["schema"]
    beside = {
        "empreinteSha256": {"type": "string"},
        "tailleFichier": {"type": "integer"},
        "referenceClient": {"type": "string", "maxLength": 20},
    }
    held["properties"] |= beside
    held["required"] += ["empreinteSha256", "tailleFichier"]
    deposit(contract)["parameters"] = [
        {"name": "rang", "in": "query", "schema": {"type": "integer"}},
        {"name": "urgent", "in": "header", "schema": {"type": "string", "enum": ["oui", "non"]}},
    ]
    told = beside | {"rang": {"type": "integer"}, "urgent": {"type": "string"}}
    schema(contract, "depot")["properties"] |= told
    schema(contract, "statutFlux")["properties"] |= told
    schema(contract, "statutFlux")["required"] += ["rang"]


def one_schema_both_ways(contract: Contract) -> None:
    """What only answers say and what only deposits do, in one schema."""
    status = schema(contract, "statutFlux")["properties"]["statut"]
    contract["components"]["schemas"]["flux"] = {
        "type": "object",
        "required": ["idFlux", "statut", "contenu", "nomFichier"],
        "properties": {
            "idFlux": {"type": "string", "readOnly": True},
            "statut": {**status, "readOnly": True},
            "contenu": {"type": "string", "format": "byte", "writeOnly": True},
            "nomFichier": {"type": "string"},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/flux"}}}
    deposit(contract)["requestBody"]["content"] = content
    deposit(contract)["responses"]["201"]["content"] = content
    consultation(contract)["responses"]["200"]["content"] = content


def a_form_for_each_status(contract: Contract) -> None:
    """Beside it, a name in HTTP's own header and a second file."""
    forms = []
    for states in (STATES[:2], STATES[2:]):
        held = {"statut": {"type": "string", "enum": states}}
        forms.append({"type": "object", "required": ["statut"], "properties": held})
    contract["components"]["schemas"]["statutFlux"] = {"oneOf": forms}
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    deposit(contract)["requestBody"]["content"] = content
    header = {"name": "Content-Disposition", "in": "header", "required": True}
    deposit(contract)["parameters"] = [
        header | {"schema": {"type": "string"}},
        {"name": "codeInterface", "in": "query", "schema": {"type": "string"}},
    ]


def made(tmp_path: Path, change: Callable[[Contract], None]) -> Path:
    contract = json.loads((CONTRATS / "v12-message-success.json").read_text(encoding="utf-8"))
    change(contract)
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(contract), encoding="utf-8")
    return path


@pytest.mark.deep
@pytest.mark.parametrize(
    "change",
    [
        words_that_come_back,
        a_number_asked_for_in_a_body,
        details_that_hold_details,
        alternatives_that_hold_themselves,
        one_schema_both_ways,
        a_form_for_each_status,
        several_successes,
        an_identifier_in_a_header,
        a_range_of_successes,
        bytes_of_several_types,
        a_status_or_null,
        a_new_identifier_for_every_call,
    ],
    ids=lambda change: change.__name__,
)
def test_it_is_adopted_and_lives(change: Callable[[Contract], None], tmp_path: Path) -> None:
    adoption = adopted(tmp_path / "maison", made(tmp_path, change))
    assert not [each for each in adoption.remarks if "leaves out" in each]
    life_cycle(tmp_path / "maison" / "generated")


def test_what_a_deposit_said_comes_back(tmp_path: Path) -> None:
    adopted(tmp_path / "maison", made(tmp_path, words_that_come_back))
    said = {
        "codeInterface": "FSO3110A",
        "empreinteSha256": sha256(b"<a/>").hexdigest(),
        "tailleFichier": "4",
        "referenceClient": "R-1",
    }
    own = {"referenceClient": "R-1", "rang": 7, "urgent": "oui"}
    with (
        Simulator(contract=tmp_path / "maison" / "generated" / "openapi.json") as simulator,
        simulator.client() as client,
    ):
        answer = client.post(
            f"{simulator.base_path}/flux",
            params={"rang": "7"},
            headers={"urgent": "oui"},
            data=said,
            files={"fichier": ("F1.xml", b"<a/>")},
        )
        assert answer.status_code == 201, answer.text
        told = answer.json()
        calls = simulator.calls(client)
        later = calls.consulter(told["idFlux"]).response.json()
        silent = calls.consulter(calls.deposer(b"<b/>").accept().id_flux).response.json()
    for each in (told, later):
        assert each["empreinteSha256"] == said["empreinteSha256"]
        assert each.items() >= {**own, "tailleFichier": 4}.items()
    assert "referenceClient" not in silent
    assert silent["rang"] == 0


def test_a_motif_keeps_its_code_where_the_codes_are_listed(tmp_path: Path) -> None:
    adopted(tmp_path / "maison", made(tmp_path, motifs_by_their_codes))
    contract = tmp_path / "maison" / "generated" / "openapi.json"
    with Simulator(contract=contract) as simulator, simulator.client() as client:
        simulator.freeze()
        calls = simulator.calls(client)
        flux = calls.deposer(b"<a/>").accept().id_flux
        simulator.advance(10)
        (motif,) = calls.consulter(flux).response.json()["motifs"]
    assert motif["code"] == "IRR_SYNTAX"


def test_a_motif_is_said_by_the_contracts_own_value(tmp_path: Path) -> None:
    def coded(contract: Contract) -> None:
        motifs_by_their_codes(contract)
        items = schema(contract, "statutFlux")["properties"]["motifs"]["items"]
        items["properties"]["code"] = {"type": "string", "enum": ["DuplicateFlux", "InvalidXml"]}

    adoption = adopted(tmp_path / "maison", made(tmp_path, coded))
    contract = tmp_path / "maison" / "generated" / "openapi.json"
    with Simulator(contract=contract) as simulator, simulator.client() as client:
        simulator.freeze()
        calls = simulator.calls(client)
        flux = [calls.deposer(content).accept().id_flux for content in (b"<a/>", b"")]
        simulator.advance(10)
        told = [calls.consulter(each).response.json()["motifs"][0]["code"] for each in flux]
    assert told == ["InvalidXml", "DuplicateFlux"]
    said = "DuplicateFlux is said for every motif without a value of its own"
    assert any(said in note for note in adoption.bindings.notes)


def test_a_yes_to_success_is_said_of_successes_alone(tmp_path: Path) -> None:
    def told_in_errors_too(contract: Contract) -> None:
        schema(contract, "erreur")["properties"]["success"] = {"type": "boolean"}

    adopted(tmp_path / "maison", made(tmp_path, told_in_errors_too))
    contract = tmp_path / "maison" / "generated" / "openapi.json"
    with Simulator(contract=contract) as simulator, simulator.client() as client:
        calls = simulator.calls(client)
        assert calls.deposer(b"<a/>").accept().response.json()["success"] is True
        assert calls.consulter("inconnu").response.json()["success"] is False


def test_a_list_of_statuses_without_an_order_is_refused_for_that(tmp_path: Path) -> None:
    def listed(contract: Contract) -> None:
        code = {"type": "string", "enum": STATES}
        items = {"type": "object", "properties": {"code": code}}
        contract["components"]["schemas"]["statutFlux"] = {
            "type": "object",
            "properties": {"etats": {"type": "array", "items": items}},
        }

    with pytest.raises(ContractError, match="nothing tells which is current"):
        adopted(tmp_path / "maison", made(tmp_path, listed))
