"""What a schema asks of one side alone, and the plainest values of those that play no role."""

from typing import Any

import pytest

from depot_flux_simulator.contract.answers import HISTORY, AnswerEncoder
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.contract.plainest import plainest
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.lifecycle import Statut, Step

ROLE, VALUES = "x-depot-flux-role", "x-depot-flux-valeurs"
DOCUMENT = Document({"openapi": "3.0.3"})


def encoder(schema: dict[str, Any]) -> AnswerEncoder:
    response = {"content": {"application/json": {"schema": schema}}}
    return AnswerEncoder(DOCUMENT, "GET /flux 200", 200, response, [Role.STATUT, Role.ID_FLUX], [])


def status(**values: str) -> dict[str, Any]:
    return {"enum": [*values.values()], ROLE: "statut", VALUES: values}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "integer"}, [0, 1, 2]),
        ({"type": "string", "minLength": 2}, ["xx", "00", "01"]),
        ({"enum": ["A", "B", "C"]}, ["A", "B", "C"]),
    ],
)
def test_items_that_must_differ_do(item: dict[str, Any], expected: list[Any]) -> None:
    listed = {"type": "array", "minItems": 3, "uniqueItems": True, "items": item}
    assert plainest(DOCUMENT, listed) == expected


def test_each_side_is_asked_for_its_own_alone() -> None:
    own = {
        "id": {"type": "string", "readOnly": True},
        "file": {"type": "string", "writeOnly": True},
    }
    parts = [{"properties": own}, {"required": ["id", "file"]}]
    schema = {"type": "object", "allOf": parts}
    assert DOCUMENT.validator(schema, "readOnly").is_valid({"file": ""})
    assert not DOCUMENT.validator(schema, "readOnly").is_valid({"id": ""})
    assert DOCUMENT.validator(schema, "writeOnly").is_valid({"id": ""})
    written = encoder({"type": "object", "required": ["file"], "properties": own})
    assert written.encode({}).body == b"{}"


def test_of_several_forms_the_one_that_a_status_fits_is_written() -> None:
    first = {"required": ["s"], "properties": {"s": status(RECU="R")}}
    second = {"required": ["s"], "properties": {"s": status(RECEVABLE="OK")}}
    forms = encoder({"oneOf": [first, second]})
    assert forms.encode({Role.STATUT: Statut.RECU}).body == b'{"s":"R"}'
    assert forms.encode({Role.STATUT: Statut.RECEVABLE}).body == b'{"s":"OK"}'


@pytest.mark.parametrize(
    ("beside", "most", "length"), [({}, 9, 2), ({}, 1, 1), ({"id": {ROLE: "id_flux"}}, 9, 1)]
)
def test_a_list_tells_as_much_as_it_holds(beside: dict[str, Any], most: int, length: int) -> None:
    item = {"type": "object", "properties": {"s": status(RECU="R", RECEVABLE="OK"), **beside}}
    steps = [Step(Statut.RECU, 1), Step(Statut.RECEVABLE, 2)]
    values: Any = {HISTORY: steps}
    told = encoder({"type": "array", "maxItems": most, "items": item}).encode(values)
    assert told.body.count(b'"s"') == length
    assert told.body.endswith(b'"s":"OK"}]')
