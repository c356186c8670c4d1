"""What is read of a file that somebody hands over, in whatever spelling it comes."""

import json
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openapi_spec_validator import validate

from depot_flux_contract.conversion import plain_paths, to_openapi
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.errors import ContractError
from depot_flux_contract.folders import BASE, OVERLAY
from depot_flux_contract.generate import check, generate
from depot_flux_contract.reading import read_bytes, read_contract
from depot_flux_contract.swagger1 import from_swagger_1
from depot_flux_contract.trial import life_cycle
from tests.support.adoption import CONTRATS, ROOT, adopted, published

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


@pytest.mark.deep
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


@pytest.mark.deep
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


def test_the_client_of_a_published_contract_with_callbacks_is_generated(tmp_path: Path) -> None:
    spec = tmp_path / "spec"
    spec.mkdir()
    shutil.copyfile(published("afnor-flow-service-1.2.0.json"), spec / BASE)
    shutil.copyfile(ROOT / "spec" / "client.yaml", spec / "client.yaml")
    (spec / OVERLAY).write_text("actions: []", encoding="utf-8")
    assert generate(spec, tmp_path / "generated") == []
    document = read_yaml(spec / BASE)
    made = list((tmp_path / "generated" / "depot_flux_client" / "api").rglob("[a-z]*.py"))
    assert len(made) == len(operations(document))


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


@pytest.mark.deep
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
        ("/apis/0/operations/0/parameters/0/oneOf", [1], "is no word of Swagger 1.x"),
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


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"type": "Integer"}, {"type": "integer"}),
        ({"dataType": "Date"}, {"type": "string", "format": "date-time"}),
        ({"type": "date"}, {"type": "string", "format": "date"}),
        ({"dataType": "byte[]"}, {"type": "string", "format": "byte"}),
        ({"type": "string", "enum": [], "defaultValue": None}, {"type": "string"}),
        ({"type": "string", "allowableValues": {"values": []}}, {"type": "string"}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
    ],
)
def test_types_are_understood_as_generators_write_them(said: Any, made: Any) -> None:
    document = declaration()
    document["models"]["Erreur"]["properties"]["cause"] = said
    schemas = from_swagger_1(document, "api.json")["components"]["schemas"]
    assert schemas["Erreur"]["properties"]["cause"] == made


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
    to_openapi(document, "api.json")
    document["models"]["Erreur"]["required"] = ["depot"]
    document["models"]["Depot"]["required"] = ["erreur"]
    with pytest.raises(ContractError, match="contains itself"):
        to_openapi(document, "api.json")


# -- zips ----------------------------------------------------------------------------------------

CONTRACT = (CONTRATS / "octet-stream.yaml").read_bytes()


