"""The contract at hand holds, whichever it is: ours, or one about to be adopted."""

import os
from pathlib import Path

import pytest

from depot_flux_contract.trial import ENVIRONMENT, life_cycle
from tests.support import conformity

OURS = Path(__file__).parents[2] / "generated"
# Ours is held to it by the other tests too; one about to be adopted by these alone.
MORE = 5 if ENVIRONMENT in os.environ else 1


@pytest.fixture
def generated() -> Path:
    return Path(os.environ.get(ENVIRONMENT, OURS))


def test_a_flux_lives_from_deposit_to_final_status(generated: Path) -> None:
    life_cycle(generated)
    conformity.client_holds(generated, a_final_status_stays=1)


def test_every_operation_keeps_the_contract(generated: Path) -> None:
    conformity.keeps_the_contract(generated, examples=5 * MORE)


def test_what_is_deposited_can_be_consulted(generated: Path) -> None:
    conformity.links_lead_to_the_flux(generated, examples=4 * MORE)


def test_the_client_understands_every_answer(generated: Path) -> None:
    conformity.client_holds(generated, client_understands_every_answer=2 * MORE)


def test_the_client_sends_what_the_contract_asks(generated: Path) -> None:
    conformity.client_holds(generated, client_sends_what_the_contract_asks=5 * MORE)
