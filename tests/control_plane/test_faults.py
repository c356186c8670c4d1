"""Every fault, seen by a client on a real socket; and what became of the flux."""

import json
from pathlib import Path

import httpx
import psutil
import pytest

from depot_flux_simulator.flux.rules import Fault, FaultKind
from depot_flux_simulator.testing import Calls, Simulator
from tests.server.test_served import until
from tests.support.contract import CONTRACT, EXPLAINS, supervises, unknown
from tests.support.served import served
from tests.support.steering import steer


def stored(url: str) -> int:
    return int(httpx.get(f"{url}/_simulator/flux").json()["total"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_status(url: str, api: Calls, status: int) -> None:
    steer(url, "faults", kind="status", status=status, retry_after=7, times=1)
    answer = api.deposer(b"<x/>")
    assert (answer.status, answer.response.headers["Retry-After"]) == (status, "7")
    assert stored(url) == 0
    assert api.deposer(b"<x/>").accepted


@pytest.mark.reconstruction
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_has_the_body_of_an_error(url: str, api: Calls, status: int) -> None:
    steer(url, "faults", kind="status", status=status, times=1)
    answer = api.deposer(b"<x/>").response
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["statut"] == status


def test_a_status_waits_for_the_whole_body(url: str, api: Calls) -> None:
    steer(url, "faults", kind="status", status=503)
    assert api.deposer(b"x" * 20_000_000).status == 503


def test_reset_before_the_flux_is_stored(url: str, api: Calls) -> None:
    steer(url, "faults", kind="reset_before_store", operations=["deposer"], times=1)
    with pytest.raises(httpx.TransportError):
        api.deposer(b"<x/>")
    assert stored(url) == 0
    assert api.deposer(b"<x/>").accepted


def test_reset_after_the_flux_is_stored(url: str, api: Calls) -> None:
    steer(url, "faults", kind="reset_after_store", operations=["deposer"], times=1)
    with pytest.raises(httpx.TransportError):
        api.deposer(b"<x/>")
    assert stored(url) == 1
    assert api.deposer(b"<x/>").accepted
    assert stored(url) == 2


def test_a_reset_is_one_for_the_network(url: str) -> None:
    """With one connection alone, the client sees the reset itself, not merely the end."""
    steer(url, "faults", kind="reset_before_store", operations=["consulter"], times=1)
    with httpx.Client(base_url=url) as alone, pytest.raises(httpx.ReadError, match="reset"):
        Calls(alone, CONTRACT).consulter(unknown())


def test_resets_leave_no_file_open(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "1") as simulator:
        workers = psutil.Process(simulator.process.pid).children(recursive=True)

        def reset() -> int:
            steer(simulator.url, "faults", kind="reset_before_store", times=1)
            with pytest.raises(httpx.TransportError):
                httpx.post(f"{simulator.url}/api/oauth/token")
            return sum(map(beside_the_store, workers))

        def beside_the_store(worker: psutil.Process) -> int:
            # Each thread opens the store's files for itself, at whatever time it first reads.
            files = [file for file in worker.open_files() if tmp_path in Path(file.path).parents]
            return worker.num_fds() - len(files)

        before = max(reset() for _ in range(3))
        assert max(reset() for _ in range(8)) <= before + 4


def test_truncated_body(url: str, api: Calls) -> None:
    steer(url, "faults", kind="truncated_body", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        api.deposer(b"<x/>")
    assert stored(url) == 1


def test_malformed_json(url: str, api: Calls) -> None:
    sound = [api.deposer(b"<x/>")]
    sound.append(api.consulter(id_flux := sound[0].id_flux))
    steer(url, "faults", kind="malformed_json", times=2)
    for answer, as_it_was in zip(
        (api.deposer(b"<x/>"), api.consulter(id_flux)), sound, strict=True
    ):
        assert answer.accepted
        kind = as_it_was.response.headers.get("Content-Type")
        assert answer.response.headers["Content-Type"] == (kind or "application/json")
        with pytest.raises(json.JSONDecodeError):
            answer.response.json()
    assert stored(url) == 2


def test_wrong_content_type(url: str, api: Calls) -> None:
    steer(url, "faults", kind="wrong_content_type", times=1)
    answer = api.deposer(b"<x/>")
    assert answer.response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.id_flux


def test_latency(url: str, client: httpx.Client, api: Calls) -> None:
    steer(url, "faults", kind="latency", delay="400ms", operations=["deposer"], times=2)
    client.timeout = 0.2
    with pytest.raises(httpx.ReadTimeout):
        api.deposer(b"<x/>")
    client.timeout = 10
    answer = api.deposer(b"<x/>")
    assert answer.accepted
    assert answer.response.elapsed.total_seconds() >= 0.4


def test_slow_body(url: str, api: Calls) -> None:
    id_flux = api.deposer(b"<x/>").id_flux
    steer(url, "faults", kind="slow_body", delay=0.4, operations=["consulter"], times=1)
    answer = api.consulter(id_flux)
    assert answer.statut == "RECU"
    assert answer.response.elapsed.total_seconds() >= 0.4


def test_expired_token(url: str, api: Calls) -> None:
    steer(url, "faults", kind="expired_token", times=1)
    answer = api.deposer(b"<x/>")
    assert (answer.status, answer.response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "expiré" in answer.detail or not EXPLAINS
    assert api.deposer(b"<x/>").accepted


@supervises
def test_healthcheck_down(url: str, api: Calls) -> None:
    steer(url, "faults", kind="healthcheck_down")
    assert api.superviser().status == 503
    assert api.deposer(b"<x/>").accepted
    assert httpx.delete(f"{url}/_simulator/faults").status_code == 204
    assert api.superviser().accepted


def test_gateway(url: str, client: httpx.Client, api: Calls) -> None:
    steer(url, "faults", kind="gateway")
    for answer in (api.deposer(b"<x/>"), api.consulter(unknown())):
        assert (answer.status, answer.response.content) == (403, b"")
        assert "Content-Type" not in answer.response.headers
    assert client.post("/api/oauth/token").status_code == 403
    assert stored(url) == 0
    calls = httpx.get(f"{url}/_simulator/journal").json()["appels"]
    assert [(call["statut"], call["pannes"]) for call in calls[:3]] == [(403, ["gateway"])] * 3


@pytest.mark.parametrize("status", [401, 403, 502, 503, 504])
def test_a_gateway_speaks_html(url: str, api: Calls, status: int) -> None:
    steer(url, "faults", kind="gateway", status=status, operations=["deposer"], times=1)
    answer = api.deposer(b"<x/>")
    assert answer.status == status
    assert answer.response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<h1>{status} " in answer.response.text
    assert stored(url) == 0
    assert api.deposer(b"<x/>").accepted


def test_a_gateway_is_down_for_maintenance_for_a_while(url: str, api: Calls) -> None:
    rule = steer(url, "faults", kind="gateway", answer="maintenance", retry_after=9, lasting="10m")
    for _ in range(2):
        answer = api.deposer(b"<x/>")
        assert (answer.status, answer.response.headers["Retry-After"]) == (503, "9")
        assert "maintenance" in answer.response.text
    now = steer(url, "clock", advance="9m")["now"]
    assert now < rule["until"]
    assert api.deposer(b"<x/>").status == 503
    steer(url, "clock", advance="1m")
    assert api.deposer(b"<x/>").accepted
    assert stored(url) == 1


def test_a_gateway_ends_a_connection_that_was_kept(url: str, client: httpx.Client) -> None:
    kept = Calls(client, CONTRACT)
    assert kept.consulter(unknown()).status == 404
    steer(url, "faults", kind="gateway", answer="cut", operations=["deposer"], times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        kept.deposer(b"x" * 500_000)
    assert stored(url) == 0
    assert kept.deposer(b"<x/>").accepted


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_before_store"},
        {"kind": "reset_after_store"},
        {"kind": "gateway", "answer": "cut"},
    ],
)
def test_a_call_that_got_no_answer_has_no_status_in_the_journal(
    url: str, api: Calls, fault: dict[str, str]
) -> None:
    steer(url, "faults", operations=["consulter"], times=1, **fault)
    with pytest.raises(httpx.TransportError):
        api.consulter(unknown())

    def told() -> tuple[int, list[str]]:
        [call, *_] = httpx.get(f"{url}/_simulator/journal").json()["appels"]
        return call["statut"], call["pannes"]

    # The connection breaks a moment before the call is noted.
    until(lambda: told() == (0, [fault["kind"]]), seconds=5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "status", "answer": "html"},
        {"kind": "gateway", "status": 200},
        {"kind": "gateway", "answer": "cut", "status": 502},
        {"kind": "gateway", "answer": "nonsense"},
        {"kind": "gateway", "lasting": "soon"},
        {"kind": "latency", "delay": 1, "retry_after": 1},
    ],
)
def test_a_fault_that_contradicts_itself_is_refused(url: str, wrong: dict[str, object]) -> None:
    answer = httpx.post(f"{url}/_simulator/faults", json=wrong)
    assert answer.status_code in (400, 422)
    assert httpx.get(f"{url}/_simulator/faults").json() == []


@supervises
def test_a_fault_strikes_only_what_it_names(url: str, client: httpx.Client, api: Calls) -> None:
    steer(url, "faults", kind="status", operations=["consulter", "jeton"])
    assert api.superviser().accepted
    assert api.consulter(unknown()).status == 503
    assert client.post("/api/oauth/token").status_code == 503


def test_the_nth_call(url: str, api: Calls) -> None:
    steer(url, "faults", kind="status", nth=2, times=2)
    codes = [api.consulter(unknown()).status for _ in range(5)]
    assert codes == [404, 503, 503, 404, 404]


def test_chance_is_repeatable(url: str, api: Calls) -> None:
    def codes(seed: int) -> list[int]:
        steer(url, "reset")
        steer(url, "faults", kind="status", probability=0.5, seed=seed)
        return [api.consulter(unknown()).status for _ in range(16)]

    first = codes(seed=1)
    assert set(first) == {404, 503}
    assert codes(seed=1) == first != codes(seed=2)


def test_every_kind_was_proven() -> None:
    proven = {name.removeprefix("test_") for name in globals()}
    named = {"reset_before_the_flux_is_stored", "reset_after_the_flux_is_stored"}
    assert named <= proven
    assert {str(kind) for kind in FaultKind} - proven == {"reset_before_store", "reset_after_store"}


def test_log_normal_latency_has_the_median_it_says() -> None:
    fault = Fault(kind=FaultKind.LATENCY, delay_ms=100, sigma=0.5, seed=3)
    delays = sorted(fault.delay(number) for number in range(1, 1_000))
    assert 0.09 < delays[500] < 0.11
    # A standard deviation either side of the median, on a logarithmic scale.
    assert 0.14 < delays[841] < 0.19
    assert fault.delay(7) == fault.delay(7) != fault.delay(8)


class TestInProcess:
    """The same without a socket: httpx's exceptions, and nothing waits."""

    @pytest.mark.parametrize(
        ("kind", "options", "error", "left"),
        [
            ("reset_before_store", {}, httpx.ReadError, 0),
            ("reset_after_store", {}, httpx.ReadError, 1),
            ("truncated_body", {}, httpx.RemoteProtocolError, 1),
            ("latency", {"delay": "1m"}, httpx.ReadTimeout, 1),
            ("slow_body", {"delay": "5m"}, httpx.ReadTimeout, 1),
            ("gateway", {"answer": "cut"}, httpx.RemoteProtocolError, 0),
        ],
    )
    def test_exceptions(
        self,
        depot_flux_simulator: Simulator,
        kind: str,
        options: dict[str, str],
        calls: Calls,
        error: type[Exception],
        left: int,
    ) -> None:
        depot_flux_simulator.fault(kind, times=1, **options)  # type: ignore[arg-type]
        with pytest.raises(error):
            calls.deposer(b"<x/>")
        assert len(depot_flux_simulator.search()) == left
        assert calls.deposer(b"<x/>").accepted

    def test_a_fault_lasts_as_long_as_it_says(
        self, depot_flux_simulator: Simulator, calls: Calls
    ) -> None:
        depot_flux_simulator.fault("gateway", answer="maintenance", lasting="5m")
        assert calls.deposer(b"<x/>").status == 503
        depot_flux_simulator.advance("5m")
        assert calls.deposer(b"<x/>").accepted

    def test_a_bearable_latency_is_none(
        self, depot_flux_simulator: Simulator, calls: Calls
    ) -> None:
        depot_flux_simulator.fault("latency", delay="4s")
        assert calls.deposer(b"<x/>").response.elapsed.total_seconds() < 4
