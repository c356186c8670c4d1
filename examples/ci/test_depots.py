"""Tests of a program that deposits: they need no server, no account and no waiting."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from depot_flux import Configuration, DepotFlux
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator


@pytest.fixture
def depot(depot_flux_simulator: Simulator, tmp_path: Path) -> Iterator[DepotFlux]:
    """The client of the program under test, on a simulator as good as new."""
    configuration = replace(
        Configuration.from_env("simulator"),
        base_url=depot_flux_simulator.url,
        fichier_recus=str(tmp_path / "recus.db"),
    )
    with DepotFlux(configuration, transport=depot_flux_simulator.transport) as client:
        yield client


def test_an_invoice_is_recevable(
    depot: DepotFlux, depot_flux_simulator: Simulator, tmp_path: Path
) -> None:
    facture = tmp_path / "F2026-0001.xml"
    facture.write_bytes(facture_ubl("F2026-0001"))
    flux = depot.deposer("FSO3110A", facture)
    depot_flux_simulator.advance("10m")
    assert depot.consulter(flux).statut == "RECEVABLE"


def test_a_busy_platform_gets_the_invoice_once(
    depot: DepotFlux, depot_flux_simulator: Simulator, tmp_path: Path
) -> None:
    facture = tmp_path / "F2026-0002.xml"
    facture.write_bytes(facture_ubl("F2026-0002"))
    depot_flux_simulator.fault("status", status=503, retry_after=0, operations=["deposer"], times=1)
    first = depot.deposer("FSO3110A", facture)
    again = depot.deposer("FSO3110A", facture)
    assert again.id == first.id
    calls = [call for call in depot_flux_simulator.journal() if call.operation == "deposer"]
    assert [call.statut for call in calls] == [503, 201]
