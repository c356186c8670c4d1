"""A fixture for whoever tests a client, and the options of the suite that tests a platform.

    def test_mine(depot_flux_watch):
        client = MyClient(transport=depot_flux_watch.transport(httpx.HTTPTransport()))
        ...

pytest loads this module in every run, so it imports nothing until the fixture is used.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from depot_flux_contract.errors import needs

if TYPE_CHECKING:
    from depot_flux_contract.testing import Watch

_SUITE = "depot_flux_contract.suite"


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Make the options of the suite known where the suite is asked for, and nowhere else."""
    if any(argument.startswith(_SUITE) for argument in args):
        try:
            import_module("depot_flux_contract.verify.bench")
        except ModuleNotFoundError as missing:
            raise pytest.UsageError(needs(missing)) from None
        early_config.pluginmanager.import_plugin(f"{_SUITE}.options")


@pytest.fixture
def depot_flux_watch() -> "Iterator[Watch]":
    """Holds what its transports and adapters carry; the test fails where the contract is broken."""
    try:
        from depot_flux_contract.testing import Watch  # noqa: PLC0415 (only when it is used)
    except ModuleNotFoundError as missing:
        pytest.fail(needs(missing), pytrace=False)
    watch = Watch()
    yield watch
    if watch.findings:
        pytest.fail(watch.report(), pytrace=False)
