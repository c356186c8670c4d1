"""Calls that end without their answer: read whole, and told in the journal as what they were."""

import io
import json
from typing import Any

import httpx
import pytest

from depot_flux_simulator.access.piste import EXPIRED
from depot_flux_simulator.contract import Answer
from depot_flux_simulator.flux.rules import Fault, FaultKind
from depot_flux_simulator.testing import Calls, Simulator
from depot_flux_simulator.web import faults
from tests.server.test_served import until
from tests.support.steering import steer

REFUSALS = {
    FaultKind.STATUS: "503",
    FaultKind.EXPIRED_TOKEN: "401",
    FaultKind.HEALTHCHECK_DOWN: "503",
    FaultKind.GATEWAY: "403",
}


class Body(io.BytesIO):
    """A body that never waits for more than it has, and says how much was asked for at a time."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0, "read to an end that may never come"
        self.asked.append(size)
        return super().read(size)


def refused(kind: FaultKind, body: Body, **environ: Any) -> list[str]:
    """Refuse an upload; the codes that were answered."""
    codes: list[str] = []

    def problem(status: int, _detail: str, headers: dict[str, str]) -> Answer:
        return Answer(status, b"", "", headers)

    def start(status: str, _headers: list[tuple[str, str]], _info: Any = None) -> Any:
        # A server that answers first may reset the connection of whoever still writes.
        assert body.tell() == 300_000, "answered before the upload was read"
        codes.append(status[:3])

    def app(*_: Any) -> list[bytes]:
        raise AssertionError("a refused upload reached the application")

    refusing = faults.apply(Fault(kind=kind), 1, app, problem)
    list(refusing({"wsgi.input": body, **environ}, start))
    return codes


def noted(url: str) -> list[dict[str, Any]]:
    """What the journal says of deposits, once it says it: the client's end comes first."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        answer = httpx.get(f"{url}/_simulator/journal", params={"operation": "deposer"})
        found[:] = answer.json()["appels"]
        return bool(found)

    until(there)
    return found


def kept(client: httpx.Client) -> list[dict[str, Any]]:
    """The calls that are kept whole, once they are."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = json.loads(client.get("/_simulator/journal/har").text)["log"]["entries"]
        return bool(found)

    until(there)
    return found


@pytest.mark.parametrize("kind", REFUSALS)
def test_an_upload_that_is_refused_is_read_to_its_end_first(kind: FaultKind) -> None:
    said = Body(bytes(300_000) + b"of the next call")
    assert refused(kind, said, CONTENT_LENGTH="300000") == [REFUSALS[kind]]
    assert said.read(100) == b"of the next call"
    assert max(said.asked) < 300_000, "an upload is not held in memory to be thrown away"


def test_so_is_one_that_does_not_say_its_length() -> None:
    assert refused(FaultKind.STATUS, Body(bytes(300_000)), **{"wsgi.input_terminated": True})


def test_one_that_is_cut_is_not_waited_for() -> None:
    assert refused(FaultKind.STATUS, Body(bytes(300_000)), CONTENT_LENGTH="400000") == ["503"]


@pytest.mark.parametrize("kind", ["reset_before_store", "reset_after_store"])
def test_the_journal_has_a_call_that_was_dropped_as_one_without_an_answer(
    url: str, api: Calls, kind: str
) -> None:
    steer(url, "faults", kind=kind, operations=["deposer"], times=1)
    with pytest.raises(httpx.TransportError):
        api.deposer(b"<x/>")
    told = noted(url)
    stored = httpx.get(f"{url}/_simulator/flux").json()["flux"]
    assert [(call["statut"], call["taille_reponse"], call["pannes"]) for call in told] == [
        (0, None, [kind])
    ]
    assert [call["id_flux"] for call in told if call["id_flux"]] == [f["id_flux"] for f in stored]
    assert len(stored) == (kind == "reset_after_store")
    # It is found by its code, among those that were answered.
    assert api.deposer(b"<x/>").accepted
    page = httpx.get(f"{url}/_simulator/journal?operation=deposer&statut=0").json()
    assert page["total"] == 1


def test_a_half_answer_keeps_the_code_that_it_began_with(url: str, api: Calls) -> None:
    steer(url, "faults", kind="truncated_body", operations=["deposer"], times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.deposer(b"<x/>")
    [call] = noted(url)
    assert (200 <= call["statut"] < 300, call["pannes"]) == (True, ["truncated_body"])


@pytest.mark.parametrize("kind", ["reset_before_store", "reset_after_store", "truncated_body"])
def test_calls_that_are_kept_whole_include_those_that_were_dropped(kind: str) -> None:
    with Simulator(keep_bodies=True) as simulator:
        simulator.fault(kind, operations=["deposer"], times=1)
        with httpx.Client(base_url=simulator.serve(), auth=simulator.auth()) as client:
            with pytest.raises(httpx.TransportError) as told:
                simulator.calls(client).deposer(b"<Invoice/>")
            entries = kept(client)
        # As without keeping them: half an answer is no reset. A reset may look like an end.
        if kind == "truncated_body":
            assert isinstance(told.value, httpx.RemoteProtocolError)
    [entry] = entries
    response = entry["response"]
    if kind == "truncated_body":
        assert (200 <= response["status"] < 300, response["bodySize"] > 0) == (True, True)
    else:
        assert (response["status"], response["headers"], response["bodySize"]) == (0, [], 0)
    if kind != "reset_before_store":
        assert "<Invoice/>" in entry["request"]["postData"]["text"]


def test_expired_is_said_in_the_words_of_the_access() -> None:
    with Simulator() as simulator:
        simulator.fault("expired_token", operations=["deposer"], times=1)
        simulator.calls().deposer(b"<x/>")
        [call] = simulator.journal()
    assert (call.statut, call.probleme) == (401, EXPIRED)
