"""What the fields of an answer are taken for: one look at a contract, nothing generated."""

import json
from typing import Any

import pytest

from depot_flux_contract.binding import bind
from depot_flux_contract.bindings import _is_fresh
from depot_flux_contract.errors import ContractError
from depot_flux_contract.given_roles import Binding, Bindings
from depot_flux_contract.telling import asked_beyond_roles
from depot_flux_simulator.contract.document import Document
from tests.support.adoption import CONTRATS

Contract = dict[str, Any]
STATES = ["RECU", "EN_COURS", "RECEVABLE", "IRRECEVABLE"]
DATED = {"type": "string", "format": "date-time"}


def contract() -> Contract:
    text = (CONTRATS / "s1-nontraite.json").read_text(encoding="utf-8")
    found: Contract = json.loads(text)
    return found


def consulted(properties: Contract) -> Bindings:
    """The roles of a contract whose consultation answers these properties."""
    document = contract()
    document["components"]["schemas"]["statutFlux"] = {"type": "object", "properties": properties}
    return bind(document)


def told(found: Bindings, role: str) -> Binding:
    return next(each for each in found.found if each.role == role)


def listing(says: str, **beside: Contract) -> Contract:
    item = {"type": "object", "properties": {"statut": {"enum": STATES}, **beside}}
    return {"historique": {"type": "array", "description": says, "items": item}}


@pytest.mark.parametrize(
    ("way", "end"),
    [
        ({"enum": ["EN_COURS", "TERMINE", "ERREUR"]}, {"enum": ["RECEVABLE", "IRRECEVABLE"]}),
        ({"enum": ["RECU", "EN_COURS", "TERMINE"]}, {"enum": ["OK", "KO"]}),
    ],
)
def test_that_it_is_over_is_no_verdict_where_another_field_tells_it(
    way: Contract, end: Contract
) -> None:
    found = consulted({"statut": way, "resultat": end})
    values = told(found, "statut_temporaire").values
    assert values["RECEVABLE"] == values["IRRECEVABLE"] == "TERMINE"
    assert list(told(found, "statut_final").values.values()) == end["enum"]


def test_a_yes_or_no_may_be_the_verdict() -> None:
    beside = {"etat": {"enum": ["RECU", "EN_COURS", "TERMINE"]}}
    found = consulted({"recevable": {"type": "boolean"}, **beside})
    assert told(found, "statut_final").values == {"RECEVABLE": True, "IRRECEVABLE": False}


def test_of_two_statuses_the_fluxs_own_is_taken_and_the_other_shown() -> None:
    found = consulted({"statutEnvoi": {"enum": STATES}, "statutFlux": {"enum": STATES}})
    statut = told(found, "statut")
    assert (statut.label.split()[0], statut.certainty) == ("statutFlux", "to review")
    assert any("statutEnvoi" in note and "may be the status too" in note for note in found.notes)


@pytest.mark.parametrize(
    "says", ["Du plus récent au plus ancien", "Most recent first", "Ordre antichronologique"]
)
def test_a_history_that_begins_with_its_end_is_refused_unless_it_has_dates(says: str) -> None:
    with pytest.raises(ContractError, match="newest first and without dates") as caught:
        consulted(listing(says))
    assert "Candidates" not in str(caught.value)
    assert told(consulted(listing(says, date=DATED)), "date_statut")
    assert told(consulted(listing("Du plus ancien au plus récent")), "statut")


@pytest.mark.parametrize("name", ["dateExpiration", "datePurge", "dateTransmission", "invoiceDate"])
def test_a_date_of_something_else_is_no_date_of_the_status(name: str) -> None:
    found = consulted({"statut": {"enum": STATES}, name: DATED})
    assert not [each for each in found.found if each.role in ("date_statut", "date_depot")]


@pytest.mark.parametrize(
    ("name", "certainty"),
    [
        ("dateMiseAJour", "certain"),
        ("lastStateChange", "certain"),
        ("depuis", "likely"),
        ("effet", "to review"),
    ],
)
def test_a_date_of_the_status_is_told_by_its_name(name: str, certainty: str) -> None:
    assert told(consulted({"statut": {"enum": STATES}, name: DATED}), "date_statut").certainty == (
        certainty
    )


def test_what_an_operation_outlived_is_left_aside() -> None:
    document = contract()
    paths = document["paths"]
    for path in list(paths):
        paths[f"/v2{path}"] = json.loads(json.dumps(paths[path]))
        for operation in paths[path].values():
            operation["deprecated"] = True
    found = bind(document).found
    assert "/v2/flux'" in next(each.target for each in found if each.role == "deposer")
    assert "/v2/" in next(each.target for each in found if each.role == "consulter")


def asked(document: Contract) -> list[str]:
    return [each.label.split()[0] for each in bind(document).found if each.role == "id_flux"]


def test_an_identifier_may_be_asked_for_in_a_header() -> None:
    document = contract()
    operation = document["paths"].pop("/flux/{idFlux}")["get"]
    language = {"name": "langue", "in": "query", "schema": {"type": "string"}}
    header = {"name": "X-Flux-Id", "in": "header", "required": True, "schema": {"type": "string"}}
    operation["parameters"] = [language, header]
    document["paths"]["/suivi"] = {"get": operation}
    assert asked(document) == ["X-Flux-Id", "idFlux"]


