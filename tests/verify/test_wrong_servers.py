"""Each wrong server is found by the check whose name says its fault; the right one by none."""

import re
from pathlib import Path

import pytest

from depot_flux_contract.verify.checks import CHECKS
from depot_flux_contract.verify.runner import State
from depot_flux_simulator.testing import Simulator
from tests.support.verifying import verified
from tests.support.wrong import Wrong
from tests.verify import faults
from tests.verify.faults import FAULTS

pytestmark = pytest.mark.reconstruction


def words(fault: type[Wrong]) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", fault.__name__).lower()


# Those of one call or two, and one of each kind that needs a flux.
QUICK = [
    fault
    for fault in FAULTS
    if fault.check.partition("-")[0] in {"token", "access", "identifier"}
    or fault
    in {
        faults.A200ForA201,
        faults.AMissingField,
        faults.AnotherErrorBody,
        faults.AnAnswerInLatin1,
        faults.AStatusThatGoesBack,
        faults.ADateThatIsAlwaysNow,
        faults.AFluxThatOthersSee,
        faults.ADeleteThatWorks,
        faults.AHealthcheckForAll,
        faults.ASwallowedRetryAfter,
    }
]
SLOW = [fault for fault in FAULTS if fault not in QUICK]


@pytest.mark.parametrize("fault", QUICK, ids=words)
def test_a_wrong_server_is_found_by_the_check_of_its_name(
    fault: type[Wrong], simulator: Simulator, tmp_path: Path
) -> None:
    book, wrong = tmp_path / "recus.db", fault(simulator)
    run = verified(simulator, book, [fault.check], transport=wrong, patience=10)
    found = [outcome.check.name for outcome in run.outcomes if outcome.state is State.FOUND]
    assert fault.check in found, [(o.check.name, o.why) for o in run.outcomes]


@pytest.mark.deep
@pytest.mark.parametrize("fault", SLOW, ids=words)
def test_so_is_one_that_takes_longer_to_look_for(
    fault: type[Wrong], simulator: Simulator, tmp_path: Path
) -> None:
    most = {"max_deposits": None, "deep": True} if fault.deep else {}
    book, wrong = tmp_path / "recus.db", fault(simulator)
    run = verified(simulator, book, [fault.check], transport=wrong, patience=10, **most)
    assert [outcome.state for outcome in run.outcomes] == [State.FOUND]


def test_thirty_faults_and_every_check_of_an_answer_or_a_behaviour_has_one() -> None:
    assert len(FAULTS) >= 30
    without = {check.name for check in CHECKS} - {fault.check for fault in FAULTS}
    assert without == {"answer-headers", "cases-stateful"}
