"""The simulator keeps the contract: every check schemathesis has, on data good and bad."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful.state_machine import APIStateMachine

from depot_flux_simulator.contract import DEFAULT_CONTRACT
from tests.support.suite import Simulated

simulated = Simulated()
schema = simulated.schema


@schema.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_the_contract(case: "Case[Any]") -> None:
    case.call_and_validate()


@pytest.mark.reconstruction
def test_what_is_deposited_can_be_consulted() -> None:
    """Schemathesis follows the link from the deposit to the consultation."""
    followed = []

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        def after_call(self, response: Response, case: "Case[Any]") -> None:
            if case.method == "GET" and response.status_code == 200:
                followed.append(case.path)

    machine: type[APIStateMachine] = Machine
    machine.run(
        settings=settings(
            max_examples=25,
            stateful_step_count=6,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    assert "/flux/{idFlux}" in followed, "no link was followed to a flux that exists"


def test_the_contract_is_published_as_it_is() -> None:
    with simulated.simulator.client() as client:
        published = client.get("/openapi.json").json()
    assert published == json.loads(DEFAULT_CONTRACT.read_text(encoding="utf-8"))
