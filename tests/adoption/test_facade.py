"""What a program does through the facade, it does unchanged on any contract that was adopted."""

import subprocess
import sys
from pathlib import Path

import pytest

from depot_flux import ConfigurationError
from depot_flux._contract.answers import Address
from depot_flux._contract.bindings import ParameterBinding, PropertyBinding
from depot_flux._contract.bodies import _values
from depot_flux._contract.operation import Operation, Said
from depot_flux_contract.bindings import only_value
from tests.adoption.test_contracts import NAMES
from tests.support.adoption import ROOT, adopted_house


@pytest.mark.parametrize(
    "name",
    [*NAMES[:1], *(pytest.param(name, marks=pytest.mark.deep) for name in NAMES[1:])],
)
def test_the_same_program_runs_on_every_adopted_contract(name: str, tmp_path: Path) -> None:
    folder, _ = adopted_house(name)
    data = tmp_path / "data"
    data.mkdir()
    program = ["-m", "tests.support.facade_program", str(folder / "generated"), str(data)]
    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *before, unknown = done.stdout.splitlines()
    assert unknown.startswith("the platform answered 4")
    # Only this one lists the interface codes it takes.
    assert len(before) == name.startswith("swagger2")
    assert all("FSO9999Z" in line for line in before)


@pytest.mark.parametrize(
    ("path", "name", "location"),
    [
        ("/flux/{idFlux}", "idFlux", "https://x.example/base/flux/A%2F7"),
        ("/flux/{idFlux}", "idFlux", "/flux/A%2F7/"),
        ("/flux/{idFlux}", "idFlux", "A%2F7"),
        ("/depots/{canal}/{numero}/etat", "numero", "/base/depots/API/A%2F7/etat"),
        ("/flux/statut", "idFlux", "/flux/statut?autre=1&idFlux=A%2F7"),
        ("/flux/{idFlux}", "", "/elsewhere/A%2F7"),
    ],
)
def test_an_identifier_is_found_wherever_location_holds_it(
    path: str, name: str, location: str
) -> None:
    assert Address(path, name).identifier(location) == "A/7"


@pytest.mark.parametrize(
    ("header", "name", "written"),
    [
        ("X-File-Name", "F1.xml", "F1.xml"),
        ("Content-Disposition", "F1.xml", 'attachment; filename="F1.xml"'),
        ("content-disposition", "é.xml", "attachment; filename*=UTF-8''%C3%A9.xml"),
    ],
)
def test_a_name_is_written_as_its_header_wants_it(header: str, name: str, written: str) -> None:
    parameter: ParameterBinding = {
        "argument": "nom", "name": header, "role": "nom_fichier", "required": True, "value": None,
        "codes": {}, "fresh": False, "type": "text", "enum": None,
    }  # fmt: skip
    operation = Operation(
        {"module": "", "path": "/flux", "parameters": [parameter], "body": None, "answers": {}},
        "deposer",
    )
    assert operation.arguments(Said({"nom_fichier": name})) == {"nom": written}


def test_a_second_file_is_what_the_complements_say() -> None:
    signature: PropertyBinding = {
        "name": "signature", "role": None, "required": True, "value": None, "type": "bytes",
        "codes": {}, "properties": [],
    }  # fmt: skip
    assert _values([signature], Said({}, {"signature": "sé"})) == {"signature": "sé".encode()}


def required(schema: dict[str, object], **complements: object) -> object:
    binding: PropertyBinding = {
        "name": "canal",
        "role": None,
        "required": True,
        "value": only_value(schema),
        "type": "text",
        "codes": {},
        "properties": [],
    }
    return Said({}, complements).required(binding)


def test_what_a_contract_asks_for_beyond_the_roles_is_its_only_value_or_ours() -> None:
    assert required({"enum": ["API"]}) == "API"
    assert required({"default": "API"}) == "API"
    assert required({"const": "API"}) == "API"
    assert required({"enum": ["API", "EDI"]}, canal="EDI") == "EDI"
    # An example is nobody's word.
    schemas: list[dict[str, object]] = [
        {"enum": ["API", "EDI"]},
        {"type": "string", "example": "API"},
    ]
    for schema in schemas:
        with pytest.raises(ConfigurationError, match=r"asks for 'canal'.*DEPOT_FLUX_COMPLEMENTS"):
            required(schema)
