"""What is read of a file that somebody hands over, in whatever spelling it comes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from depot_flux_contract.conversion import plain_paths, to_openapi
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.errors import ContractError
from depot_flux_contract.generate import check
from depot_flux_contract.reading import read_contract
from depot_flux_contract.swagger1 import from_swagger_1
from depot_flux_contract.trial import life_cycle
from tests.support.adoption import CONTRATS, adopted

Change = Callable[[dict[str, Any]], None]


def lives(folder: Path, path: Path) -> dict[str, Any]:
    """Adopt it, live a flux's life on it, and give the effective contract back."""
    adopted(folder, path)
    life_cycle(folder / "generated")
    assert check(folder / "spec", folder / "generated") == []
    effective: dict[str, Any] = read_yaml(folder / "generated" / "openapi.json")
    return effective


# -- references ----------------------------------------------------------------------------------


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, node)
        for path, item in document["paths"].items()
        for method, node in item.items()
        if isinstance(node, dict)
    ]


def moved(document: dict[str, Any], kind: str, name: str, node: Any) -> dict[str, str]:
    """A part of a document moved to its components: the reference to it."""
    document.setdefault("components", {}).setdefault(kind, {})[name] = node
    return {"$ref": f"#/components/{kind}/{name}"}


def path_items(document: dict[str, Any]) -> None:
    document["openapi"] = "3.1.0"
    for number, (path, item) in enumerate(document["paths"].items()):
        document["paths"][path] = moved(document, "pathItems", f"p{number}", item)


def parameters_bodies_and_answers(document: dict[str, Any]) -> None:
    for number, (_, _, node) in enumerate(operations(document)):
        for rank, parameter in enumerate(node.get("parameters", ())):
            if "$ref" not in parameter:
                name = f"p{number}-{rank}"
                node["parameters"][rank] = moved(document, "parameters", name, parameter)
        if "requestBody" in node:
            name = f"b{number}"
            node["requestBody"] = moved(document, "requestBodies", name, node["requestBody"])
        for code, answer in node["responses"].items():
            if "$ref" not in answer:
                name = f"r{number}-{code}"
                node["responses"][code] = moved(document, "responses", name, answer)


@pytest.mark.parametrize("change", [path_items, parameters_bodies_and_answers])
def test_what_a_contract_says_once_and_refers_to_is_understood(
    tmp_path: Path, change: Change
) -> None:
    document = read_yaml(CONTRATS / "openapi30-multipart.yaml")
    change(document)
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    effective = lives(tmp_path / "maison", path)
    assert len(list(operations(effective))) == 3


def test_callbacks_and_webhooks_stay_in_the_contract_and_out_of_the_client(
    tmp_path: Path,
) -> None:
    document = read_yaml(CONTRATS / "p7-callbacks-ref.json")
    document["openapi"] = "3.1.0"
    avis = {"operationId": "aviser", "responses": {"200": {"description": "Reçu"}}}
    avis["callbacks"] = {
        "statut": moved(document, "callbacks", "t", {"$ref": "#/components/callbacks/s"})
    }
    document["webhooks"] = {
        "avis": {"post": avis},
        "autre": moved(document, "pathItems", "avis", {"put": {**avis, "operationId": "autre"}}),
    }
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    effective = lives(tmp_path, path)
    assert effective["webhooks"] == document["webhooks"]
    assert effective["components"]["callbacks"] == document["components"]["callbacks"]
    deposit = effective["paths"]["/flux"]["post"]
    assert deposit["callbacks"] == document["paths"]["/flux"]["post"]["callbacks"]
    generated = [path.stem for path in (tmp_path / "generated").rglob("api/**/*.py")]
    assert "consulter_flux" in generated
    assert "aviser" not in generated


