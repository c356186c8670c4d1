"""What the token endpoint answers: a token, or what is wrong with the application."""

import json
import math
from typing import Any

import httpx
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

from depot_flux._http.refusals import ELSEWHERE, NOT_THERE, later, retry_after
from depot_flux._reponses import helping, is_html, json_in, reponse_of, shown
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    IndisponibleError,
)

_LIFETIME = 3600.0  # seconds, where the answer tells none; that of PISTE, inferred
# 2xx too: an answer without a token is the client's endpoint all the same.
_ABOUT_THE_CLIENT = frozenset({200, 201, 400, 401, 403})
_PASSING = frozenset({408, 425, 429})
_MAX_TOKEN = 16_000  # characters; more than any header may have


def token_of(response: httpx.Response, url: str, client_id: str) -> tuple[str, float]:
    """The token in an answer of the token endpoint, and its lifetime in seconds.

    Args:
        response: the answer.
        url: the endpoint.
        client_id: of the application.

    Raises:
        AuthentificationError: the application was refused, or there is no token.
        ConfigurationError: that is not the address of a token endpoint.
        IndisponibleError: it does not serve now.
    """
    code = response.status_code
    if code in ELSEWHERE | NOT_THERE | _PASSING or code >= 500:
        raise _no_answer(response, url)
    try:
        text, lifetime = _without_lifetime(response.text)
        told = BackendApplicationClient(client_id).parse_request_body_response(text)
        token = told["access_token"]
        if isinstance(token, str) and _sendable(token):
            return token, _lifetime(told.get("expires_in", lifetime))
        name = "no token"
    except (OAuth2Error, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        said = getattr(error, "error", None)
        name = "no token"
        if said not in {None, "missing_token", ""}:
            name = shown(_with(response, str(said)))
    raise AuthentificationError(
        f"{_said(response, url, name)}; check {_what(response)}", reponse=reponse_of(response)
    )


def _no_answer(response: httpx.Response, url: str) -> DepotFluxError:
    code, said = response.status_code, _said(response, url)
    reponse = reponse_of(response)
    if code >= 500 or code in _PASSING:
        wait = retry_after(response)
        return IndisponibleError(f"{said}; {later(wait)}", wait, reponse=reponse)
    what = "a redirect, and redirects are not followed" if code in ELSEWHERE else "not there"
    return ConfigurationError(f"{said}: {what}; correct token_url", code="ADRESSE", reponse=reponse)


def _said(response: httpx.Response, url: str, name: str = "") -> str:
    words = [name, _described(response) or shown(response), *helping(response)]
    what = ", ".join(word for word in words if word)
    return f"the token endpoint {url} answered {response.status_code} ({what})"


def _described(response: httpx.Response) -> str:
    """What its JSON says of the error, for people."""
    told = json_in(response.content)
    said = told.get("error_description") if isinstance(told, dict) else None
    # As it is shown elsewhere: on one line, without secrets.
    return shown(_with(response, said)) if isinstance(said, str) else ""


def _with(response: httpx.Response, text: str) -> httpx.Response:
    return httpx.Response(response.status_code, text=text, request=response.request)


def _what(response: httpx.Response) -> str:
    if is_html(response) or response.status_code not in _ABOUT_THE_CLIENT:
        return "token_url, and the proxy if there is one"
    return "client_id and client_secret, and that they belong to this platform"


def _sendable(token: str) -> bool:
    """Whether a token can stand in a header."""
    return (
        token.isascii()
        and token.isprintable()
        and " " not in token
        and (0 < len(token) <= _MAX_TOKEN)
    )


def _without_lifetime(text: str) -> tuple[str, Any]:
    """An answer without its lifetime, and that: oauthlib refuses a token for a lifetime of none."""
    told = json_in(text)
    if not isinstance(told, dict):
        return text, None
    lifetime = told.pop("expires_in", None)
    return json.dumps(told), lifetime


def _lifetime(told: Any) -> float:
    try:
        lifetime = float(told or _LIFETIME)
    except (TypeError, ValueError, OverflowError):
        return _LIFETIME
    return lifetime if math.isfinite(lifetime) and lifetime > 0 else _LIFETIME
