"""What adoption tells people, and what it keeps of what they wrote."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from depot_flux_contract.adopt import Adoption
from depot_flux_contract.command import main
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.folders import RECONSTRUCTION
from depot_flux_contract.given_roles import INFERRED, Binding, Bindings
from depot_flux_contract.telling import what_matters_first
from tests.support.adoption import CONTRATS, ROOT, adopted, snapshot

Document = dict[str, Any]

OURS = RECONSTRUCTION / "depot-flux-g2b.yaml"


@pytest.mark.reconstruction
def test_what_is_given_back_is_what_spec_holds() -> None:
    held = snapshot(RECONSTRUCTION)
    assert held == snapshot(ROOT / "spec"), "after a change of spec/, run `make reconstruction`"


@pytest.mark.reconstruction
def test_our_own_contract_comes_back_whole_after_another(tmp_path: Path) -> None:
    assert adopted(tmp_path, CONTRATS / "openapi31.yaml").changed
    assert snapshot(tmp_path / "spec") != snapshot(ROOT / "spec")
    assert adopted(tmp_path, OURS).changed
    for folder in ("spec", "generated"):
        assert snapshot(tmp_path / folder) == snapshot(ROOT / folder)


# -- roles that somebody wrote -------------------------------------------------------------------


def changed(folder: Path, name: str, change: Callable[[Document], None]) -> Path:
    """A contract of the fixtures, its next version."""
    document = read_yaml(CONTRATS / name)
    document["info"]["version"] = "next"
    change(document)
    path = folder / "next.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def overlay(folder: Path) -> list[Document]:
    actions: list[Document] = read_yaml(folder / "spec" / "roles.overlay.yaml")["actions"]
    return actions


def correct(folder: Path, role: str, corrected: Document) -> Document:
    """Change a role of the overlay by hand, as one does in an editor; the action as it is then."""
    path = folder / "spec" / "roles.overlay.yaml"
    document = read_yaml(path)
    action: Document = next(
        each for each in document["actions"] if each["update"]["x-depot-flux-role"] == role
    )
    action["update"] |= corrected
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return {key: value for key, value in action.items() if key != INFERRED}


def spellings(folder: Path) -> set[str]:
    """How the overlay spells RECEVABLE."""
    updates = [action["update"] for action in overlay(folder)]
    return {
        update["x-depot-flux-valeurs"]["RECEVABLE"]
        for update in updates
        if update["x-depot-flux-role"] == "statut"
    }


@pytest.mark.deep
def test_a_role_corrected_by_hand_survives_the_next_version(tmp_path: Path) -> None:
    adopted(tmp_path, CONTRATS / "openapi31.yaml")
    assert all(INFERRED in action for action in overlay(tmp_path))
    mine = correct(tmp_path, "id_flux", {"x-mine": True})
    adoption = adopted(tmp_path, changed(tmp_path, "openapi31.yaml", lambda _document: None))
    assert overlay(tmp_path)[0] == mine
    assert all(INFERRED in action for action in overlay(tmp_path)[1:])
    assert adoption.bindings.notes[0].startswith("roles kept as they were given before: id_flux")


@pytest.mark.deep
def test_a_role_that_was_inferred_is_inferred_anew(tmp_path: Path) -> None:
    adopted(tmp_path, CONTRATS / "openapi31.yaml")
    (dated,) = [a for a in overlay(tmp_path) if a["update"] == {"x-depot-flux-role": "date_statut"}]

    def renamed(document: Document) -> None:
        text = yaml.safe_dump(document).replace(dated["target"].split("'")[-2], "statusChangedAt")
        document |= yaml.safe_load(text)

    adopted(tmp_path, changed(tmp_path, "openapi31.yaml", renamed))
    targets = [action["target"] for action in overlay(tmp_path)]
    assert dated["target"] not in targets
    assert any("statusChangedAt" in target for target in targets)


def test_a_role_whose_place_is_gone_is_told_and_ends_nothing(tmp_path: Path) -> None:
    adopted(tmp_path, CONTRATS / "openapi31.yaml")
    mine = correct(tmp_path, "id_flux", {"x-mine": True})
    adoption = adopted(tmp_path, CONTRATS / "octet-stream.yaml")
    assert adoption.changed
    (note,) = [note for note in adoption.bindings.notes if "left out" in note]
    assert f"id_flux at {mine['target']}" in note
    assert mine not in overlay(tmp_path)
    assert adoption.as_text().count(mine["target"]) == 1


def test_the_roles_of_the_reconstruction_bind_no_other_contract(tmp_path: Path) -> None:
    """A schema of the same name may spell the states otherwise."""

    def as_ours(document: Document) -> None:
        text = yaml.safe_dump(document).replace("EtatTransmission", "Statut")
        document |= yaml.safe_load(text)

    adoption = adopted(tmp_path, changed(tmp_path, "openapi30-multipart.yaml", as_ours))
    assert not [note for note in adoption.bindings.notes if "given before" in note]
    assert spellings(tmp_path) == {"recevable"}


@pytest.mark.deep
def test_a_spelling_that_the_next_version_does_not_know_is_left_out(tmp_path: Path) -> None:
    adopted(tmp_path, CONTRATS / "openapi30-multipart.yaml")
    correct(tmp_path, "statut", {"x-mine": True})

    def respelled(document: Document) -> None:
        schema = document["components"]["schemas"]["EtatTransmission"]
        schema["enum"] = [f"flux {value}" for value in schema["enum"]]
        text = re.sub(r"(etat: )(?!\{)(\w+)$", r"\1flux \2", yaml.safe_dump(document), flags=re.M)
        document |= yaml.safe_load(text)

    adoption = adopted(tmp_path, changed(tmp_path, "openapi30-multipart.yaml", respelled))
    assert [note for note in adoption.bindings.notes if "left out" in note and "statut" in note]
    assert spellings(tmp_path) == {"flux recevable"}


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with this project's own contract."""
    folder = tmp_path / "maison"
    adopted(folder, ROOT / "spec" / "depot-flux-g2b.yaml")
    return folder


