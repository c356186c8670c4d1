"""Every error has the contract's body; no input gets a 500."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator.store.errors import StoreUnreachableError
from tests.support.suite import InProcess, in_process


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    folder = tmp_path_factory.mktemp("errors")
    with in_process(folder, pace=0, body_bytes=1_000_000) as running:
        yield running


@pytest.fixture(scope="module")
def access(simulator: InProcess) -> dict[str, str]:
    return simulator.access()


def assert_problem(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["statut"] == status
    assert problem["titre"]
    return str(problem["detail"])


def contents(simulator: InProcess) -> int:
    return sum(1 for _ in simulator.parts.settings.contents.iterdir() if _.suffix != ".lock")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/flux/", 404),
        ("GET", "/flux//", 404),
        ("GET", "/flux/1/2", 404),
        ("GET", "/flux/123456789", 404),
        ("GET", "/flux/abc", 400),
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
    simulator: InProcess, access: dict[str, str], method: str, path: str, status: int
) -> None:
    assert_problem(simulator.call(method, path, access), status)


def test_405_says_what_is_allowed(simulator: InProcess, access: dict[str, str]) -> None:
    assert simulator.call("PUT", "/flux", access).headers["Allow"] == "POST"


def test_a_code_interface_that_breaks_its_form_is_422_and_named(
    simulator: InProcess, access: dict[str, str]
) -> None:
    detail = assert_problem(simulator.deposit(access, code="UBL"), 422)
    assert "codeInterface" in detail
    assert "UBL" in detail


def test_a_missing_part_is_400_and_named(simulator: InProcess, access: dict[str, str]) -> None:
    form = {"fichier": (BytesIO(b"<a/>"), "a.xml")}
    detail = assert_problem(simulator.call("POST", "/flux", access, data=form), 400)
    assert "codeInterface" in detail


def test_a_file_part_without_a_name_is_400(simulator: InProcess, access: dict[str, str]) -> None:
    form = {"fichier": "<a/>", "codeInterface": "FSO3110A"}
    answer = simulator.call("POST", "/flux", access, data=form, content_type="multipart/form-data")
    assert "filename" in assert_problem(answer, 400)


@pytest.mark.parametrize("content_type", ["application/json", "application/xml", "text/plain", ""])
def test_another_media_type_is_415(
    simulator: InProcess, access: dict[str, str], content_type: str
) -> None:
    answer = simulator.call("POST", "/flux", access, data=b"{}", content_type=content_type)
    assert "multipart/form-data" in assert_problem(answer, 415)


def test_a_body_beyond_the_gateway_is_413_and_nothing_is_kept(
    simulator: InProcess, access: dict[str, str]
) -> None:
    before = contents(simulator)
    assert_problem(simulator.deposit(access, b"x" * 1_000_001), 413)
    assert contents(simulator) == before


def test_an_endless_text_part_is_413(simulator: InProcess, access: dict[str, str]) -> None:
    form = {"fichier": "x" * 600_000, "codeInterface": "FSO3110A"}
    answer = simulator.call("POST", "/flux", access, data=form, content_type="multipart/form-data")
    assert "filename" in assert_problem(answer, 413)


def test_many_parts_are_413_and_nothing_is_kept(
    simulator: InProcess, access: dict[str, str]
) -> None:
    before = contents(simulator)
    form = {f"p{n}": (BytesIO(b"x"), "a.xml") for n in range(60)}
    assert_problem(simulator.call("POST", "/flux", access, data=form), 413)
    assert contents(simulator) == before


def test_a_second_file_is_not_kept(simulator: InProcess, access: dict[str, str]) -> None:
    before = contents(simulator)
    form = {
        "fichier": (BytesIO(b"<a/>"), "a.xml"),
        "autre": (BytesIO(b"<b/>"), "b.xml"),
        "codeInterface": "FSO3110A",
    }
    assert simulator.call("POST", "/flux", access, data=form).status_code == 201
    assert contents(simulator) == before + 1


def test_nothing_is_read_before_the_caller_is_known(simulator: InProcess) -> None:
    before = contents(simulator)
    assert_problem(simulator.deposit({}), 401)
    assert contents(simulator) == before


@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=400), boundary=st.sampled_from(["b", "+++", ""]))
def test_any_multipart_body_gets_a_2xx_or_4xx(
    simulator: InProcess, access: dict[str, str], body: bytes, boundary: str
) -> None:
    prefix = b"--b\r\nContent-Disposition: form-data; name=fichier; filename="
    for content in (body, prefix + body, prefix + b"a.xml\r\n\r\n" + body + b"\r\n--b--\r\n"):
        answer = simulator.call(
            "POST",
            "/flux",
            access,
            data=content,
            content_type=f"multipart/form-data; boundary={boundary}",
        )
        assert answer.status_code in (201, 400, 413, 415, 422)


@settings(max_examples=80, deadline=None)
@given(path=st.text(max_size=40).filter(lambda path: path not in (".", "..")))
def test_any_identifier_gets_a_4xx(simulator: InProcess, access: dict[str, str], path: str) -> None:
    answer = simulator.app.test_client().get("/flux/" + path.lstrip("/"), headers=access)
    assert answer.status_code in (400, 404)


def test_an_unforeseen_error_is_a_500_without_its_trace(
    simulator: InProcess, access: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(simulator.parts.store.flux, "facts", explode)
    answer = simulator.call("GET", "/flux/1", access)
    assert "secret" not in assert_problem(answer, 500)


def test_an_unreachable_store_is_503(
    simulator: InProcess, access: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise StoreUnreachableError("database is locked")

    monkeypatch.setattr(simulator.parts.store.flux, "facts", locked)
    assert_problem(simulator.call("GET", "/flux/1", access), 503)
    monkeypatch.setattr(simulator.parts.store, "engine_silence_ms", locked)
    assert_problem(simulator.call("GET", "/healthcheck", access), 503)


def test_a_silent_engine_is_503(tmp_path: Path) -> None:
    with in_process(tmp_path, inline=False) as simulator:
        access = simulator.access()
        detail = assert_problem(simulator.call("GET", "/healthcheck", access), 503)
        assert "moteur" in detail


def test_the_page_needs_nothing_from_elsewhere(simulator: InProcess) -> None:
    page = simulator.call("GET", "/docs/", {}).get_data(as_text=True)
    assert "/docs/swagger-ui-bundle.js" in page
    assert "//" not in page.replace("<!--", "").split("<body", 1)[0].replace("</", "")
    assert simulator.call("GET", "/docs/swagger-ui-bundle.js", {}).status_code == 200