def zipped(**members: bytes) -> bytes:
    """A zip of files: `api_json` becomes api.json."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return written.getvalue()


def as_json(content: bytes) -> bytes:
    return json.dumps(read_bytes(content, "api.yaml").document).encode()


def refusal(content: bytes, member: str | None = None) -> str:
    with pytest.raises(ContractError) as refused:
        read_bytes(content, "api.zip", member)
    (line,) = str(refused.value).splitlines()
    return line


def test_a_member_that_is_not_utf_8_is_refused_saying_where() -> None:
    line = refusal((CONTRATS / "p22-latin1.zip").read_bytes())
    assert line.startswith("api.zip:api.yml: is no UTF-8 text: byte 3 is 0xe9")
    assert "ISO-8859-1" in line
    assert "byte 4 is 0xe9" in refusal(zipped(a_json=b"\xef\xbb\xbf \xe9"))
    assert "UTF-16" in refusal("{}".encode("utf-16"))


def test_an_unreadable_member_beside_a_contract_is_none_of_its_business() -> None:
    read = read_bytes(zipped(notes_yml=b"# d\xe9", api_yaml=CONTRACT), "api.zip")
    assert read.name == "api.zip:api.yaml"
    assert read.notes == ()


def test_a_zip_inside_a_zip_is_opened_and_one_inside_that_is_not() -> None:
    inner = zipped(api_yaml=CONTRACT)
    read = read_bytes(zipped(livraison_zip=inner, doc_pdf=b"%PDF"), "api.zip")
    assert read.name == "api.zip:livraison.zip:api.yaml"
    assert read.text == CONTRACT.decode()
    line = refusal(zipped(a_zip=zipped(b_zip=inner)))
    assert line == "api.zip:a.zip:b.zip: lies in a zip in a zip; unpack one of them"


def test_a_file_of_a_zip_inside_a_zip_can_be_named() -> None:
    other = CONTRACT.replace(b"title: ", b"title: Autre ", 1)
    content = zipped(a_zip=zipped(api_yaml=CONTRACT), b_zip=zipped(api_yaml=other))
    assert "a.zip:api.yaml, b.zip:api.yaml; name one with --member" in refusal(content)
    assert read_bytes(content, "api.zip", "b.zip:api.yaml").text == other.decode()
    assert "holds no c.yaml; it holds a.zip, b.zip" in refusal(content, "c.yaml")


def test_one_contract_in_two_spellings_is_one_and_json_goes_first() -> None:
    read = read_bytes(zipped(api_yaml=CONTRACT, api_json=as_json(CONTRACT)), "api.zip")
    assert read.name == "api.zip:api.json"
    (note,) = read.notes
    assert "one contract in several spellings, api.json, api.yaml" in note
    spaced = as_json(CONTRACT).replace(b'"title": "', b'"title": "  ', 1)
    assert read_bytes(zipped(a_json=spaced, b_json=as_json(CONTRACT)), "api.zip").notes
    changed = as_json(CONTRACT).replace(b'"string"', b'"number"', 1)
    assert changed != as_json(CONTRACT)
    assert "several contracts" in refusal(zipped(api_yaml=CONTRACT, api_json=changed))


def test_a_listing_beside_its_declaration_is_passed_over() -> None:
    listing = b'{"swaggerVersion": "1.2", "apis": [{"path": "/flux"}]}'
    held = (CONTRATS / "swagger12.json").read_bytes()
    read = read_bytes(zipped(api_docs_json=listing, flux_json=held), "api.zip")
    assert (read.name, read.notes) == ("api.zip:flux.json", ())
    assert read_bytes(zipped(a_json=listing), "api.zip").name == "api.zip:a.json"


def test_that_two_spellings_are_one_contract_is_told(tmp_path: Path) -> None:
    path = tmp_path / "api.zip"
    path.write_bytes(zipped(api_yaml=CONTRACT, api_json=as_json(CONTRACT)))
    assert "several spellings" in adopted(tmp_path / "maison", path).as_text()


def test_what_a_zip_without_a_contract_holds_is_told() -> None:
    assert refusal(zipped(doc_pdf=b"%PDF")).endswith("document: only doc.pdf")
    line = refusal(zipped(a_json=b'{"asyncapi": "2.0.0"}', b_json=b"{"))
    assert "AsyncAPI" in line
    assert "b.json: is no valid JSON" in line
    broken = bytearray(zipped(a_json=b"{" * 50))
    broken[40] ^= 1
    assert "a.json: cannot be opened: Bad CRC" in refusal(bytes(broken))
    assert "a.zip: cannot be opened" in refusal(zipped(a_zip=b"PK"))


def test_a_zip_is_bounded_whatever_lies_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "larger than 5 Mo" in refusal(zipped(a_json=b" " * 5_000_001))
    many = {f"f{number}_txt": b"" for number in range(501)}
    assert "more than 1000 files" in refusal(zipped(a_zip=zipped(**many), b_zip=zipped(**many)))
    monkeypatch.setattr("depot_flux_contract.zipped.LARGEST_ZIP", 10_000)
    inner = zipped(x_json=b" " * 4_000, y_json=b" " * 4_000)
    assert "files or 0 Mo" in refusal(zipped(a_zip=inner))


# -- what is no contract -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("%PDF-1.7", "a PDF"),
        ("PK\3\4", "a zip that was cut off"),
        ("\n<!DOCTYPE html><html></html>", "an HTML page"),
        ('<?xml version="1.0"?><html>', "an HTML page"),
        (
            '<?xml version="1.0"?>\n<!-- G2B -->\n<wsdl:definitions\n xmlns:wsdl="http://schemas.'
            'xmlsoap.org/wsdl/"/>',
            "a WSDL",
        ),
        ('<application xmlns="http://wadl.dev.java.net/2009/02"/>', "a WADL"),
        ("<xs:schema/>", "XML"),
        ("#%RAML 1.0\ntitle: a", "RAML"),
        ("FORMAT: 1A\n# a", "an API Blueprint"),
        ("asyncapi: 2.6.0", "AsyncAPI"),
        ("overlay: 1.0.0\nactions: []", "an OpenAPI Overlay"),
        ('{"info": {"_postman_id": "a", "name": "b"}, "item": []}', "a Postman collection"),
        ('{"info": {"schema": "https://schema.getpostman.com/v2"}}', "a Postman collection"),
        ('{"data": {"__schema": {}}}', "a GraphQL schema"),
        ('{"$schema": "https://json-schema.org/draft/2020-12/schema"}', "a JSON Schema"),
    ],
)
def test_what_is_no_contract_is_told_by_its_looks(content: str, said: str) -> None:
    line = refusal(content.encode())
    assert line.startswith("api.zip: is no OpenAPI or Swagger document: it looks like " + said)


def test_a_contract_that_begins_with_a_merge_is_no_xml() -> None:
    assert "no key openapi" in refusal(b"<<: {a: 1}\nb: 2")


def test_bytes_without_a_file_are_read_like_one() -> None:
    read = read_bytes(CONTRACT, "entrée standard")
    assert (read.name, read.text) == ("entrée standard", CONTRACT.decode())
    assert "larger than 5 Mo" in refusal(b" " * 5_000_001)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("paths", "/flux", "post", "responses"), 5, "/paths/~1flux/post"),
        (("paths", "/flux", "post", "requestBody", "content"), [1], "/paths/~1flux/post"),
        (("paths", "/flux"), "x", "/paths"),
        (("paths",), 5, "/paths"),
    ],
)
def test_a_contract_of_the_wrong_shape_is_refused_in_words(
    tmp_path: Path, place: tuple[str, ...], value: Any, said: str
) -> None:
    document = read_yaml(CONTRATS / "p7-callbacks-ref.json")
    held: Any = document
    for key in place[:-1]:
        held = held[key]
    held[place[-1]] = value
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ContractError, match="no valid OpenAPI document") as refused:
        adopted(tmp_path / "maison", path)
    assert said in str(refused.value)
