"""A deposit's answer that is not the contract's own: a success is read as one, the rest is kept."""

import json
import logging
from typing import Any

import httpx
import pytest

from depot_flux import DepotFlux, DepotIncertain, Etat
from tests.support.fake_platform import CODE, Platform

ID = "CPP0013110000000000425903"


def answering(on_platform: Platform, answer: httpx.Response) -> DepotFlux:
    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
        return answer

    return DepotFlux(on_platform.configuration(), transport=httpx.MockTransport(handle))


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (200, {"json": {"idFlux": ID}}, ID),
        (202, {"json": {"idFlux": 12345}}, "12345"),
        (201, {"json": {"numeroFluxDepot": 12345, "requestId": "r"}}, "12345"),
        (201, {"json": {"flux": {"id": 7}, "codeInterface": CODE}}, "7"),
        (202, {"json": {"data": {"flowId": ID}, "id": "envelope"}}, ID),
        (204, {"headers": {"Location": f"https://x.example/g2b/flux/{ID}"}}, ID),
        (201, {"text": "<ok/>", "headers": {"Location": f"/flux/{ID}"}}, ID),
    ],
)
def test_a_success_in_other_words_is_a_deposit_with_a_warning(
    on_platform: Platform, caplog: pytest.LogCaptureFixture, code: int, said: Any, expected: str
) -> None:
    with answering(on_platform, httpx.Response(code, **said)) as depot:
        with caplog.at_level(logging.WARNING, "depot_flux"):
            flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        (recu,) = depot.livre.recus()
    assert (flux.id, recu.id_flux, recu.etat) == (expected, expected, Etat.DEPOSE)
    if said.get("headers") is None or code != 201:
        assert "the contract says otherwise" in recu.detail
        assert recu.detail in caplog.text
        assert json.loads(str(recu.reponse))["statut"] == code


@pytest.mark.reconstruction
def test_what_the_contract_says_needs_no_warning(
    depot: DepotFlux, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "depot_flux"):
        depot.deposer(CODE, b"<a/>", nom="F.xml")
    (recu,) = depot.livre.recus()
    assert (recu.detail, recu.reponse, caplog.text) == ("", None, "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (201, {"text": f"<ok>{ID}</ok>"}),
        (200, {"json": [ID]}),
        (201, {"json": {"fluxId": ID, "idFluxParent": "other"}}),
        (201, {"json": {"idFlux": {"v": ID}, "fluxValide": "oui"}}),
        (503, {"text": f"<html>{ID} Bearer s3same</html>"}),
    ],
)
def test_an_answer_that_tells_no_identifier_is_kept_for_who_settles_it(
    on_platform: Platform, code: int, said: Any
) -> None:
    answer = httpx.Response(code, **said)
    answer.headers.update({"X-Request-Id": "r-1", "Set-Cookie": "session=s3same"})
    answer.headers.update({"cpro-account": "s3same", "Authorization": "s3same"})
    with answering(on_platform, answer) as depot:
        with pytest.raises(DepotIncertain) as caught:
            depot.deposer(CODE, b"<a/>", nom="F.xml")
        (recu,) = depot.livre.recus()
    assert caught.value.recu == recu
    kept = json.loads(str(recu.reponse))
    assert (kept["statut"], kept["entetes"]["x-request-id"]) == (code, "r-1")
    assert ID in kept["debut"]
    assert "s3same" not in str(recu.reponse)
