"""Tests that take what the pytest plugins give, held to strict checkers: every fixture."""

from typing import assert_type

from depot_flux import AsyncDepotFlux, Configuration, DepotFlux
from depot_flux_client import AuthenticatedClient
from depot_flux_contract.testing import Watch
from depot_flux_simulator.testing import Simulator, SimulatorSettings


def in_process(
    depot_flux_simulator: Simulator,
    depot_flux_simulator_url: str,
    depot_flux_client: AuthenticatedClient,
    depot_flux_facade: DepotFlux,
    depot_flux_watch: Watch,
) -> None:
    flux = depot_flux_facade.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
    assert_type(depot_flux_simulator.flux(flux.id).flux.id_flux, str)
    assert_type(depot_flux_simulator_url, str)
    assert_type(depot_flux_client.get_httpx_client().base_url.host, str)
    depot_flux_watch.check()


async def with_await(
    depot_flux_async_facade: AsyncDepotFlux, depot_flux_configuration: Configuration
) -> None:
    async with depot_flux_async_facade as depot:
        assert depot.configuration == depot_flux_configuration


def served(depot_flux_url: str, depot_flux_served_simulator: Simulator) -> None:
    assert depot_flux_url == depot_flux_served_simulator.serve()


def overridden(
    depot_flux_simulator_settings: SimulatorSettings, depot_flux_served_settings: SimulatorSettings
) -> SimulatorSettings:
    return {**depot_flux_simulator_settings, **depot_flux_served_settings, "tls": True}
