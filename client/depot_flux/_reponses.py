"""Answers as people see them and the receipt book keeps them: bounded, and without secrets.

A gateway's page may repeat what it was asked with, and an error may say the secret that was wrong.
"""

import json
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import httpx

from depot_flux.models import Reponse

_KEPT = 1000  # bytes of an answer
_SHOWN = 160  # characters of it in a message
_HIDDEN = "…"
# Headers that let someone in.
_SECRET_HEADERS = frozenset({"set-cookie", "set-cookie2", "authorization", "cpro-account"})
# What is said of a token, `Bearer error="…"`, is none.
_CREDENTIALS = re.compile(
    r"(?i)\b(bearer|basic|cpro-account:?)(\s+)(?![a-z_]+=[\"'\w])[^\s\"'<>\\,=]{6,}=*"
)
# In quotes, which an answer within an answer escapes, a value goes as far as they do.
_VALUES = re.compile(
    r"(?is)(\b(?:client_secret|access_token|refresh_token|password|mot_de_passe)"
    r"[\\\"']*\s*[=:]\s*(\\?[\"'])?)"
    r"(?(2)(?:(?!\2)(?:\\.|.))*|[^\s\\\"'&<>,;}]+)"
)
_REQUEST_ID = re.compile(r"(?i)^(.*[-_])?(request|correlation|transaction|trace)-?id$|^cf-ray$")
_UNSEEN = re.compile(r"(?is)<(head|script|style)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|<[^>]*(>|$)")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title")
_HTML = re.compile(rb"(?i)^[\xef\xbb\xbf\s]*<(!doctype\s+html|html|head|body|title|h1|center)\b")


def reponse_of(response: httpx.Response, secrets: Iterable[str] = ()) -> Reponse:
    """An answer as it may be shown and kept.

    Args:
        response: the answer, read.
        secrets: what must not be seen in it, beside what its own request says.
    """
    hidden = sorted({*secrets, *_secrets_of(response)}, key=len, reverse=True)
    headers = {
        name: _without(value, hidden)
        for name, value in response.headers.items()
        if name not in _SECRET_HEADERS
    }
    if response.is_redirect and "location" in headers:
        headers["location"] = bare(headers["location"])
    text = response.content[:_KEPT].decode("utf-8", "replace")
    return Reponse(response.status_code, headers, _without(text, hidden))


def bare(address: str) -> str:
    """Where a redirect leads, without what may be secret in it."""
    scheme, slashes, rest = address.partition("?")[0].rpartition("//")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"[:200]


def as_json(reponse: Reponse) -> str:
    """An answer as the receipt book keeps it."""
    told = {"statut": reponse.statut, "entetes": dict(reponse.entetes), "debut": reponse.debut}
    return json.dumps(told, ensure_ascii=False)


def from_json(text: str | None) -> Reponse | None:
    """An answer that the receipt book kept, None if there is none."""
    if not text:
        return None
    told = json.loads(text)
    return Reponse(told["statut"], told["entetes"], told["debut"])


def json_in(text: str | bytes) -> Any:
    """What an answer says in JSON; None where it is none, or nested deeper than anybody reads."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_html(response: httpx.Response) -> bool:
    """Whether an answer is a page for people."""
    declared = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return declared in {"text/html", "application/xhtml+xml"} or bool(
        _HTML.match(response.content[:_KEPT])
    )


def shown(response: httpx.Response) -> str:
    """What an answer that is not the contract's begins with, on one line."""
    reponse = reponse_of(response)
    if not response.content.strip():
        return "no body"
    if is_html(response):
        title = _TITLE.search(reponse.debut)
        text = f"{title[1] if title else ''} {_UNSEEN.sub(' ', reponse.debut)}"
        return f"HTML: {_line(unescape(text))!r}"
    if reponse.debut.count("\ufffd") > len(reponse.debut) // 8:
        return "bytes that are no text"
    return _line(reponse.debut)


def helping(response: httpx.Response) -> list[str]:
    """What the headers of an error say of it: how to be let in, and what to quote to support."""
    headers = reponse_of(response).entetes
    wanted = [name for name in headers if name == "www-authenticate"]
    wanted += [name for name in headers if _REQUEST_ID.match(name)][:2]
    return [f"{name.title().replace('Www', 'WWW')}: {_line(headers[name])}" for name in wanted]


def _line(text: str) -> str:
    # What comes after "; " in a message is what to do.
    text = text.replace("; ", ", ")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _VALUES.sub(rf"\1{_HIDDEN}", _CREDENTIALS.sub(rf"\1\2{_HIDDEN}", text))


def _secrets_of(response: httpx.Response) -> Iterator[str]:
    """What the request of an answer let itself in with, as it may come back."""
    try:
        request = response.request
    except RuntimeError:
        return  # nobody sent one
    for name in ("authorization", "cpro-account"):
        value = request.headers.get(name, "").rpartition(" ")[2]
        if len(value) > 3:
            yield value
        try:
            password = b64decode(value, validate=True).decode().partition(":")[2]
        except (NoBase64, ValueError):
            continue
        if len(password) > 3:
            yield password
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        form = parse_qs(request.content.decode("ascii", "replace"))
        yield from (value for value in form.get("client_secret", []) if len(value) > 3)
