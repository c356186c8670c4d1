"""What any contract, its client and the simulator must hold; told by role, never by name."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.schemas import BaseSchema

from depot_flux_contract.trial import run
from depot_flux_contract.verify.described import linked, said_in_words
from depot_flux_simulator.contract import Contract, Operation
from tests.support.suite import Simulated

ROOT = Path(__file__).parents[2]

RELAXED = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}


def keeps_the_contract(generated: Path, examples: int) -> None:
    """Every operation, on data good and bad, answers what the contract says."""
    path = generated / "openapi.json"
    document = said_in_words(json.loads(path.read_text(encoding="utf-8")))
    simulated = Simulated(path, document)
    served = {(each.method, each.path) for each in simulated.simulator.contract.operations}
    called = 0
    for found in simulated.schema.get_all_operations():
        assert isinstance(found, Ok), found
        # What plays no role is not served.
        if (found.ok().method.upper(), found.ok().path) not in served:
            continue

        @given(case=found.ok().as_strategy())
        @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
        def holds(case: "Case[Any]") -> None:
            case.call_and_validate()

        holds()
        called += 1
    assert called, "the contract has no operation"


def links_lead_to_the_flux(generated: Path, examples: int) -> None:
    """Schemathesis follows the link from the deposit to the consultation.

    A contract without links gets one from its roles; where only an address comes back, there is
    none to give, and the life cycle alone shows it.
    """
    path = generated / "openapi.json"
    contract = Contract.load(path)
    plain = said_in_words(json.loads(path.read_text(encoding="utf-8")))
    document = linked(contract, plain)
    if document is None:
        return
    simulated = Simulated(path, document)
    followed = _followed(simulated.schema, contract.consulter, examples)
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


def client_holds(generated: Path, **numbers: int) -> None:
    """What the client does by `driven_client`'s checks, each with its number.

    They run in one process, where no other generated client was imported.
    """
    given = [f"{check}={number}" for check, number in numbers.items()]
    program = ["-m", "tests.support.driven_client", str(generated.absolute()), *given]
    done = run(generated, program, ROOT)
    assert done.returncode == 0, done.stderr
