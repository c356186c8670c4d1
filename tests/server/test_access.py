"""Who is let in: PISTE's tokens and the technical account."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from depot_flux_simulator.flux.clock import ManualClock
from tests.support.suite import AAA, BBB, InProcess, in_process


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def simulator(tmp_path: Path, clock: ManualClock) -> Iterator[InProcess]:
    with in_process(tmp_path, clock) as running:
        yield running


def ask_token(simulator: InProcess, **form: str) -> tuple[int, dict[str, object]]:
    answer = simulator.app.test_client().post("/api/oauth/token", data=form)
    return answer.status_code, answer.get_json()


GOOD = {
    "grant_type": "client_credentials",
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "scope": "openid",
}


def test_a_token_is_given_as_piste_gives_it(simulator: InProcess) -> None:
    status, body = ask_token(simulator, **GOOD)
    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_secret": "é\x00"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_secret": ""}, "invalid_request"),
    ],
)
def test_a_bad_token_request_is_refused_by_name(
    simulator: InProcess, change: dict[str, str], error: str
) -> None:
    assert ask_token(simulator, **{**GOOD, **change}) == (400, {"error": error})


def test_a_token_request_in_json_is_refused(simulator: InProcess) -> None:
    answer = simulator.app.test_client().post("/api/oauth/token", json=GOOD)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})


def test_both_layers_let_in(simulator: InProcess) -> None:
    assert simulator.call("GET", "/healthcheck", simulator.access()).status_code == 200


def status_with(simulator: InProcess, **headers: str | None) -> int:
    merged = {**simulator.access(), **{key.replace("_", "-"): v for key, v in headers.items()}}
    kept = {key: value for key, value in merged.items() if value is not None}
    answer = simulator.call("GET", "/healthcheck", kept)
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["statut"] == answer.status_code
    return int(answer.status_code)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a.b.c",
        "Bearer é",
        "Bearer " + "x" * 5000,
    ],
)
def test_a_missing_or_malformed_token_is_401(
    simulator: InProcess, authorization: str | None
) -> None:
    assert status_with(simulator, Authorization=authorization) == 401


def test_a_token_of_another_signer_is_401(simulator: InProcess) -> None:
    claims = {"iss": "depot-flux-simulator", "sub": "demo-client", "exp": 4_000_000_000}
    forged = jwt.encode(claims, "not the simulator's secret, but long enough", "HS256")
    assert status_with(simulator, Authorization=f"Bearer {forged}") == 401


def test_an_unsigned_token_is_401(simulator: InProcess) -> None:
    claims = {"iss": "depot-flux-simulator", "sub": "demo-client", "exp": 4_000_000_000}
    unsigned = jwt.encode(claims, None, "none")
    assert status_with(simulator, Authorization=f"Bearer {unsigned}") == 401


def test_a_token_lasts_its_hour_and_not_a_second_more(
    simulator: InProcess, clock: ManualClock
) -> None:
    access = simulator.access()
    clock.advance(3600 * 1000 - 1000)
    assert simulator.call("GET", "/healthcheck", access).status_code == 200
    clock.advance(1000)
    assert simulator.call("GET", "/healthcheck", access).status_code == 401


def test_no_technical_account_is_401(simulator: InProcess) -> None:
    assert status_with(simulator, cpro_account=None) == 401


@pytest.mark.parametrize(
    "account",
    ["not base64 é", b64encode(b"demo@depot-flux.example:wrong").decode(), "ZGVtbw=="],
)
def test_an_account_that_is_not_the_applications_is_403(simulator: InProcess, account: str) -> None:
    assert status_with(simulator, cpro_account=account) == 403


def test_anothers_account_is_403(simulator: InProcess) -> None:
    others = simulator.access(BBB)["cpro-account"]
    assert status_with(simulator, cpro_account=others) == 403


def test_a_flux_is_seen_by_the_application_that_deposited_it_alone(simulator: InProcess) -> None:
    mine, others = simulator.access(AAA), simulator.access(BBB)
    id_flux = simulator.deposit(mine).get_json()["idFlux"]
    assert simulator.call("GET", f"/flux/{id_flux}", mine).status_code == 200
    assert simulator.call("GET", f"/flux/{id_flux}", others).status_code == 404


def test_secrets_stay_out_of_representations(simulator: InProcess) -> None:
    shown = repr(simulator.parts.piste.__dict__["_by_client"])
    assert "demo-client" in shown
    assert "demo-secret" not in shown
    assert "demo-password" not in shown