def test_what_stands_beside_a_reference_to_a_path_goes_before_it() -> None:
    shared = {"get": {"summary": "a"}, "summary": "b"}
    plain = plain_paths({"paths": {"/a": shared, "/b": {"$ref": "#/paths/~1a", "summary": "c"}}})
    assert plain["paths"] == {"/a": shared, "/b": {"get": {"summary": "a"}, "summary": "c"}}


@pytest.mark.parametrize("target", ["#/info/title", "#/paths/~1a", "#/paths/~1b"])
def test_a_path_that_refers_to_none_is_an_error_in_words(target: str) -> None:
    document = {"info": {"title": "a"}, "paths": {"/a": {"$ref": target}}}
    with pytest.raises(ContractError, match="path item"):
        plain_paths(document)


# -- Swagger 1.x ---------------------------------------------------------------------------------


def test_swagger_1_1_as_a_catalogue_hands_it_out_is_adopted_and_lives(tmp_path: Path) -> None:
    effective = lives(tmp_path, CONTRATS / "piste-sw11.json")
    assert effective["servers"] == [{"url": "https://sandbox-api.piste.gouv.fr"}]
    answer = effective["components"]["schemas"]["RetourConsulterFlux"]
    assert answer["properties"]["etatCourantFlux"]["enum"][1] == "EN_COURS"


def declaration() -> dict[str, Any]:
    """An API declaration of Swagger 1.2 that says a little of everything."""
    return read_yaml(CONTRATS / "swagger12.json")


def test_what_a_declaration_of_swagger_1_2_says_is_said_in_openapi() -> None:
    made = from_swagger_1(declaration(), "api.json")
    validate(made)
    deposit, deletion = made["paths"]["/flux"]["post"], made["paths"]["/flux"]["delete"]
    form = deposit["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form == {
        "type": "object",
        "required": ["fichier"],
        "properties": {
            "fichier": {"type": "string", "format": "binary"},
            "taille": {"type": "integer", "format": "int64"},
        },
    }
    assert deposit["description"] == "Le fichier, puis ses mots."
    (state,) = deposit["parameters"]
    assert (state["in"], state["required"], state["explode"]) == ("query", False, False)
    assert state["schema"] == {"type": "array", "items": {"type": "string", "enum": ["A", "B"]}}
    assert set(deposit["responses"]) == {"202", "400"}
    assert schema_of(deposit["responses"]["202"]) == {"$ref": "#/components/schemas/Depot"}
    assert schema_of(deposit["responses"]["400"]) == {"$ref": "#/components/schemas/Erreur"}
    assert deletion == {
        "parameters": [],
        "responses": {"200": {"description": ""}},
        "deprecated": True,
        "security": [],
    }
    consultation = made["paths"]["/flux/{id}"]["get"]
    rank, trace = consultation["parameters"]
    assert (rank["required"], rank["schema"]["minimum"]) == (True, 1)
    assert "maximum" not in rank["schema"]
    assert (trace["schema"], trace["description"]) == (
        {"type": "boolean", "default": False},
        "Trace",
    )
    answer = consultation["responses"]["200"]
    assert schema_of(answer) == {"type": "array", "items": {"$ref": "#/components/schemas/Depot"}}
    assert list(answer["content"]) == ["application/json", "application/xml"]
    assert made["security"] == [{"oauth2": [], "cle": []}]
    assert consultation["security"] == [{"cle": []}]


def test_the_models_of_a_declaration_are_schemas() -> None:
    made = from_swagger_1(declaration(), "api.json")["components"]
    depot, sous, erreur = made["schemas"].values()
    assert depot["required"] == ["id"]
    assert depot["properties"]["dates"]["items"] == {"type": "string", "format": "date-time"}
    assert depot["properties"]["erreur"] == {
        "allOf": [{"$ref": "#/components/schemas/Erreur"}],
        "description": "La dernière",
    }
    assert sous["allOf"][0] == {"$ref": "#/components/schemas/Depot"}
    assert sous["allOf"][1]["properties"]["rang"]["minimum"] == 0
    assert erreur["properties"]["cause"] == {"type": "array", "items": {"type": "string"}}
    assert made["securitySchemes"] == {
        "oauth2": {"type": "http", "scheme": "bearer"},
        "cle": {"type": "apiKey", "in": "header", "name": "K"},
    }


