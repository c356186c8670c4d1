"""What any contract, its client and the simulator must hold; told by role, never by name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.schemas import BaseSchema

from depot_flux_contract.conformity import Driver
from depot_flux_simulator.contract import Contract, JsonBody, Operation
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from tests.support.suite import Simulated

RELAXED = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}
MOMENT = "moment"
FORMATS: dict[str, st.SearchStrategy[str]] = {
    # As a server writes them, leap seconds and year 0 left out.
    "uuid": st.uuids().map(str),
    MOMENT: st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
}


def keeps_the_contract(generated: Path, examples: int) -> None:
    """Every operation, on data good and bad, answers what the contract says."""
    path = generated / "openapi.json"
    document = said_in_words(path, json.loads(path.read_text(encoding="utf-8")))
    simulated = Simulated(path, document)
    called = 0
    for found in simulated.schema.get_all_operations():
        assert isinstance(found, Ok), found

        @given(case=found.ok().as_strategy())
        @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
        def holds(case: "Case[Any]") -> None:
            case.call_and_validate()

        holds()
        called += 1
    assert called, "the contract has no operation"


def said_in_words(path: Path, document: dict[str, Any]) -> dict[str, Any]:
    """The contract with `format: byte` where only a description says that a text is base64."""
    resolver = Document(document)
    for body in Contract.load(path).bodies:
        if isinstance(body, JsonBody):
            deposit = Contract(resolver).deposer
            content = resolver.resolve(deposit.node["requestBody"])["content"]
            for media in content.values():
                for role, place in resolver.places(media.get("schema", {})):
                    if role == Role.FICHIER:
                        resolver.resolve(place.schema).setdefault("format", "byte")
    return document


def links_lead_to_the_flux(generated: Path, examples: int) -> None:
    """Schemathesis follows the link from the deposit to the consultation.

    A contract without links gets one from its roles; where only an address comes back, there is
    none to give, and the life cycle alone shows it.
    """
    path = generated / "openapi.json"
    with Driver.started(generated) as driver:
        plain = said_in_words(path, json.loads(path.read_text(encoding="utf-8")))
        document = linked(driver, plain)
        consulted = driver.contract.consulter
    if document is None:
        return
    simulated = Simulated(path, document)
    followed = _followed(simulated.schema, consulted, examples)
    assert followed, "no link was followed to a flux that exists"


def _followed(schema: BaseSchema, consulted: Operation, examples: int) -> list[str]:
    followed = []

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        def after_call(self, response: Response, case: "Case[Any]") -> None:
            same = (case.method, case.path) == (consulted.method, consulted.path)
            if same and response.status_code == consulted.success:
                followed.append(case.path)

    machine: type[APIStateMachine] = Machine
    chosen = settings(max_examples=examples, stateful_step_count=6, **RELAXED)  # type: ignore[arg-type]
    machine.run(settings=chosen)
    return followed


def linked(driver: Driver, document: dict[str, Any]) -> dict[str, Any] | None:
    """The contract with a link from the deposit's answer to the consultation."""
    deposit, consult = driver.contract.deposer, driver.contract.consulter
    success = driver.document.resolve(driver.success_node(deposit))
    if success.get("links"):
        return document
    for role, place in driver.document.places(driver.answer_schema(deposit)):
        if role == Role.ID_FLUX:
            pointer = "/".join(place.path)
            link = {
                "operationRef": "#/paths/" + consult.path.replace("/", "~1") + "/get",
                "parameters": {driver.contract.id_parameter.name: f"$response.body#/{pointer}"},
            }
            node = document["paths"][deposit.path][deposit.method.lower()]
            node["responses"][str(deposit.success)] = {**success, "links": {"consult": link}}
            return document
    return None


def client_understands_every_answer(generated: Path, examples: int) -> None:
    """Whatever body the contract allows, the client reads it and gives it back."""
    with Driver.started(generated) as driver:
        for operation, code, media_type, schema in _documented(driver):
            _understands(driver, operation, code, media_type, schema, examples)


def _understands(
    driver: Driver,
    operation: Operation,
    code: int,
    media_type: str,
    schema: dict[str, Any],
    examples: int,
) -> None:
    arguments = _arguments(driver, operation)

    @given(body=from_schema(schema, custom_formats=FORMATS))
    @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
    def understood(body: Any) -> None:
        answer = httpx.Response(
            code, content=json.dumps(body).encode(), headers={"Content-Type": media_type}
        )
        response = driver.call(operation, arguments, driver.answering(answer))
        assert response.status_code == code
        parsed = response.parsed
        given_back = parsed.to_dict() if hasattr(parsed, "to_dict") else parsed
        assert set(given_back) == set(body), f"{operation.path} {code}: {given_back}"

    understood()


def _documented(driver: Driver) -> Iterator[tuple[Operation, int, str, dict[str, Any]]]:
    for operation in driver.contract.operations:
        for code, response in operation.node["responses"].items():
            for media_type, media in driver.document.resolve(response).get("content", {}).items():
                inlined = driver.document.inlined(media.get("schema", {}))
                schema = json.loads(json.dumps(inlined).replace('"date-time"', f'"{MOMENT}"'))
                number = int(code[0] + "00" if code[0].isdigit() else 500)
                number = int(code) if code.isdigit() else number
                if "properties" in driver.document.whole(schema):
                    told = media_type.replace("*/*", "application/json")
                    yield operation, number, told, schema


def _arguments(driver: Driver, operation: Operation) -> dict[str, Any]:
    if operation is driver.contract.deposer:
        return driver.deposit_arguments(b"<a/>", "a.xml", "FSO3110A")
    if operation is driver.contract.consulter:
        return {driver.contract.id_parameter.name: driver.contract.new_identifier("")}
    return {}


def client_sends_what_the_contract_asks(generated: Path, examples: int) -> None:
    """Any bytes under any name arrive as they are, whatever the form of the body."""
    with Driver.started(generated) as driver:
        store = driver.app.extensions["depot_flux"].store

        @given(
            content=st.binary(max_size=300),
            stem=st.from_regex(r"[A-Za-z0-9]{1,20}", fullmatch=True),
        )
        @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
        def arrives(content: bytes, stem: str) -> None:
            identifier = driver.deposit(content, f"{stem}.xml")
            flux = store.flux.get(str(identifier))
            assert flux.depot.contenu.read_bytes() == content
            if driver.contract.states_name:
                assert flux.depot.nom == f"{stem}.xml"
            if driver.contract.states_code_interface:
                assert flux.depot.code_interface == "FSO3110A"

        arrives()


def a_large_deposit_arrives(generated: Path, size: int) -> None:
    """A flux near the limit arrives whole."""
    with Driver.started(generated) as driver:
        content = facture_ubl() + b" " * size
        identifier = driver.deposit(content)
        flux = driver.app.extensions["depot_flux"].store.flux.get(str(identifier))
        assert flux.taille == len(content)


def a_final_status_stays(generated: Path) -> None:
    """Once told, a final status is told for ever, and its date with it."""
    with Driver.started(generated) as driver:
        identifier = driver.deposit(facture_ubl())
        driver.clock.advance(6_000)
        arguments = {driver.contract.id_parameter.name: identifier}
        first = driver.call(driver.contract.consulter, arguments)
        driver.clock.advance(1_800_000)  # the token lives 3600 s
        second = driver.call(driver.contract.consulter, arguments)
        assert driver.states(first) == {Statut.RECEVABLE}
        assert second.content == first.content
