"""What the token endpoint answers, whatever it answers."""

import json
from typing import Any

import httpx
import pytest

from depot_flux import AuthentificationError, IndisponibleError
from depot_flux._http.tokens import token_of

URL = "https://sandbox-oauth.example/api/oauth/token"


def answer(code: int, told: Any) -> httpx.Response:
    return httpx.Response(code, text=json.dumps(told), request=httpx.Request("POST", URL))


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_by_itself_is_no_wrong_secret(code: int) -> None:
    with pytest.raises(IndisponibleError, match=str(code)):
        token_of(answer(code, {"error": "later"}), URL, "client")


@pytest.mark.parametrize("expires_in", [1800, "1800"])
def test_a_token_lives_as_long_as_it_is_told(expires_in: Any) -> None:
    told = {"access_token": "abc", "token_type": "Bearer", "expires_in": expires_in}
    assert token_of(answer(200, told), URL, "client") == ("abc", 1800.0)


@pytest.mark.parametrize(
    "expires_in", [None, 0, -5, "soon", 10**400, float("inf"), float("nan"), [], {}]
)
def test_a_lifetime_that_is_none_is_that_of_piste(expires_in: Any) -> None:
    told = {"access_token": "abc", "token_type": "Bearer", "expires_in": expires_in}
    assert token_of(answer(200, told), URL, "client") == ("abc", 3600.0)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "é", "x" * 16_001, 7, None, ["abc"]])
def test_a_token_that_no_header_holds_is_none(token: Any) -> None:
    with pytest.raises(AuthentificationError, match="no token"):
        token_of(answer(200, {"access_token": token, "token_type": "Bearer"}), URL, "client")


@pytest.mark.parametrize("text", ["", "null", "[]", "7", "<html>", "[" * 100_000])
def test_an_answer_that_is_no_object_is_no_token(text: str) -> None:
    response = httpx.Response(200, text=text, request=httpx.Request("POST", URL))
    with pytest.raises(AuthentificationError, match="check"):
        token_of(response, URL, "client")
