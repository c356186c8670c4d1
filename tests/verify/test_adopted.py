"""The simulator keeps whatever contract it serves, as verify sees it."""

from pathlib import Path

import pytest

from depot_flux_contract.exchanges import held_contract
from depot_flux_contract.verify.runner import State
from depot_flux_simulator.testing import Simulator
from tests.support.adoption import adopted_house
from tests.support.verifying import verified

# A form each: history, parts, raw bytes, constants, consultation by POST, Swagger 1.
CONTRATS = (
    "c09-history-in-object.json",
    "c12-metadata-part.json",
    "octet-stream.yaml",
    "p2-31-oneof-const.json",
    "piste-postcr.json",
    "piste-sw11.json",
    "x1-consult-post-path.json",
)


@pytest.mark.deep
@pytest.mark.parametrize("name", CONTRATS)
def test_the_simulator_keeps_an_adopted_contract(name: str, tmp_path: Path) -> None:
    folder, _ = adopted_house(name)
    contract = folder / "generated" / "openapi.json"
    held = held_contract(contract)
    assert held.spec == folder / "spec"
    with Simulator(contract=contract) as simulator:
        run = verified(simulator, tmp_path / "recus.db", held=held)
    assert [(f.check, f.rule.says, f.came) for f in run.findings] == []
    assert run.count(State.HOLDS) > 25


@pytest.mark.deep
def test_a_form_whose_values_are_all_texts_is_held_by_what_is_on_the_wire(tmp_path: Path) -> None:
    folder, _ = adopted_house("x4b.json")
    contract = folder / "generated" / "openapi.json"
    most = {"deep": True, "max_deposits": None}
    with Simulator(contract=contract) as simulator:
        held = held_contract(contract)
        run = verified(simulator, tmp_path / "recus.db", ["cases"], held=held, **most)
    assert [(f.check, f.rule.says, f.came) for f in run.findings] == []