def schema_of(answer: dict[str, Any]) -> Any:
    return answer["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("/apis/0/operations/0/type", "Rien", "Rien is no type"),
        ("/apis/0/operations/0/parameters/0/paramType", "cookie", "cookie, is not known"),
        ("/apis/0/operations/0/parameters/0/name", None, "has no name"),
        ("/apis/0/operations/0/parameters/0/oneOf", [], "is no word of Swagger 1.x"),
        ("/apis/0/operations/0/parameters", {"a": 1}, "is no array"),
        ("/apis/0/operations/0/responseMessages/0/code", "OK", "no HTTP code"),
        ("/apis/0/operations/0/method", "", "has no method"),
        ("/apis/0/operations/1/method", "POST", "is there twice"),
        ("/apis/0/operations/0", 3, "is no object"),
        ("/apis/0/path", 3, "has no path"),
        ("/apis/1/operations/0/parameters/0/allowableValues/valueType", "ONE", "neither LIST"),
        ("/apis/1/operations/0/parameters/0/allowableValues/min", "un", "un is no number"),
        ("/models/Depot/properties/id", "string", "is no object"),
        ("/models/Depot/properties/erreur/$ref", "Faute", "Faute is no type"),
        ("/models/Sous/properties/rang/minimum", "zéro", "zéro is no number"),
        ("/models/Depot/subTypes", 5, "is no array"),
        ("/authorizations/cle", [], "named and not defined"),
    ],
)
def test_what_is_not_understood_of_swagger_1_is_refused_with_its_place(
    place: str, value: Any, said: str
) -> None:
    document = declaration()
    *way, last = [int(key) if key.isdigit() else key for key in place.split("/")[1:]]
    held: Any = document
    for key in way:
        held = held[key]
    held[last] = value
    with pytest.raises(ContractError) as refused:
        from_swagger_1(document, "api.json")
    assert said in str(refused.value)
    # Where it stands, or the nearest thing around it that the message is about.
    told = str(refused.value).split(": ")[1].split(" ")[0]
    assert place.startswith(told), told


def test_two_bodies_of_one_operation_are_refused() -> None:
    document = declaration()
    body = {"paramType": "body", "name": "corps", "type": "Depot"}
    document["apis"][0]["operations"][0]["parameters"].append(body)
    with pytest.raises(ContractError, match="/apis/0/operations/0 has several bodies"):
        from_swagger_1(document, "api.json")


@pytest.mark.parametrize("apis", [[{"path": "/cpro/flux/v1", "description": "Flux"}], [], None])
def test_a_listing_is_refused_and_says_which_file_to_ask_for(tmp_path: Path, apis: Any) -> None:
    path = tmp_path / "api-docs.json"
    path.write_text(json.dumps({"swaggerVersion": "1.1", "apis": apis}), encoding="utf-8")
    with pytest.raises(ContractError, match="is the listing") as refused:
        adopted(tmp_path / "maison", path)
    assert ("/cpro/flux/v1" if apis else "it names none") in str(refused.value)


@pytest.mark.parametrize(
    "document", [{"swagger": "1.2"}, {"swaggerVersion": "2.0"}, {"swaggerVersion": "1.0"}]
)
def test_a_version_under_the_wrong_key_is_refused(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    (key,) = document
    with pytest.raises(ContractError, match=f"is written in {key} {document[key]}"):
        read_contract(path)


def test_a_model_that_contains_itself_is_refused(tmp_path: Path) -> None:
    document = declaration()
    document["models"]["Erreur"]["properties"]["depot"] = {"$ref": "Depot"}
    with pytest.raises(ContractError, match="contains itself"):
        to_openapi(document, "api.json")
