"""The simulator as a Python object: in process, on a manual clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import (
    DEFAULT_CONTRACT,
    START,
    BackwardsError,
    Calls,
    ConfigurationError,
    RefusedError,
    Simulator,
    Statut,
)
from tests.support.contract import CONTRACT, explains, names_the_file, states_the_interface, unknown
from tests.support.served import port_is_free

UBL = facture_ubl()


def test_the_clock_alone_moves_a_flux_along(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(UBL)
    seen = [depot_flux_simulator.status(id_flux)]
    for step in ("1999ms", "1ms", timedelta(seconds=2.999), 0.001):
        depot_flux_simulator.advance(step)
        seen.append(depot_flux_simulator.status(id_flux))
    cours = "EN_COURS_DE_TRAITEMENT"
    assert seen == ["RECU", "RECU", cours, cours, "RECEVABLE"]


def test_a_token_expires_by_the_simulators_clock(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(UBL)
    headers = depot_flux_simulator.headers()
    with httpx.Client(
        transport=depot_flux_simulator.transport, base_url=depot_flux_simulator.url, headers=headers
    ) as client:
        calls = depot_flux_simulator.calls(client)
        assert calls.consulter(id_flux).accepted
        depot_flux_simulator.advance("59m59s")
        assert calls.consulter(id_flux).accepted
        depot_flux_simulator.advance("1s")
        assert calls.consulter(id_flux).status == 401


def test_its_own_clients_stay_authenticated(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(UBL)
    with depot_flux_simulator.client() as client:
        depot_flux_simulator.advance("1d")
        assert depot_flux_simulator.calls(client).consulter(id_flux).accepted


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
    id_flux = depot_flux_simulator.deposit(UBL)
    assert depot_flux_simulator.status(id_flux) == "IRRECEVABLE"
    depot_flux_simulator.reset()
    assert depot_flux_simulator.now() == START
    assert depot_flux_simulator.scenarios() == []
    with pytest.raises(RefusedError) as refused:
        depot_flux_simulator.status(id_flux)
    assert refused.value.status == 404
    # The name and the bytes are known no more: the same flux is a new one.
    id_flux = depot_flux_simulator.deposit(UBL)
    assert depot_flux_simulator.status(id_flux) == "RECU"
    depot_flux_simulator.advance(5)
    assert depot_flux_simulator.status(id_flux) == "RECEVABLE"


def test_what_was_deposited_can_be_read_back(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(UBL)
    assert depot_flux_simulator.content(id_flux) == UBL
    with pytest.raises(KeyError):
        depot_flux_simulator.content("1")


@names_the_file
@states_the_interface
def test_a_deposit_says_its_name_and_interface(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(UBL, name='l\'été "1".xml', code="FSO6000A")
    stored = depot_flux_simulator.flux(id_flux).flux.depot
    assert (stored.nom, stored.code_interface) == ('l\'été "1".xml', "FSO6000A")


@states_the_interface
@explains
def test_a_refusal_says_what_was_asked_and_why(depot_flux_simulator: Simulator) -> None:
    with pytest.raises(RefusedError, match=r"^POST .* 4\d\d: .*UBL") as refused:
        depot_flux_simulator.deposit(UBL, code="UBL")
    assert refused.value.status in (400, 422)
    assert "UBL" in refused.value.detail
    assert refused.value.response.status_code == refused.value.status
    assert depot_flux_simulator.search() == []


def test_an_unhealthy_platform_says_so(depot_flux_simulator: Simulator) -> None:
    if CONTRACT.superviser is None:
        with pytest.raises(LookupError):
            depot_flux_simulator.healthcheck()
        return
    depot_flux_simulator.healthcheck()
    depot_flux_simulator.fault("healthcheck_down")
    with pytest.raises(RefusedError) as refused:
        depot_flux_simulator.healthcheck()
    assert refused.value.status == 503


def test_the_same_simulator_is_served(
    depot_flux_simulator: Simulator, depot_flux_simulator_url: str
) -> None:
    headers = depot_flux_simulator.headers()
    with httpx.Client(base_url=depot_flux_simulator_url, headers=headers) as client:
        id_flux = Calls(client, CONTRACT).deposer(UBL).accept().id_flux
    assert depot_flux_simulator.status(id_flux) == "RECU"


def test_each_application_sees_its_own_flux(depot_flux_simulator: Simulator) -> None:
    first, second = depot_flux_simulator.applications
    id_flux = depot_flux_simulator.deposit(UBL, application=first)
    assert depot_flux_simulator.status(id_flux, first) == "RECU"
    with pytest.raises(RefusedError) as refused:
        depot_flux_simulator.status(id_flux, second)
    assert refused.value.status == 404


def test_two_simulators_do_not_meet() -> None:
    with Simulator() as one, Simulator(pace=0) as other:
        one.advance("1h")
        assert one.now() - other.now() == timedelta(hours=1)
        assert one.status(one.deposit(UBL)) == "RECU"
        assert other.status(other.deposit(UBL)) == "RECEVABLE"


def test_rules_can_be_listed_and_taken_back(depot_flux_simulator: Simulator) -> None:
    stay = depot_flux_simulator.scenario(recu="1h")
    gone = depot_flux_simulator.scenario(statut="RECU")
    fault = depot_flux_simulator.fault("status", operations=["consulter"])
    assert depot_flux_simulator.scenarios() == [stay, gone]
    assert depot_flux_simulator.faults() == [fault]
    depot_flux_simulator.remove(gone)
    id_flux = depot_flux_simulator.deposit(UBL)
    assert [rule.seen for rule in depot_flux_simulator.scenarios()] == [1]
    with pytest.raises(RefusedError):
        depot_flux_simulator.status(id_flux)
    depot_flux_simulator.remove(fault)
    assert depot_flux_simulator.faults() == []
    depot_flux_simulator.advance("2h")
    assert depot_flux_simulator.status(id_flux) == "RECEVABLE"
    with pytest.raises(KeyError):
        depot_flux_simulator.remove(gone)


def test_search_by_each_filter(depot_flux_simulator: Simulator) -> None:
    _, second = depot_flux_simulator.applications
    empty = depot_flux_simulator.deposit(b"")
    later = depot_flux_simulator.advance("1m")
    theirs = depot_flux_simulator.deposit(UBL, application=second)

    def ids(**filters: Any) -> list[str]:
        return [vue.id_flux for vue in depot_flux_simulator.search(**filters)]

    assert ids() == [theirs, empty]
    assert ids(statut="IRRECEVABLE") == ids(statut=Statut.IRRECEVABLE) == [empty]
    assert ids(motif="IRR_VIDE") == [empty]
    assert ids(code_application=second.code_application) == [theirs]
    assert ids(depuis=later) == [theirs]
    assert ids(avant=later) == [empty]
    with pytest.raises(ValueError, match="FINI"):
        ids(statut="FINI")
    with pytest.raises(ValueError, match="time zone"):
        ids(depuis=later.replace(tzinfo=None))


def test_it_starts_and_stops_without_with(tmp_path: Path) -> None:
    simulator = Simulator(pace=0, folder=tmp_path / "kept")
    with pytest.raises(RuntimeError, match=r"start\(\) it"):
        simulator.now()
    assert simulator.start() is simulator
    with pytest.raises(RuntimeError, match="runs already"):
        simulator.start()
    url = httpx.URL(simulator.serve())
    assert not port_is_free(url.port)
    id_flux = simulator.deposit(UBL)
    reached = simulator.advance("1h")
    simulator.stop()
    simulator.stop()
    assert port_is_free(url.port)
    with simulator:
        # What lies in a folder of one's own is still there, time included.
        assert simulator.now() == reached
        assert simulator.status(id_flux) == "RECEVABLE"


def test_its_temporary_folder_goes_with_it() -> None:
    with Simulator() as simulator:
        folder = simulator.folder
        assert folder.is_dir()
    assert not folder.exists()


APPLICATIONS = """
[[application]]
client_id = "mine"
client_secret = "secret"
code_application = "ZZZ999"
comptes_techniques = [{ login = "me", mot_de_passe = "word" }]
"""


def test_every_setting_has_its_effect(tmp_path: Path) -> None:
    applications = tmp_path / "applications.toml"
    applications.write_text(APPLICATIONS, encoding="utf-8")
    contract = tmp_path / "contract.json"
    document = json.loads(DEFAULT_CONTRACT.read_text("utf-8"))
    contract.write_text(json.dumps({**document, "servers": [{"url": "/theirs"}]}), "utf-8")
    start = datetime(2027, 3, 1, tzinfo=UTC)
    with Simulator(
        start=start,
        applications=applications,
        contract=contract,
        token_seconds=10,
        body_bytes=10_000,
        schemas=None,
        clamav=None,
        fonctionnel=False,
    ) as simulator:
        assert simulator.now() == start
        assert simulator.base_path == "/theirs"
        assert [each.code_application for each in simulator.applications] == ["ZZZ999"]
        id_flux = simulator.deposit(b"<x/>")
        with pytest.raises(RefusedError) as refused:
            simulator.deposit(b"x" * 10_001)
        assert refused.value.status == 413
        headers = simulator.headers()
        with httpx.Client(transport=simulator.transport, base_url=simulator.url) as client:
            client.headers.update(headers)
            assert simulator.calls(client).consulter(id_flux).accepted
            simulator.advance(10)
            assert simulator.calls(client).consulter(id_flux).status == 401
    with Simulator(base_path="/mine/v1", start=None) as simulator:
        assert simulator.base_path == "/mine/v1"
        assert simulator.status(simulator.deposit(b"<x/>")) == "RECU"
        assert datetime.now(UTC) - simulator.now() < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (lambda: Simulator(pase=0), TypeError, "pase; it has pace, "),  # type: ignore[call-arg]
        (lambda: Simulator(pace=-1), ValueError, "-1 is negative"),
        (lambda: Simulator(start=datetime(2026, 9, 1)), ValueError, "time zone"),
        (lambda: Simulator(contract="/no/such.json"), ConfigurationError, "/no/such.json"),
        (lambda: Simulator(applications="/no/such.toml"), ConfigurationError, "/no/such.toml"),
        (lambda: Simulator(schemas="/no/such"), ConfigurationError, "/no/such"),
        (lambda: Simulator(annuaire="/no/such"), ConfigurationError, "/no/such"),
    ],
)
def test_what_cannot_be_used_is_named(
    make: Callable[[], Simulator], error: type[Exception], named: str
) -> None:
    with pytest.raises(error) as told:
        make().start()
    assert named in str(told.value)
    assert "\n" not in str(told.value)


def test_what_a_reply_does_not_say_is_an_error(depot_flux_simulator: Simulator) -> None:
    reply = depot_flux_simulator.calls().consulter(unknown())
    assert not reply.accepted
    with pytest.raises(LookupError):
        _ = reply.statut
    with pytest.raises(RefusedError):
        reply.accept()
