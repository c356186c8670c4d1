"""Every error has the contract's body; no input gets a 500."""

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.errors import StoreUnreachableError, UncertainError
from depot_flux_simulator.store.tables import flux
from depot_flux_simulator.testing import Calls, Simulator, Transport
from depot_flux_simulator.web.app import create_app
from tests.page.browsing import Browser
from tests.support.contract import (
    CONTRACT,
    assert_problem,
    explains,
    over,
    states_the_interface,
    supervises,
    unknown,
)
from tests.support.served import AAA
from tests.support.stores import database_of, kept_bytes, on_sqlite


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0, body_bytes=1_000_000) as running:
        yield running


@pytest.fixture(scope="module")
def access(simulator: Simulator) -> dict[str, str]:
    return simulator.headers()


def call(
    simulator: Simulator, method: str, path: str, headers: dict[str, str], **arguments: Any
) -> Any:
    """A call as it goes over the wire, its answer likewise."""
    client = simulator.app.test_client()
    return client.open(path, method=method, headers=headers, **arguments)


def assert_wire_problem(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["statut"] == status
    assert problem["titre"]
    return str(problem["detail"])


def parts(simulator: Simulator) -> Parts:
    found: Parts = simulator.app.extensions["depot_flux"]
    return found


def contents(simulator: Simulator) -> int:
    store = parts(simulator).store
    files = sum(1 for path in store.contents.folder.iterdir() if path.suffix != ".lock")
    return files + len(set(kept_bytes(store)) - set(store.contents.names()))


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/flux/", 404),
        ("GET", "/flux//", 404),
        ("GET", "/flux/1/2", 404),
        ("GET", "/flux/123456789", 404),
        ("GET", "/flux/abc", 404),
        ("GET", "/flux/a-c", 400),
        ("GET", "/flux/%00", 400),
        ("GET", "/flux/%FF", 400),
        ("GET", "/_simulator/flux/1", 404),
        ("PUT", "/flux", 405),
        ("DELETE", "/flux/1", 405),
        ("OPTIONS", "/flux", 405),
        ("POST", "/healthcheck", 405),
        ("GET", "/api/oauth/token", 405),
    ],
)
def test_what_is_not_there(
    simulator: Simulator, access: dict[str, str], method: str, path: str, status: int
) -> None:
    assert_wire_problem(call(simulator, method, path, access), status)


@pytest.mark.reconstruction
def test_405_says_what_is_allowed(simulator: Simulator, access: dict[str, str]) -> None:
    assert call(simulator, "PUT", "/flux", access).headers["Allow"] == "POST"


@states_the_interface
@explains
def test_a_code_interface_that_breaks_its_form_is_named(simulator: Simulator) -> None:
    reply = simulator.calls().deposer(b"<a/>", code="UBL")
    assert reply.status == CONTRACT.deposer.first_declared(422, 400)
    assert "UBL" in assert_problem(reply, reply.status)


@pytest.mark.reconstruction
def test_a_code_interface_that_breaks_its_form_is_422_by_its_name(simulator: Simulator) -> None:
    detail = assert_problem(simulator.calls().deposer(b"<a/>", code="UBL"), 422)
    assert "codeInterface" in detail


@pytest.mark.reconstruction
def test_a_missing_part_is_400_and_named(simulator: Simulator, access: dict[str, str]) -> None:
    form = {"fichier": (BytesIO(b"<a/>"), "a.xml")}
    detail = assert_wire_problem(call(simulator, "POST", "/flux", access, data=form), 400)
    assert "codeInterface" in detail


@pytest.mark.reconstruction
def test_a_file_part_without_a_name_is_400(simulator: Simulator, access: dict[str, str]) -> None:
    form = {"fichier": "<a/>", "codeInterface": "FSO3110A"}
    answer = call(simulator, "POST", "/flux", access, data=form, content_type="multipart/form-data")
    assert "filename" in assert_wire_problem(answer, 400)


@pytest.mark.reconstruction
@pytest.mark.parametrize("content_type", ["application/json", "application/xml", "text/plain", ""])
def test_another_media_type_is_415(
    simulator: Simulator, access: dict[str, str], content_type: str
) -> None:
    answer = call(simulator, "POST", "/flux", access, data=b"{}", content_type=content_type)
    assert "multipart/form-data" in assert_wire_problem(answer, 415)


def test_a_body_beyond_the_gateway_is_413_and_nothing_is_kept(simulator: Simulator) -> None:
    before = contents(simulator)
    assert_problem(simulator.calls().deposer(b"x" * 1_000_001), 413)
    assert contents(simulator) == before


@pytest.mark.reconstruction
def test_an_endless_text_part_is_413(simulator: Simulator, access: dict[str, str]) -> None:
    form = {"fichier": "x" * 600_000, "codeInterface": "FSO3110A"}
    answer = call(simulator, "POST", "/flux", access, data=form, content_type="multipart/form-data")
    assert "filename" in assert_wire_problem(answer, 413)


@pytest.mark.reconstruction
def test_many_parts_are_413_and_nothing_is_kept(
    simulator: Simulator, access: dict[str, str]
) -> None:
    before = contents(simulator)
    form = {f"p{n}": (BytesIO(b"x"), "a.xml") for n in range(60)}
    assert_wire_problem(call(simulator, "POST", "/flux", access, data=form), 413)
    assert contents(simulator) == before


