"""Every fault, seen by a client on a real socket; and what became of the flux."""

import json
from pathlib import Path

import httpx
import psutil
import pytest

from depot_flux_simulator.flux.rules import Fault, FaultKind
from depot_flux_simulator.testing import Simulator
from tests.support.served import served
from tests.support.steering import deposit, steer


def stored(url: str) -> int:
    return int(httpx.get(f"{url}/_simulator/flux").json()["total"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_status(url: str, client: httpx.Client, status: int) -> None:
    steer(url, "faults", kind="status", status=status, retry_after=7, times=1)
    answer = deposit(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["statut"] == status
    assert stored(url) == 0
    assert deposit(client).status_code == 201


def test_a_status_waits_for_the_whole_body(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="status", status=503)
    assert deposit(client, content=b"x" * 20_000_000).status_code == 503


def test_reset_before_the_flux_is_stored(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="reset_before_store", operations=["deposer"], times=1)
    with pytest.raises(httpx.TransportError):
        deposit(client)
    assert stored(url) == 0
    assert deposit(client).status_code == 201


def test_reset_after_the_flux_is_stored(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="reset_after_store", operations=["deposer"], times=1)
    with pytest.raises(httpx.TransportError):
        deposit(client)
    assert stored(url) == 1
    assert deposit(client).status_code == 201
    assert stored(url) == 2


def test_a_reset_is_one_for_the_network(url: str) -> None:
    """With one connection alone, the client sees the reset itself, not merely the end."""
    steer(url, "faults", kind="reset_before_store", operations=["superviser"], times=1)
    with httpx.Client(base_url=url) as alone, pytest.raises(httpx.ReadError, match="reset"):
        alone.get("/healthcheck")


def test_resets_leave_no_file_open(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "1") as simulator:
        workers = psutil.Process(simulator.process.pid).children(recursive=True)

        def reset() -> int:
            steer(simulator.url, "faults", kind="reset_before_store", times=1)
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{simulator.url}/healthcheck")
            return sum(worker.num_fds() for worker in workers)

        before = max(reset() for _ in range(3))
        assert max(reset() for _ in range(8)) <= before + 4


def test_truncated_body(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="truncated_body", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        deposit(client)
    assert stored(url) == 1


def test_malformed_json(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="malformed_json", times=2)
    for answer in (deposit(client), client.get("/healthcheck")):
        assert answer.is_success
        assert answer.headers["Content-Type"] == "application/json"
        with pytest.raises(json.JSONDecodeError):
            answer.json()
    assert stored(url) == 1


def test_wrong_content_type(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="wrong_content_type", times=1)
    answer = deposit(client)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.json()["idFlux"]


def test_latency(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="latency", delay="400ms", operations=["deposer"], times=2)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/flux", files={"fichier": ("x.xml", b"x")}, timeout=0.2)
    answer = deposit(client)
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.4


def test_slow_body(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="slow_body", delay=0.4, operations=["deposer"], times=1)
    answer = deposit(client)
    assert answer.json()["idFlux"]
    assert answer.elapsed.total_seconds() >= 0.4


def test_expired_token(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="expired_token", times=1)
    answer = deposit(client)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "expiré" in answer.json()["detail"]
    assert deposit(client).status_code == 201


def test_healthcheck_down(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="healthcheck_down")
    assert client.get("/healthcheck").status_code == 503
    assert deposit(client).status_code == 201
    assert httpx.delete(f"{url}/_simulator/faults").status_code == 204
    assert client.get("/healthcheck").status_code == 200


def test_a_fault_strikes_only_what_it_names(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="status", operations=["consulter", "jeton"])
    assert client.get("/healthcheck").status_code == 200
    assert client.get("/flux/1").status_code == 503
    assert client.post("/api/oauth/token").status_code == 503


def test_the_nth_call(url: str, client: httpx.Client) -> None:
    steer(url, "faults", kind="status", nth=2, times=2)
    codes = [client.get("/healthcheck").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]


def test_chance_is_repeatable(url: str, client: httpx.Client) -> None:
    def codes(seed: int) -> list[int]:
        steer(url, "reset")
        steer(url, "faults", kind="status", probability=0.5, seed=seed)
        return [client.get("/healthcheck").status_code for _ in range(16)]

    first = codes(seed=1)
    assert set(first) == {200, 503}
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
        ],
    )
    def test_exceptions(
        self,
        depot_flux_simulator: Simulator,
        kind: str,
        options: dict[str, str],
        error: type[Exception],
        left: int,
    ) -> None:
        depot_flux_simulator.fault(kind, times=1, delay=options.get("delay"))
        with depot_flux_simulator.client() as client:
            with pytest.raises(error):
                deposit(client)
            assert len(depot_flux_simulator.search()) == left
            assert deposit(client).status_code == 201

    def test_a_bearable_latency_is_none(self, depot_flux_simulator: Simulator) -> None:
        depot_flux_simulator.fault("latency", delay="4s")
        with depot_flux_simulator.client() as client:
            assert deposit(client).elapsed.total_seconds() < 4
