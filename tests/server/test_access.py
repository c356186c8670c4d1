"""Who is let in: PISTE's tokens and the technical account."""

from base64 import b64encode
from collections.abc import Iterator

import jwt
import pytest

from depot_flux_simulator.testing import RefusedError, Simulator
from tests.support.contract import assert_problem, over


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def ask_token(simulator: Simulator, **form: str) -> tuple[int, dict[str, object]]:
    answer = simulator.app.test_client().post("/api/oauth/token", data=form)
    return answer.status_code, answer.get_json()


GOOD = {
    "grant_type": "client_credentials",
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "scope": "openid",
}


def test_a_token_is_given_as_piste_gives_it(simulator: Simulator) -> None:
    status, body = ask_token(simulator, **GOOD)
    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}


@pytest.mark.parametrize("seconds", [1, 10, 7_200])
def test_a_token_says_how_long_it_lives_and_lives_so_long(seconds: int) -> None:
    with Simulator(token_seconds=seconds) as simulator:
        status, body = ask_token(simulator, **GOOD)
        assert (status, body["expires_in"]) == (200, seconds)
        headers = {**simulator.headers(), "Authorization": f"Bearer {body['access_token']}"}
        calls = over(simulator, headers)
        simulator.advance(seconds - 0.5)
        id_flux = calls.deposer(b"<x/>").accept().id_flux
        simulator.advance(0.5)
        assert calls.consulter(id_flux).status == 401


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
    simulator: Simulator, change: dict[str, str], error: str
) -> None:
    assert ask_token(simulator, **{**GOOD, **change}) == (400, {"error": error})


def test_a_token_request_in_json_is_refused(simulator: Simulator) -> None:
    answer = simulator.app.test_client().post("/api/oauth/token", json=GOOD)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})


def access(simulator: Simulator) -> dict[str, str]:
    """Headers with a token that was asked for."""
    _, body = ask_token(simulator, **GOOD)
    return {**simulator.headers(), "Authorization": f"Bearer {body['access_token']}"}


def status_with(simulator: Simulator, **headers: str | bytes | None) -> int:
    """The code that a consultation with other headers is answered."""
    id_flux = simulator.deposit(b"<a/>")
    merged = {**access(simulator), **{key.replace("_", "-"): v for key, v in headers.items()}}
    kept = {key: value for key, value in merged.items() if value is not None}
    reply = over(simulator, kept).consulter(id_flux)
    if not reply.accepted:
        assert_problem(reply, reply.status)
    return reply.status


def refused(simulator: Simulator) -> int:
    """403, or 401 where the contract has no 403."""
    return simulator.contract.consulter.first_declared(403, 401)


def test_both_layers_let_in(simulator: Simulator) -> None:
    assert status_with(simulator) == simulator.contract.consulter.success


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
    simulator: Simulator, authorization: str | None
) -> None:
    assert status_with(simulator, Authorization=authorization) == 401


def test_a_token_of_another_signer_is_401(simulator: Simulator) -> None:
    claims = {"iss": "depot-flux-simulator", "sub": "demo-client", "exp": 4_000_000_000}
    forged = jwt.encode(claims, "not the simulator's secret, but long enough", "HS256")
    assert status_with(simulator, Authorization=f"Bearer {forged}") == 401


def test_an_unsigned_token_is_401(simulator: Simulator) -> None:
    claims = {"iss": "depot-flux-simulator", "sub": "demo-client", "exp": 4_000_000_000}
    unsigned = jwt.encode(claims, "", "none")
    assert status_with(simulator, Authorization=f"Bearer {unsigned}") == 401


def test_a_token_lasts_its_hour_and_not_a_second_more(
    simulator: Simulator,
) -> None:
    id_flux = simulator.deposit(b"<a/>")
    calls = over(simulator, access(simulator))
    simulator.advance(3600 - 1)
    assert calls.consulter(id_flux).accepted
    simulator.advance(1)
    assert calls.consulter(id_flux).status == 401


def test_no_technical_account_is_401(simulator: Simulator) -> None:
    assert status_with(simulator, cpro_account=None) == 401


@pytest.mark.parametrize(
    "account",
    ["not base64 é", b64encode(b"demo@depot-flux.example:wrong").decode(), "ZGVtbw=="],
)
def test_an_account_that_is_not_the_applications_is_403(simulator: Simulator, account: str) -> None:
    assert status_with(simulator, cpro_account=account) == refused(simulator)


def test_anothers_account_is_403(simulator: Simulator) -> None:
    others = simulator.applications[1].comptes[0].header
    assert status_with(simulator, cpro_account=others) == refused(simulator)


def test_a_flux_is_seen_by_the_application_that_deposited_it_alone(simulator: Simulator) -> None:
    mine, others = simulator.applications
    id_flux = simulator.deposit(b"<a/>", application=mine)
    assert simulator.status(id_flux, mine) == "RECU"
    with pytest.raises(RefusedError) as refused:
        simulator.status(id_flux, others)
    assert refused.value.status == 404


def test_secrets_stay_out_of_representations(simulator: Simulator) -> None:
    shown = repr(simulator.app.extensions["depot_flux"].piste.__dict__["_by_client"])
    assert "demo-client" in shown
    assert "demo-secret" not in shown
    assert "demo-password" not in shown


@pytest.mark.reconstruction
def test_the_gateway_answers_for_itself_when_asked_to() -> None:
    with Simulator(gateway=True) as simulator:
        web = simulator.app.test_client()
        headers = access(simulator)
        nowhere = web.get("/nowhere", headers=headers)
        wrong = web.get("/flux/1", headers={**headers, "cpro-account": "ZGVtbw=="})
        unknown = web.get("/flux/1", headers=headers)
        assert (nowhere.status_code, nowhere.data) == (403, b"")
        assert "Content-Type" not in nowhere.headers
        assert (wrong.status_code, wrong.data) == (401, b"")
        assert (unknown.status_code, unknown.content_type) == (404, "application/problem+json")
        assert web.get("/_simulator/nowhere").status_code == 404
