"""Contracts that cannot work: one clear message, a non-zero exit code, nothing changed."""

import json
import zipfile
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from depot_flux_contract.binding import bind
from depot_flux_contract.command import main
from depot_flux_contract.compare import compare
from depot_flux_contract.effective import effective_contract, read_yaml
from depot_flux_contract.errors import ContractError
from tests.support.adoption import CONTRATS, ROOT, adopted, snapshot

Spoil = Callable[[dict[str, Any]], None]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with this project's own contract."""
    folder = tmp_path / "maison"
    assert not adopted(folder, ROOT / "spec" / "depot-flux-g2b.yaml").changed
    return folder


def run(house: Path, path: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["adopt", str(path), "--into", str(house), *options])


def refused(house: Path, path: Path, *options: str) -> str:
    before = snapshot(house)
    result = run(house, path, *options)
    assert result.exit_code == 1, result.output
    assert snapshot(house) == before
    (line,) = result.output.strip().splitlines()
    assert line.startswith("Error: ")
    return line


def spoiled(tmp_path: Path, spoil: Spoil) -> Path:
    document = read_yaml(CONTRATS / "openapi30-multipart.yaml")
    spoil(document)
    path = tmp_path / "contrat.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


SUIVI = "/transmissions/{uuidTransmission}/statut"


def no_consultation(document: dict[str, Any]) -> None:
    del document["paths"][SUIVI]


def no_deposit(document: dict[str, Any]) -> None:
    del document["paths"]["/transmissions"]


