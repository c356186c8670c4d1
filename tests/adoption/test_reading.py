"""What is read of a file that somebody hands over, in whatever spelling it comes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depot_flux_contract.conversion import plain_paths
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.errors import ContractError
from depot_flux_contract.generate import check
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
