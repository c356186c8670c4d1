"""Contracts an operator might publish, each adopted and held to the whole contract suite."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.generate import check
from depot_flux_contract.provenance import faults
from depot_flux_contract.trial import life_cycle
from depot_flux_simulator.contract.dates import date_writer
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.contract.identifiers import identifier_source
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.testing import Simulator
from tests.conftest import ADOPTED
from tests.support import conformity
from tests.support.adoption import ROOT, adopted, adopted_house, contract
from tests.support.stores import kept_bytes

NAMES = [
    "swagger2-base64.json",
    "openapi30-multipart.yaml",
    "openapi31.yaml",
    "octet-stream.yaml",
    "dans-un-zip.json",
]


@pytest.mark.parametrize(
    "name",
    [*(pytest.param(name, marks=pytest.mark.deep) for name in NAMES if name != NAMES[1]), NAMES[1]],
)
def test_an_official_looking_contract_is_adopted_and_lives(name: str) -> None:
    folder, adoption = adopted_house(name)
    spec, generated = folder / "spec", folder / "generated"
    if not ADOPTED:
        assert adoption.changed
        assert adoption.changes[0].breaking
        assert adoption.verdicts
    assert check(spec, generated) == [], "the overlay on disk gives another client"
    base = read_yaml(spec / "depot-flux-g2b.yaml")
    assert faults(base, read_yaml(spec / "provenance.yaml")) == []
    life_cycle(generated)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.deep) for name in NAMES],
)
def test_client_and_simulator_keep_an_adopted_contract(name: str) -> None:
    generated = adopted_house(name)[0] / "generated"
    conformity.keeps_the_contract(generated, examples=6)
    conformity.links_lead_to_the_flux(generated, examples=4)
    conformity.client_holds(
        generated,
        a_final_status_stays=1,
        client_understands_every_answer=3,
        client_sends_what_the_contract_asks=8,
        a_large_deposit_arrives=1_000_000,
    )


@contextmanager
def simulated(name: str) -> Iterator[Simulator]:
    """A simulator of an adopted contract, its clock standing."""
    with Simulator(contract=adopted_house(name)[0] / "generated" / "openapi.json") as simulator:
        simulator.freeze()
        yield simulator


def test_the_values_have_the_form_the_schemas_ask(tmp_path: Path) -> None:
    """A pattern in an identifier, an address in Location, null where a status does not apply."""
    with simulated("openapi31.yaml") as simulator, simulator.client() as web:
        deposit = simulator.calls(web).deposer(b"<a/>", "facture.xml", "FSO3110A")
        location = deposit.response.headers["Location"]
        assert location.startswith("/g2b/flows/FLX-")
        first = web.get(location).json()
        assert (first["status"], first["finalStatus"]) == ("RECEIVED", None)
        assert "rejectionReason" not in first
        simulator.advance(6)
        last = web.get(location).json()
        assert (last["status"], last["finalStatus"]) == (None, "INADMISSIBLE")
        assert last["rejectionReason"].startswith("IRR_")


def test_motifs_and_a_nested_status_show_where_the_contract_has_them(tmp_path: Path) -> None:
    with simulated("openapi30-multipart.yaml") as simulator, simulator.client() as web:
        identifier = simulator.deposit(b"<a/>")
        simulator.advance(6)
        path = f"/cpro/transmissions/v1/transmissions/{identifier}/statut"
        answer = web.get(path).json()
        (motif,) = answer["transmission"]["motifs"]
        assert answer["transmission"]["etat"] == "irrecevable"
        assert motif["code"] == "IRR_SYNTAX"
        assert web.get(path[:-8]).status_code == 404
        unknown = web.get(f"{path[:-9]}0/statut")
        assert set(unknown.json()) == {"timestamp", "status", "error", "message", "path"}
        assert httpx.get(f"{simulator.serve()}/cpro/transmissions/v1/sante").status_code == 200


def test_what_plays_no_role_is_the_contracts_own_example_and_is_said(tmp_path: Path) -> None:
    _, adoption = adopted_house("dans-un-zip.json")
    assert any('canal is required and plays no role: the contract\'s example is answered, "API"'
               in remark for remark in adoption.remarks)  # fmt: skip


@pytest.mark.reconstruction
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


@pytest.mark.deep
def test_an_array_of_files_is_told_with_its_pointer_and_what_follows(tmp_path: Path) -> None:
    document = read_yaml(contract("openapi30-multipart.yaml", tmp_path))
    body = document["paths"]["/transmissions"]["post"]["requestBody"]
    body["content"]["multipart/form-data"]["schema"]["properties"]["annexes"] = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
    }
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    adoption = adopted(tmp_path / "maison", path)
    (told,) = [remark for remark in adoption.remarks if "annexes" in remark]
    assert told.startswith(
        "/paths/~1transmissions/post/requestBody/content/multipart~1form-data/schema/properties/"
        "annexes: an array of binary parts"
    )
    assert "the client's generator cannot send it" in told
    life_cycle(tmp_path / "maison" / "generated")


@pytest.mark.parametrize("as_file", [False, True])
def test_a_json_part_is_read_however_it_was_sent(tmp_path: Path, *, as_file: bool) -> None:
    with simulated("openapi30-multipart.yaml") as simulator:
        headers = simulator.headers()

        def post(said: str) -> Any:
            stream = BytesIO(said.encode())
            part = (stream, "m.json", "application/json") if as_file else said
            form = {"document": (BytesIO(b"<a/>"), "a.xml"), "metadonnees": part}
            path = "/cpro/transmissions/v1/transmissions"
            return simulator.app.test_client().post(path, data=form, headers=headers)

        good = post('{"codeInterface": "FSO6000A", "nombreFichiers": 2}')
        store = simulator.app.extensions["depot_flux"].store
        assert (
            store.flux.get(good.get_json()["uuidTransmission"]).depot.code_interface == "FSO6000A"
        )
        for bad in ('{"codeInterface": "F"}', '{"nombreFichiers": 0}', "{", "[" * 5000, "NaN"):
            assert post(bad).status_code == 400
        # Nothing of a refused deposit stays.
        kept = kept_bytes(store)
        assert len(kept) == 1


def test_another_base_path_is_served_and_published(tmp_path: Path) -> None:
    path = adopted_house("openapi31.yaml")[0] / "generated" / "openapi.json"
    with (
        Simulator(folder=tmp_path, contract=path, base_path="/ailleurs/") as simulator,
        simulator.client() as client,
    ):
        form = {"interface": "FSO3110A"}
        answer = client.post("/ailleurs/flows", files={"file": ("a.xml", b"<a/>")}, data=form)
        assert answer.headers["Location"].startswith("/ailleurs/flows/FLX-")
        published = client.get("/openapi.json").json()
        assert published["servers"] == [{"url": "/ailleurs"}]
        assert client.get("/g2b/flows/x").status_code == 404


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ({"type": "string", "format": "date-time"}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
        ({"type": "string", "format": "date"}, r"\d{4}-\d\d-\d\d"),
        ({"type": "integer", "format": "int64"}, r"\d{13}"),
        ({"type": "integer", "format": "int32"}, r"\d{10}"),
        ({"type": "integer", "example": 1788249605}, r"\d{10}"),
        ({"type": "string", "example": "20260901080005"}, r"\d{14}"),
        ({"type": "string", "pattern": r"^\d{2}/\d{2}/\d{4}$"}, r"\d\d/\d\d/\d{4}"),
        ({"type": "string", "maxLength": 10}, r"\d{4}-\d\d-\d\d"),
    ],
)
def test_a_date_takes_the_form_of_its_schema(schema: dict[str, Any], form: str) -> None:
    write = date_writer(Document({"openapi": "3.0.3"}), schema, "a date")
    assert re.fullmatch(form, str(write(1_788_249_605_123)))


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ({"type": "string"}, r"CPP0013117\d{15}"),
        ({"type": "string", "pattern": "^[0-9]+$"}, r"\d{15}"),
        ({"type": "string", "format": "uuid"}, r"[0-9a-f-]{36}"),
        ({"type": "integer"}, r"\d{1,15}"),
        ({"type": "integer", "format": "int32", "minimum": 1000}, r"\d{4,10}"),
        ({"type": "integer", "multipleOf": 1000}, r"\d+000"),
        ({"type": "string", "maxLength": 8}, r"\d{8}"),
        ({"type": "string", "minLength": 40, "maxLength": 40}, r"\d{40}"),
        ({"type": "string", "pattern": "^[A-F]{3}-[0-9]{9}$"}, r"[A-F]{3}-\d{9}"),
    ],
)
def test_an_identifier_takes_the_form_of_its_schema(schema: dict[str, Any], form: str) -> None:
    draw = identifier_source(Document({"openapi": "3.0.3"}), schema)
    assert all(re.fullmatch(form, str(draw("FSO3117A"))) for _ in range(50))


@pytest.mark.parametrize(
    "schema",
    [{"type": "string", "enum": ["A"]}, {"type": "boolean"}, {"type": "string", "maxLength": 2}],
)
def test_an_identifier_that_cannot_be_drawn_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="identifier"):
        identifier_source(Document({"openapi": "3.0.3"}), schema)
