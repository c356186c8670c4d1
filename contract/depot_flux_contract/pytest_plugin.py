"""Fixtures for whoever tests a client, and the options of the suite that tests a platform.

    def test_mine(depot_flux_facade, depot_flux_simulator):
        depot_flux_simulator.fault("reset_after_store", operations=["deposer"])
        ...

    def test_theirs(depot_flux_watch):
        client = MyClient(transport=depot_flux_watch.transport(httpx.HTTPTransport()))
        ...

The facade's fixture stands here since this is the one part that knows client and simulator. pytest
loads this module in every run, so it imports nothing until a fixture is used.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from depot_flux import AsyncDepotFlux, Configuration, DepotFlux
    from depot_flux_contract.testing import Watch
    from depot_flux_simulator.testing import Simulator, Transport

_SUITE = "depot_flux_contract.suite"
_PROFILE = "depot_flux_profile"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say whose access is used with `--depot-flux-url`."""
    parser.getgroup("depot-flux", "API Dépôt Flux G2B").addoption(
        "--depot-flux-profile",
        dest=_PROFILE,
        metavar="NAME",
        help="profile of the access with --depot-flux-url; by default that of the environment",
    )


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Make the options of the suite known where the suite is asked for, and nowhere else."""
    if any(argument.startswith(_SUITE) for argument in args):
        early_config.pluginmanager.import_plugin(f"{_SUITE}.options")


@pytest.fixture
def depot_flux_watch() -> "Iterator[Watch]":
    """Holds what its transports and adapters carry; the test fails where the contract is broken."""
    from depot_flux_contract.testing import Watch  # noqa: PLC0415 (only when it is used)

    watch = Watch()
    yield watch
    if watch.findings:
        pytest.fail(watch.report(), pytrace=False)


@pytest.fixture
def depot_flux_configuration(request: pytest.FixtureRequest, tmp_path: Path) -> "Configuration":
    """Where the facade's fixtures deposit, and as whom; its receipt book is the test's own.

    With `--depot-flux-url` access and receipt book are those of the environment and its profile.
    """
    from depot_flux import Configuration, ConfigurationError  # noqa: PLC0415 (only when it is used)

    try:
        if elsewhere := request.config.getoption("depot_flux_url", None):
            return _elsewhere(elsewhere.rstrip("/"), request.config.getoption(_PROFILE))
        simulator: Simulator = request.getfixturevalue("depot_flux_simulator")
        application = simulator.applications[0]
        return Configuration(
            base_url=f"http://localhost{simulator.base_path}",
            client_id=application.client_id,
            client_secret=application.client_secret,
            login=application.comptes[0].login,
            mot_de_passe=application.comptes[0].mot_de_passe,
            code_application=application.code_application,
            fichier_recus=str(tmp_path / "recus.db"),
        )
    except ConfigurationError as error:
        told = f"fixture depot_flux_configuration: {error}"
        raise pytest.fail.Exception(told, pytrace=False) from None


def _elsewhere(url: str, profile: str | None) -> "Configuration":
    from depot_flux import Configuration, ConfigurationError  # noqa: PLC0415 (likewise)
    from depot_flux.configuration import PREFIX  # noqa: PLC0415 (likewise)
    from depot_flux_contract.production import is_production  # noqa: PLC0415 (likewise)

    found = Configuration.from_env(profile, {**os.environ, f"{PREFIX}BASE_URL": url})
    if is_production(found):
        raise ConfigurationError(f"{url} is a production platform; tests deposit flux elsewhere")
    return found


@pytest.fixture
def depot_flux_facade(
    request: pytest.FixtureRequest, depot_flux_configuration: "Configuration"
) -> "Iterator[DepotFlux]":
    """A ready `DepotFlux` on the simulator of this process, or on `--depot-flux-url`."""
    from depot_flux import DepotFlux  # noqa: PLC0415 (only when it is used)

    with DepotFlux(depot_flux_configuration, transport=_carried(request)) as facade:
        yield facade


@pytest.fixture
def depot_flux_async_facade(
    request: pytest.FixtureRequest, depot_flux_configuration: "Configuration"
) -> "AsyncDepotFlux":
    """The same with `await`, to be entered by `async with` in the test's own event loop."""
    from depot_flux import AsyncDepotFlux  # noqa: PLC0415 (only when it is used)

    return AsyncDepotFlux(depot_flux_configuration, transport=_carried(request))


def _carried(request: pytest.FixtureRequest) -> "Transport | None":
    """What carries the calls into the simulator of this process; nothing special elsewhere."""
    if request.config.getoption("depot_flux_url", None):
        return None
    simulator: Simulator = request.getfixturevalue("depot_flux_simulator")
    return simulator.transport