def run(*arguments: object, given: bytes = b"") -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), input=given)


@pytest.mark.deep
def test_a_dry_run_tells_everything_and_changes_nothing(house: Path) -> None:
    before = snapshot(house)
    told = run("adopt", CONTRATS / "openapi31.yaml", "--into", house, "--dry-run")
    assert told.exit_code == 0, told.output
    assert snapshot(house) == before
    dry, _, rest = told.output.partition("\nNothing was changed.")
    assert not rest.strip()
    assert "BREAKING" in dry
    real = run("adopt", CONTRATS / "openapi31.yaml", "--into", house)
    assert real.output.startswith(dry)
    assert snapshot(house) != before


@pytest.mark.deep
def test_a_contract_is_read_from_the_standard_input(house: Path) -> None:
    content = (CONTRATS / "openapi31.yaml").read_bytes()
    told = run("adopt", "-", "--into", house, given=content)
    assert told.exit_code == 0, told.output
    assert (house / "spec" / "depot-flux-g2b.yaml").read_bytes() == content
    refused = run("adopt", "-", "--into", house, given=b"nothing")
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: standard input: ")


def unclear(document: Document) -> None:
    """Neither the status nor the identifier can be told."""
    schemas = document["components"]["schemas"]
    schemas["EtatTransmission"]["enum"] = ["A", "B", "C", "D"]
    accuse = schemas["Accuse"]
    del accuse["properties"]["uuidTransmission"]
    accuse["properties"]["valeur"] = {"type": "string"}
    path = document["paths"]["/transmissions/{uuidTransmission}/statut"]
    path["parameters"][0]["schema"] = {"type": "string"}
    accuse["required"] = ["valeur"]


def completed(text: str, chosen: list[str], **spelled: str) -> str:
    """A draft in which one uncomments actions and fills in the spellings."""
    lines, inside = [], False
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        inside = line.startswith("# ") and (
            any(bare == f"- target: {target}" for target in chosen)
            or (inside and bare.startswith("  "))
        )
        lines.append(bare if inside else line)
    filled = "\n".join(lines) + "\n"
    for state, value in spelled.items():
        filled = filled.replace(f" {state}: …", f" {state}: {value}")
    return filled