def no_identifier(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Accuse"]
    del schema["properties"]["uuidTransmission"]
    schema["required"] = ["etat"]


def no_status(document: dict[str, Any]) -> None:
    suivi = document["components"]["schemas"]["Suivi"]["properties"]["transmission"]
    del suivi["properties"]["etat"]
    del suivi["required"]


def a_status_of_other_values(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["EtatTransmission"]["enum"] = ["A", "B", "C", "D"]


def no_file(document: dict[str, Any]) -> None:
    body = document["paths"]["/transmissions"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    schema["properties"]["document"] = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
    }


def recursive(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["Suivi"]["properties"]["parent"] = {"$ref": "#/components/schemas/Suivi"}
    schemas["Suivi"]["required"] = ["parent"]


def external(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Suivi"] = {"$ref": "commun.yaml#/Suivi"}


def dangling(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Accuse"]["properties"]["etat"] = {
        "$ref": "#/components/schemas/Absent"
    }


def invalid(document: dict[str, Any]) -> None:
    document["paths"]["/transmissions"]["post"]["responses"]["202"] = {"content": {}}


def a_path_flask_cannot_serve(document: dict[str, Any]) -> None:
    document["paths"]["/<transmissions"] = document["paths"].pop("/transmissions")


def unfillable(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Accuse"]
    schema["properties"]["poidsNet"] = {"type": "number", "minimum": 2, "maximum": 1}
    schema["required"].append("poidsNet")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_consultation, ["has no consultation", "asks for an identifier"]),
        (no_deposit, ["has no deposit", "takes a file"]),
        (no_identifier, ["identifies the flux", "etat", "x-depot-flux-role: id_flux"]),
        (no_status, ["four states"]),
        (a_status_of_other_values, ["four states", "transmission.etat", "x-depot-flux-valeurs"]),
        (no_file, ["deposit a flux"]),
        (recursive, ["#/components/schemas/Suivi", "contains itself where it is required"]),
        (external, ["commun.yaml", "outside the file"]),
        (dangling, ["#/components/schemas/Absent", "not there"]),
        (invalid, ["no valid OpenAPI", "/paths/~1transmissions/post/responses/202"]),
        (a_path_flask_cannot_serve, ["cannot be adopted yet", "transmissions"]),
        (unfillable, ["poidsNet", "required"]),
    ],
)
def test_a_contract_that_cannot_work_is_refused(
    house: Path, tmp_path: Path, spoil: Spoil, said: list[str]
) -> None:
    line = refused(house, spoiled(tmp_path, spoil))
    for words in said:
        assert words.removeprefix("#") in line, line


def bomb() -> str:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(["openapi: 3.0.0", "a0: &a0 [x, x]", *levels])


def merge_bomb() -> str:
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    return "\n".join(["openapi: 3.0.0", "a0: &a0 {x: 1}", *levels])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"bonjour", "no OpenAPI or Swagger document"),
        (b"", "no OpenAPI or Swagger document"),
        (b'{"a": 1}', "no key openapi or swagger"),
        (b'{"openapi": "3.2.0", "paths": {}}', "3.2.0"),
        (b'{"openapi": ', "no valid JSON"),
        (b"a: [", "neither JSON nor valid YAML"),
        (b"\xff\xfe{\x00", "UTF-8"),
        (b" " * 50_000_000, "larger than 5 Mo"),
        (bomb().encode(), "bomb"),
        (merge_bomb().encode(), "bomb"),
        (b"openapi: 3.0.0\na: &a [*a]", "contains itself"),
        (b"[" * 100_000, "nested too deep"),
        (b"a: " + b"[" * 500_000 + b"]" * 500_000, "nested deeper"),
        (b'{"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": {}}', "operation"),
    ],
)
def test_a_file_that_is_no_contract_is_refused(
    house: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "contrat.yaml"
    path.write_bytes(content)
    assert said in refused(house, path)


def test_an_absent_file_is_refused(house: Path, tmp_path: Path) -> None:
    assert "cannot be read" in refused(house, tmp_path / "absent.yaml")


@pytest.mark.reconstruction
def test_a_zip_of_several_asks_for_one(house: Path, tmp_path: Path) -> None:
    path = tmp_path / "contrats.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("openapi31.yaml", "octet-stream.yaml"):
            archive.write(CONTRATS / name, name)
        archive.writestr("autre.json", json.dumps({"a": 1}))
        archive.writestr("gros.json", b" " * 5_000_001)
    assert "openapi31.yaml, octet-stream.yaml" in refused(house, path)
    assert "holds no rien.yaml" in refused(house, path, "--member", "rien.yaml")
    result = run(house, path, "--member", "openapi31.yaml", "--report", str(tmp_path / "r.md"))
    assert result.exit_code == 0, result.output
    report = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "- **deposer POST /flux**: is now POST /flows" in report
    assert "refuted: the deposit" not in report
    assert "| `/paths/~1flux/post/responses/201` | assumed | confirmed |" in report


@pytest.mark.parametrize(
    ("place", "keyword"),
    [
        (("components", "schemas", "Flow"), "requried"),
        (("components", "schemas", "Flow", "properties", "status"), "maxLenght"),
        (("paths", "/flows/{flowId}", "get", "parameters", 0, "schema"), "patern"),
    ],
)
def test_a_keyword_that_is_none_is_refused_where_it_stands(
    house: Path, tmp_path: Path, place: tuple[str | int, ...], keyword: str
) -> None:
    document = read_yaml(CONTRATS / "openapi31.yaml")
    node: Any = reduce(lambda held, key: held[key], place, document)  # type: ignore[index]
    node[keyword] = 3
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    told = refused(house, path)
    assert "/".join(str(key).replace("/", "~1") for key in (*place, keyword)) in told
    assert "--roles" in told


@pytest.mark.deep
def test_a_keyword_of_ones_own_or_of_a_schema_that_nothing_leads_to_is_let_be(
    house: Path, tmp_path: Path
) -> None:
    document = read_yaml(CONTRATS / "openapi31.yaml")
    schemas = document["components"]["schemas"]
    schemas["Flow"]["x-mine"] = 3
    schemas["Autre"] = {"requried": 3}
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run(house, path).exit_code == 0


def test_swagger_2_without_node_says_so(
    house: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs Node" in refused(house, CONTRATS / "swagger2-base64.json")


def test_a_failing_check_changes_nothing(house: Path) -> None:
    def fail(_generated: Path) -> None:
        raise ContractError("no")

    before = snapshot(house)
    with pytest.raises(ContractError):
        adopted(house, another(), check=fail)
    assert snapshot(house) == before


def another() -> Path:
    """A contract that is not the one which stands."""
    stands = (ROOT / "spec" / "depot-flux-g2b.yaml").read_bytes()
    names = ("openapi31.yaml", "octet-stream.yaml")
    return next(CONTRATS / name for name in names if (CONTRATS / name).read_bytes() != stands)


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_a_failure_between_two_folders_undoes_the_first(
    house: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    before, renamed, rename = snapshot(house), 0, Path.rename

    def sometimes(self: Path, target: Path) -> Path:
        nonlocal renamed
        renamed += 1
        if renamed == failing:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", sometimes)
    with pytest.raises(ContractError, match="nothing was changed"):
        adopted(house, another())
    monkeypatch.undo()
    assert snapshot(house) == before
    assert sorted(path.name for path in house.iterdir()) == ["generated", "spec"]


def test_our_own_contract_changes_nothing(house: Path) -> None:
    before = snapshot(house)
    result = run(house, ROOT / "spec" / "depot-flux-g2b.yaml")
    assert result.exit_code == 0
    assert "No difference." in result.output
    assert snapshot(house) == before


@pytest.mark.reconstruction
def test_what_was_inferred_for_our_own_contract_is_what_we_wrote(tmp_path: Path) -> None:
    """The reconstruction, its roles forgotten, gets the same roles again."""
    base = read_yaml(ROOT / "spec" / "depot-flux-g2b.yaml")
    bound = bind(base)
    effective = effective_contract(base, bound.overlay("Rôles", []))
    ours = read_yaml(ROOT / "generated" / "openapi.json")
    assert compare(ours, effective) == []