@pytest.mark.reconstruction
@on_sqlite
def test_a_second_file_is_not_kept(simulator: Simulator, access: dict[str, str]) -> None:
    before = contents(simulator)
    form = {
        "fichier": (BytesIO(b"<a/>"), "a.xml"),
        "autre": (BytesIO(b"<b/>"), "b.xml"),
        "codeInterface": "FSO3110A",
    }
    assert call(simulator, "POST", "/flux", access, data=form).status_code == 201
    assert contents(simulator) == before + 1


def test_nothing_is_read_before_the_caller_is_known(simulator: Simulator) -> None:
    before = contents(simulator)
    assert_problem(over(simulator, {}).deposer(b"<a/>"), 401)
    assert contents(simulator) == before


@pytest.mark.reconstruction
@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=400), boundary=st.sampled_from(["b", "+++", ""]))
def test_any_multipart_body_gets_a_2xx_or_4xx(
    simulator: Simulator, access: dict[str, str], body: bytes, boundary: str
) -> None:
    prefix = b"--b\r\nContent-Disposition: form-data; name=fichier; filename="
    for content in (body, prefix + body, prefix + b"a.xml\r\n\r\n" + body + b"\r\n--b--\r\n"):
        answer = call(
            simulator,
            "POST",
            "/flux",
            access,
            data=content,
            content_type=f"multipart/form-data; boundary={boundary}",
        )
        assert answer.status_code in (201, 400, 413, 415, 422)


@settings(max_examples=80, deadline=None)
@given(path=st.text(max_size=40).filter(lambda path: path not in (".", "..")))
def test_any_identifier_gets_a_4xx(simulator: Simulator, access: dict[str, str], path: str) -> None:
    address = CONTRACT.location("0mark0", CONTRACT.base_path).replace("0mark0", path.lstrip("/"))
    answer = simulator.app.test_client().get(address, headers=access)
    assert answer.status_code in (400, CONTRACT.consulter.first_declared(422, 400), 404)


def test_an_unforeseen_error_is_a_500_without_its_trace(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(parts(simulator).store.flux, "facts", explode)
    reply = simulator.calls().consulter(unknown())
    assert "secret" not in assert_problem(reply, 500)
    assert "secret" not in reply.response.text


@pytest.mark.reconstruction
def test_a_path_forges_no_line_of_the_log(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(parts(simulator).store.flux, "facts", explode)
    answer = simulator.app.test_client().get("/flux/x%0AFORGED%1B[31m", headers=simulator.headers())
    assert answer.status_code == 500
    (record,) = caplog.records
    assert record.getMessage().endswith(r"'/flux/x\nFORGED\x1b[31m'")


def test_an_unreachable_store_is_503(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise StoreUnreachableError("database is locked")

    calls = simulator.calls()
    monkeypatch.setattr(parts(simulator).store.flux, "facts", locked)
    reply = calls.consulter(unknown())
    assert_problem(reply, CONTRACT.consulter.first_declared(503, 500))


@explains
def test_nobody_is_told_to_repeat_what_may_be_stored(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise UncertainError("no answer to a commit")

    monkeypatch.setattr(parts(simulator).store.flux, "deposit", lost)
    reply = simulator.calls().deposer(b"<a/>")
    said = assert_problem(reply, CONTRACT.deposer.first_declared(503, 500))
    assert "vérifier avant de réessayer" in said
    monkeypatch.setattr(parts(simulator).store.flux, "get", lost)
    page = Browser(simulator).get("/flux/x")
    assert page.status_code == 503
    assert said in unescape(page.get_data(as_text=True))


@supervises
def test_the_healthcheck_says_that_the_store_is_unreachable(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise StoreUnreachableError("database is locked")

    calls = simulator.calls()
    monkeypatch.setattr(parts(simulator).store, "oldest_wait_ms", locked)
    assert_problem(calls.superviser(), 503)


@supervises
@explains
def test_an_engine_that_does_not_follow_is_503_from_half_a_minute_on(tmp_path: Path) -> None:
    app = create_app(Settings(database=database_of(tmp_path)))
    client = httpx.Client(transport=Transport(app), base_url="http://localhost")
    parts = app.extensions["depot_flux"]
    client.headers["Authorization"] = f"Bearer {parts.piste.sign(AAA)}"
    client.headers["cpro-account"] = AAA.comptes[0].header
    calls = Calls(client, CONTRACT)
    assert calls.superviser().accepted
    id_flux = calls.deposer(b"<a/>").accept().id_flux
    assert calls.superviser().accepted
    since = 0
    for waited in (20, 35, 60, 7_200):
        earlier = flux.update().where(flux.c.id_flux == id_flux)
        with parts.store._database.writing() as connection:
            moved = flux.c.arrive_le - 1_000 * (waited - since)
            connection.execute(earlier.values(arrive_le=moved))
        since = waited
        if waited < 30:
            assert calls.superviser().accepted
        else:
            detail = assert_problem(calls.superviser(), 503)
            assert "moteur" in detail
            assert waited <= int(re.findall(r"[0-9]+", detail)[0]) < waited + 10
    # Whatever else it answers, and whoever asks: a deposit is still taken.
    second = calls.deposer(b"<b/>").accept().id_flux
    assert not calls.superviser().accepted
    while parts.engine.step():
        pass
    assert calls.superviser().accepted
    assert calls.consulter(second).accepted
    parts.close()


def test_the_page_needs_nothing_from_elsewhere(simulator: Simulator) -> None:
    page = call(simulator, "GET", "/docs/", {}).get_data(as_text=True)
    assert "/docs/swagger-ui-bundle.js" in page
    assert "//" not in page.replace("<!--", "").split("<body", 1)[0].replace("</", "")
    assert call(simulator, "GET", "/docs/swagger-ui-bundle.js", {}).status_code == 200
