"""One test a check; what cannot be verified is skipped, with its reason."""

from collections.abc import Callable

import pytest

from depot_flux_contract.exchanges.told import told
from depot_flux_contract.verify import verify
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks import CHECKS, Check
from depot_flux_contract.verify.runner import State


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_platform(
    check: Check, platform: Bench, record_property: Callable[[str, object], None]
) -> None:
    """The platform keeps what the check demands."""
    [outcome] = verify(platform, [check]).outcomes
    record_property("demands", check.says)
    for finding in outcome.findings:
        record_property("class", finding.rule.origin.kind)
    if outcome.findings:
        reports = ["\n".join(told(platform.platform, each).lines()) for each in outcome.findings]
        pytest.fail("\n\n".join(reports), pytrace=False)
    if outcome.state is State.NOT_VERIFIED:
        pytest.skip(f"not verified: {outcome.why}")