def test_every_obstacle_is_told_at_once_and_the_draft_completed_is_adopted(
    house: Path, tmp_path: Path
) -> None:
    before = snapshot(house)
    path = changed(tmp_path, "openapi30-multipart.yaml", unclear)
    drafted = tmp_path / "roles.yaml"
    told = run("adopt", path, "--into", house, "--draft-roles", drafted)
    assert told.exit_code == 1
    assert snapshot(house) == before
    assert "2 obstacles" in told.output
    for role in ("id_flux", "statut"):
        assert f"(role {role})" in told.output
    assert str(drafted) in told.output
    text = drafted.read_text(encoding="utf-8")
    actions = yaml.safe_load(text)["actions"]
    assert {a["update"]["x-depot-flux-role"] for a in actions} >= {"deposer", "fichier"}
    assert "its values: A, B, C, D" in text
    chosen = [
        "$['components']['schemas']['Accuse'].properties['valeur']",
        "$['components']['schemas']['Suivi'].properties['transmission'].properties['etat']",
    ]
    assert all(f"# - target: {target}\n" in text for target in chosen)
    filled = completed(
        text, chosen, RECU="A", EN_COURS_DE_TRAITEMENT="B", RECEVABLE="C", IRRECEVABLE="D"
    )
    drafted.write_text(filled, encoding="utf-8")
    done = run("adopt", path, "--into", house, "--roles", drafted)
    assert done.exit_code == 0, done.output + filled


def test_a_draft_tells_what_was_inferred_where_a_role_has_no_candidate(
    house: Path, tmp_path: Path
) -> None:
    document = json.loads((CONTRATS / "v12-message-success.json").read_text(encoding="utf-8"))
    del document["components"]["schemas"]["depot"]["properties"]
    del document["components"]["schemas"]["depot"]["required"]
    path, drafted = tmp_path / "contrat.json", tmp_path / "roles.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    told = run("adopt", path, "--into", house, "--draft-roles", drafted)
    assert told.exit_code == 1, told.output
    text = drafted.read_text(encoding="utf-8")
    assert "MISSING" in text
    roles = {action["update"]["x-depot-flux-role"] for action in read_yaml(drafted)["actions"]}
    assert roles >= {"deposer", "consulter", "fichier", "code_interface"}


@pytest.mark.deep
def test_a_draft_of_what_can_be_adopted_gives_the_same_roles(house: Path, tmp_path: Path) -> None:
    drafted = tmp_path / "roles.yaml"
    path = CONTRATS / "octet-stream.yaml"
    done = run("adopt", path, "--into", house, "--dry-run", "--draft-roles", drafted)
    assert done.exit_code == 0, done.output
    adopted(house, path)
    assert read_yaml(drafted)["actions"] == overlay(house)


def test_notes_that_matter_come_first_and_each_is_told_once() -> None:
    required = " is required and plays no role: "
    made_up = "0 is answered, the plainest value its schema allows"
    supervision = "the contract has no operation of supervision: none is served"
    assert what_matters_first(
        [
            supervision,
            *(f"GET /a 20{n}.x{required}{made_up}" for n in range(5)),
            f"GET /a 200.y{required}the contract's example is answered, 1",
            "etat (answer 202 of POST /b): never answered: PARTIEL",
            "etat (answer 200 of GET /a): never answered: PARTIEL",
            "the client leaves out: GET /c",
            supervision,
        ]
    ) == [
        "etat (answer 202 of POST /b), etat (answer 200 of GET /a): never answered: PARTIEL",
        "the client leaves out: GET /c",
        "GET /a 200.x, GET /a 201.x, GET /a 202.x and 2 more places are required and play no "
        f"role: {made_up}",
        supervision,
        f"GET /a 200.y{required}the contract's example is answered, 1",
    ]


def test_what_is_to_review_is_told_before_what_is_certain() -> None:
    bindings = Bindings(
        [
            Binding(role, "$.x", role, "why", certainty)
            for role, certainty in (("a", "certain"), ("b", "to review"), ("c", "likely"))
        ]
    )
    told = Adoption("contract.json", bindings=bindings).as_text()
    assert re.findall(r"^  (\w) .*\(([a-z ]+)\)$", told, re.M) == [
        ("b", "to review"),
        ("c", "likely"),
        ("a", "certain"),
    ]