def test_a_version_in_the_path_is_no_identifier() -> None:
    document = contract()
    operation = document["paths"].pop("/flux/{idFlux}")["get"]
    text = {"required": True, "schema": {"type": "string"}}
    operation["parameters"] = [
        {"name": "version", "in": "path", **text},
        {"name": "numero", "in": "query", **text},
    ]
    document["paths"]["/{version}/flux"] = {"get": operation}
    assert asked(document) == ["numero", "idFlux"]


def test_what_is_asked_for_may_be_explained_by_the_name_of_a_field() -> None:
    document = contract()
    number = {"type": "integer", "format": "int64"}
    properties = {"numeroDepot": number, "numeroFlux": number}
    document["components"]["schemas"]["depot"]["properties"] = properties
    (parameter,) = document["paths"]["/flux/{idFlux}"]["get"]["parameters"]
    parameter |= {"name": "id", "description": "Numéro du flux"}
    document["paths"]["/flux/{id}"] = document["paths"].pop("/flux/{idFlux}")
    assert asked(document) == ["id", "numeroFlux"]


def test_an_answer_that_is_a_text_alone_is_the_identifier() -> None:
    document = contract()
    text = {"text/plain": {"schema": {"type": "string"}}}
    document["paths"]["/flux"]["post"]["responses"]["201"] = {"description": "", "content": text}
    assert [each.reason for each in bind(document).found if each.role == "id_flux"] == [
        "the only parameter of the path", "all that it answers",
    ]  # fmt: skip


def test_of_two_files_the_other_is_shown() -> None:
    document = contract()
    body = document["paths"]["/flux"]["post"]["requestBody"]["content"]["multipart/form-data"]
    part = {"type": "string", "format": "binary"}
    body["schema"]["properties"] = {"signature": part, "fichierFlux": part}
    found = bind(document)
    assert "rather than signature" in told(found, "fichier").reason
    assert any("signature" in note and "may be meant" in note for note in found.notes)


def test_interface_codes_may_be_other_values_in_small_letters() -> None:
    document = contract()
    body = document["paths"]["/flux"]["post"]["requestBody"]["content"]["multipart/form-data"]
    values = ["g2b-invoice-ubl", "g2b-invoice-facturx"]
    body["schema"]["properties"]["codeInterface"]["enum"] = values
    assert told(bind(document), "code_interface").values["FSO3110A"] == "g2b-invoice-ubl"


def test_a_motif_in_two_fields_has_its_code_and_its_words() -> None:
    text = {"type": "string"}
    codes = {"enum": ["E1", "E2"], "description": "E1 : flux vide, E2 : autre"}
    found = consulted({"statut": {"enum": STATES}, "motifRejet": text, "codeMotif": codes})
    assert told(found, "motifs").label.split()[0] == "motifRejet"
    assert told(found, "motif_code").values == {"IRR_VIDE": "E1", "AUTRE": "E2"}


def test_an_identifier_of_another_form_is_another() -> None:
    properties = {"statut": {"enum": STATES}, "uuid": {"type": "string", "format": "uuid"}}
    found = [each.label for each in consulted(properties).found if each.role == "id_flux"]
    assert not any("uuid" in label for label in found)


@pytest.mark.parametrize(
    ("name", "schema", "fresh"),
    [
        ("Idempotency-Key", {"type": "string", "minLength": 16, "maxLength": 36}, True),
        ("X-Request-Id", {"type": "string"}, True),
        ("X-Request-Id", {"type": "string", "maxLength": 20}, False),
        ("X-Request-Source", {"type": "string"}, False),
        ("X-Correlation-Id", {"type": "integer"}, False),
    ],
)
def test_what_names_a_call_is_new_for_each(name: str, schema: Contract, *, fresh: bool) -> None:
    parameter = {"name": name, "in": "header", "required": True, "schema": schema}
    assert _is_fresh(Document({"openapi": "3.0.3"}), parameter) is fresh


def test_what_a_deposit_must_say_beyond_the_roles_is_told_by_name() -> None:
    def said(
        name: str, role: str | None = None, *inner: Contract, value: object = None
    ) -> Contract:
        return {"name": name, "role": role, "required": True, "value": value, "properties": inner,
                "fresh": False}  # fmt: skip

    body = {"properties": [said("meta", None, said("nom", "nom_fichier"), said("siret"))]}
    parameters = [said("cpro-account"), said("canal", value="API"), said("lot")]
    operation = {"parameters": parameters, "body": body}
    (note,) = asked_beyond_roles({"operations": {"deposer": operation}})
    assert ": lot, siret; give it under complements" in note


def test_a_deposit_without_a_success_is_refused_for_that() -> None:
    document = contract()
    answers = document["paths"]["/flux"]["post"]["responses"]
    answers["default"] = answers.pop("201")
    with pytest.raises(ContractError, match="POST /flux declares no success"):
        bind(document)


def test_a_refusal_says_what_a_status_says_and_what_it_leaves_open() -> None:
    with pytest.raises(ContractError, match=r"statut says RECU, EN_COURS.* leaves open PARTIEL"):
        consulted({"statut": {"enum": ["RECU", "EN_COURS", "PARTIEL"]}})
