"""The simulator as a Python object: in process, on a manual clock."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from depot_flux_simulator.flux.clock import BackwardsError
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing.simulator import START, Simulator

UBL = facture_ubl()


def deposit(client: httpx.Client, nom: str = "facture.xml", content: bytes = UBL) -> str:
    answer = client.post(
        "/flux", files={"fichier": (nom, content)}, data={"codeInterface": "FSO3110A"}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["idFlux"])


def statut(client: httpx.Client, id_flux: str) -> str:
    return str(client.get(f"/flux/{id_flux}").json()["statut"])


def test_the_clock_alone_moves_a_flux_along(depot_flux_simulator: Simulator) -> None:
    with depot_flux_simulator.client() as client:
        id_flux = deposit(client)
        seen = [statut(client, id_flux)]
        for step in ("1999ms", "1ms", timedelta(seconds=2.999), 0.001):
            depot_flux_simulator.advance(step)
            seen.append(statut(client, id_flux))
    cours = "EN_COURS_DE_TRAITEMENT"
    assert seen == ["RECU", "RECU", cours, cours, "RECEVABLE"]


def test_a_token_expires_by_the_simulators_clock(depot_flux_simulator: Simulator) -> None:
    headers = depot_flux_simulator.headers()
    with httpx.Client(
        transport=depot_flux_simulator.transport, base_url=depot_flux_simulator.url, headers=headers
    ) as client:
        assert client.get("/healthcheck").status_code == 200
        depot_flux_simulator.advance("59m59s")
        assert client.get("/healthcheck").status_code == 200
        depot_flux_simulator.advance("1s")
        assert client.get("/healthcheck").status_code == 401


def test_its_own_clients_stay_authenticated(depot_flux_simulator: Simulator) -> None:
    with depot_flux_simulator.client() as client:
        depot_flux_simulator.advance("1d")
        assert client.get("/healthcheck").status_code == 200


def test_the_clock_never_goes_backwards(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.move_to(datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(BackwardsError):
        depot_flux_simulator.move_to(datetime(2026, 12, 31, tzinfo=UTC))
    with pytest.raises(ValueError, match="between 0 and a hundred years"):
        depot_flux_simulator.advance(-1)
    assert depot_flux_simulator.now() == datetime(2027, 1, 1, tzinfo=UTC)


def test_time_runs_and_stands_still(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.resume(factor=3_600_000)
    while depot_flux_simulator.now() < START + timedelta(hours=1):
        pass
    depot_flux_simulator.freeze()
    assert depot_flux_simulator.now() == depot_flux_simulator.now() > START


def test_reset_leaves_nothing(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.scenario(motifs=["IRR_SYNTAX"])
    depot_flux_simulator.pace(0)
    depot_flux_simulator.advance("1d")
    with depot_flux_simulator.client() as client:
        id_flux = deposit(client)
        assert statut(client, id_flux) == "IRRECEVABLE"
        depot_flux_simulator.reset()
        assert depot_flux_simulator.now() == START
        assert client.get(f"/flux/{id_flux}").status_code == 404
        # The name and the bytes are known no more: the same flux is a new one.
        id_flux = deposit(client)
        assert statut(client, id_flux) == "RECU"
        depot_flux_simulator.advance(5)
        assert statut(client, id_flux) == "RECEVABLE"


def test_what_was_deposited_can_be_read_back(depot_flux_simulator: Simulator) -> None:
    with depot_flux_simulator.client() as client:
        id_flux = deposit(client)
    assert depot_flux_simulator.content(id_flux) == UBL
    assert depot_flux_simulator.flux(id_flux).flux.depot.nom == "facture.xml"
    with pytest.raises(KeyError):
        depot_flux_simulator.content("1")


def test_the_same_simulator_is_served(
    depot_flux_simulator: Simulator, depot_flux_simulator_url: str
) -> None:
    headers = depot_flux_simulator.headers()
    with httpx.Client(base_url=depot_flux_simulator_url, headers=headers) as client:
        id_flux = deposit(client)
    with depot_flux_simulator.client() as client:
        assert statut(client, id_flux) == "RECU"


def test_each_application_sees_its_own_flux(depot_flux_simulator: Simulator) -> None:
    first, second = depot_flux_simulator.applications
    with (
        depot_flux_simulator.client(first) as one,
        depot_flux_simulator.client(second) as other,
    ):
        assert other.get(f"/flux/{deposit(one)}").status_code == 404


def test_two_simulators_do_not_meet() -> None:
    with Simulator() as one, Simulator(pace=0) as other:
        one.advance("1h")
        assert one.now() - other.now() == timedelta(hours=1)
        with one.client() as a, other.client() as b:
            assert statut(a, deposit(a)) == "RECU"
            assert statut(b, deposit(b)) == "RECEVABLE"