@pytest.mark.deep
def test_the_addresses_of_the_contract_are_told_as_settings_of_a_profile(house: Path) -> None:
    def named(document: Document) -> None:
        document["servers"].append({"url": "/relative"})
        flow = {"tokenUrl": "https://oauth.example/token", "scopes": {}}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
        document["components"]["securitySchemes"]["Autre"] = scheme

    path = changed(house, "openapi30-multipart.yaml", named)
    told = run("adopt", path, "--into", house, "--dry-run").output
    section = told.partition("Addresses, for a profile of the client\n")[2].partition("\n\n")[0]
    assert [line.split() for line in section.splitlines()] == [
        ["base_url", "https://api.piste.gouv.fr/cpro/transmissions/v1"],
        ["token_url", "https://oauth.example/token"],
    ]


# -- two contracts -------------------------------------------------------------------------------


def diff(first: Path, second: Path) -> tuple[int, list[str]]:
    told = run("diff", first, second)
    return told.exit_code, told.stdout.splitlines()


def test_a_contract_does_not_differ_from_itself() -> None:
    path = CONTRATS / "openapi31.yaml"
    assert diff(path, path) == (0, ["No difference."])


def test_every_python_name_that_changes_is_told(tmp_path: Path) -> None:
    def next_version(document: Document) -> None:
        schemas = document["components"]["schemas"]
        schemas["Suivi"]["properties"]["transmission"]["properties"]["delai"] = {"type": "integer"}
        schemas["Metadonnees"]["properties"]["taille"] = {"type": "integer"}
        schemas["Metadonnees"]["required"].append("taille")
        schemas["Metadonnees"]["properties"].pop("commentaire")
        schemas["Metadonnees"]["properties"]["nombreFichiers"] = {"type": "string"}
        schemas["EtatTransmission"]["enum"][1] = "traitement"
        paths = document["paths"]
        paths["/transmissions"]["post"]["operationId"] = "transmettre"
        statut = paths["/transmissions/{uuidTransmission}/statut"]
        statut["get"]["responses"]["429"] = {"description": "Trop d'appels"}
        statut["get"]["parameters"] = [
            {"name": "langue", "in": "query", "required": True, "schema": {"type": "string"}}
        ]
        paths["/etat"] = paths.pop("/sante")

    name = "openapi30-multipart.yaml"
    code, lines = diff(CONTRATS / name, changed(tmp_path, name, next_version))
    assert code == 1
    breaking = [line.startswith("BREAKING") for line in lines]
    assert breaking == sorted(breaking, reverse=True)
    told = {line[10:] for line in lines if line.startswith("BREAKING")}
    consult = "function api.default.get_transmissions_uuid_transmission_statut"
    assert told >= {
        "deposer POST /transmissions, body metadonnees.taille: is new and required",
        "function api.default.post_transmissions: is now api.default.transmettre",
        "function api.default.get_sante: is now api.default.get_etat",
        f"{consult}, argument langue: is new and required: str",
        "class models.PostTransmissionsBody: is gone",
        "class models.Metadonnees, attribute commentaire: is gone",
        "class models.Metadonnees, attribute taille: is new and required: int",
        "class models.Metadonnees, attribute nombre_fichiers: is str | Unset instead of "
        "int | Unset",
        "class models.EtatTransmission, member EN_COURS: is gone",
    }
    (returns,) = [line for line in lines if f"{consult}: returns Any |" in line]
    assert not returns.startswith("BREAKING"), "what it returned it still returns"
    assert "          class models.EtatTransmission, member TRAITEMENT: is new" in lines
    assert "          class models.SuiviTransmission, attribute delai: is new" in lines


def test_contracts_are_compared_though_a_role_cannot_be_told(tmp_path: Path) -> None:
    name = "openapi30-multipart.yaml"
    path = changed(tmp_path, name, unclear)
    told = run("diff", CONTRATS / name, path)
    assert told.exit_code == 1
    assert "class models.Accuse, attribute uuid_transmission: is gone" in told.output
    assert "next.yaml: not every role can be told" in told.output


@pytest.mark.parametrize("content", [b"", b"openapi: 3.0.3", b"\xff"])
def test_what_cannot_be_compared_is_no_difference(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.yaml"
    path.write_bytes(content)
    told = run("diff", CONTRATS / "openapi31.yaml", path)
    assert told.exit_code == 2
    assert told.output.startswith("Error: no.yaml: ")
    assert run("diff", path).exit_code == 2
