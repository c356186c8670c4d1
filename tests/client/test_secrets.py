"""An answer that repeats what it was asked with: nothing of that is told, logged or kept."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from depot_flux import DepotFlux, DepotFluxError, Flux, RequeteRefuseeError
from depot_flux._reponses import reponse_of, without_secrets
from tests.client.test_gateway import configuration_of
from tests.support.contract import CONTRACT
from tests.support.fake_platform import CODE
from tests.support.gateway import GIVEN, ID, TOKEN

pytestmark = pytest.mark.reconstruction
PASSWORD, SECRET = 'hush "é" <word>&/+', "hush-secret/1"
ACCOUNT = b64encode(f"demo@depot-flux.example:{PASSWORD}".encode()).decode()
KNOWN = (TOKEN, ACCOUNT.rstrip("="), PASSWORD, SECRET, "hush", quote(PASSWORD), ACCOUNT[:40])

Answer = Callable[[str], httpx.Response]
"""Makes an answer that repeats a text."""


def problem(status: int) -> Answer:
    def answer(text: str) -> httpx.Response:
        told = CONTRACT.problem(None, status, text, "/", {})
        body = json.loads(told.body)
        body["titre"] = body["title"] = f"Refusé : {text}"
        headers = {"Content-Type": str(told.content_type), "X-Request-Id": text.partition(" ")[0]}
        return httpx.Response(status, headers=headers, content=json.dumps(body))

    return answer


def page(status: int) -> Answer:
    def answer(text: str) -> httpx.Response:
        escaped = text.replace("&", "&#38;").replace("<", "&lt;").replace("h", "&#104;")
        return httpx.Response(status, html=f"<html><title>{escaped}</title>{escaped}</html>")

    return answer


def said(**fields: str) -> Answer:
    told = {"idFlux": ID, "statut": "RECU", **fields}
    return lambda text: httpx.Response(
        200, json={name: value.replace("*", text) for name, value in told.items()}
    )


def leading(text: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": f"https://x.example/{quote(text)}"})


def broken(text: str) -> httpx.Response:
    raise httpx.RemoteProtocolError(f"illegal status line: {text.encode()!r}")


ANSWERS: dict[str, Answer] = {
    **{f"problem {code}": problem(code) for code in (400, 401, 403, 404, 405, 422, 500, 501, 503)},
    **{f"page {code}": page(code) for code in (400, 403, 404, 500)},
    "status": said(statut="*"),
    "date": said(date="*", dateStatut="*"),
    "redirect": leading,
    "no http": broken,
}


class Echo(httpx.BaseTransport):
    """Repeats what lets its caller in."""

    def __init__(self, answer: Answer, token: Answer | None = None) -> None:
        self._answer, self._token = answer, token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if not request.url.path.endswith("/token"):
            token = request.headers.get("Authorization", "").partition(" ")[2]
            account = request.headers.get("cpro-account", "")
            return self._answer(f"{token} {account} {PASSWORD if account else ''}")
        if self._token:
            return self._token(f"{SECRET} {quote(SECRET, safe='')}")
        return httpx.Response(200, content=GIVEN.body)


def behind(folder: Path, echo: Echo) -> DepotFlux:
    own = configuration_of(folder)
    own = replace(own, mot_de_passe=PASSWORD, client_secret=SECRET)
    depot = DepotFlux(own, transport=echo)
    depot._clock.sleep = lambda _seconds: None
    return depot


def see_that_nothing_is_told(told: str) -> None:
    assert not [secret for secret in KNOWN if secret in told], told
    escaped = json.dumps(told)
    assert not [secret for secret in KNOWN if json.dumps(secret)[1:-1] in escaped], told


@pytest.mark.parametrize("name", ANSWERS)
def test_what_an_answer_repeats_of_its_request_is_told_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG, "depot_flux")
    told = []
    with behind(tmp_path, Echo(ANSWERS[name])) as depot:
        calls: tuple[Callable[[], object], ...] = (
            lambda: depot.deposer(CODE, b"<a/>", nom="F.xml"),
            lambda: depot.consulter(ID),
            depot.sante,
            lambda: depot.attendre(Flux(ID, "F.xml", CODE, "00", 1), 0.0),
        )
        for call in calls:
            try:
                call()
            except DepotFluxError as error:
                told += [str(error), repr(error.reponse), repr(error.__dict__)]
        told += [repr(step) for step in depot.diagnostic()]
        told += [repr(recu) for recu in depot.livre.recus()]
        told += [str(recu.reponse) for recu in depot.livre.recus()]
    told.append(caplog.text)
    assert len(told) > 6
    for each in told:
        see_that_nothing_is_told(each)


@pytest.mark.parametrize(
    "token",
    [
        lambda text: httpx.Response(400, json={"error": text}),
        lambda text: httpx.Response(400, json={"error": "no", "error_description": text}),
        lambda text: httpx.Response(500, text=text),
        page(400),
        broken,
    ],
)
def test_what_the_token_endpoint_repeats_is_told_nowhere(tmp_path: Path, token: Answer) -> None:
    with (
        behind(tmp_path, Echo(problem(400), token)) as depot,
        pytest.raises(DepotFluxError) as caught,
    ):
        depot.consulter(ID)
    see_that_nothing_is_told(f"{caught.value} {caught.value.reponse!r}")


def test_what_an_error_says_beside_them_is_kept(tmp_path: Path) -> None:
    with (
        behind(tmp_path, Echo(lambda text: problem(422)(f"Nom absent ({text})"))) as depot,
        pytest.raises(RequeteRefuseeError, match=r"Nom absent \(… … …\)") as caught,
    ):
        depot.consulter(ID)
    assert caught.value.probleme["statut"] == 422


def test_a_secret_at_the_end_of_what_is_kept_leaves_no_part_of_itself() -> None:
    request = httpx.Request("GET", "http://x", headers={"Authorization": f"Bearer {'t' * 1_500}"})
    answer = httpx.Response(400, text="." * 900 + "t" * 1_500, request=request)
    assert reponse_of(answer).debut == "." * 900 + "…"


def test_of_a_value_within_others_each_text_is_without_them() -> None:
    request = httpx.Request("GET", "http://x", headers={"Authorization": "Bearer hush-hush"})
    answer = httpx.Response(400, request=request)
    deep: list[object] = ["end"]
    for _ in range(900):
        deep = [deep]
    told = without_secrets({"hush-hush": [1, None, "a hush-hush"], "deep": deep}, answer)
    assert "hush" not in repr(told)
    assert "end" not in repr(told)
    assert told["…"] == [1, None, "a …"]
