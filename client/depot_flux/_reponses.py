"""Answers as people see them and the receipt book keeps them: bounded, and without secrets.

A gateway's page may repeat what it was asked with, and an error may say the secret that was wrong.
"""

import json
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import httpx

from depot_flux.models import Reponse

_KEPT = 1000  # bytes of an answer
_SHOWN = 160  # characters of it in a message
_HIDDEN = "…"
_DEEPEST = 8  # levels of a value that are kept
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
    hidden = _hidden(response, secrets)
    headers = {
        name: _without(value, hidden)
        for name, value in response.headers.items()
        if name not in _SECRET_HEADERS
    }
    if response.is_redirect and "location" in headers:
        headers["location"] = bare(headers["location"])
    # A secret that the end of what is kept would cut in two is hidden whole.
    longest = max(map(len, hidden), default=0)
    text = response.content[: _KEPT + longest].decode("utf-8", "replace")
    return Reponse(response.status_code, headers, _without(text, hidden)[:_KEPT])


def without_secrets(value: Any, response: httpx.Response) -> Any:
    """What an answer says, a value of JSON, as it may be shown and kept.

    Args:
        value: is changed in its texts alone.
        response: the answer.
    """
    return _without_in(value, _hidden(response), 0)


def error_as_text(error: BaseException) -> str:
    """An error of a connection, which may quote what came over it, as it may be shown and kept."""
    said = _without(str(error), _hidden(error) if isinstance(error, httpx.RequestError) else ())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


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
        return f"HTML: {_line(without_secrets(unescape(text), response))!r}"
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


def _hidden(came: httpx.Response | httpx.RequestError, secrets: Iterable[str] = ()) -> list[str]:
    """What must not be seen of what came, in all ways it may be written, the longest first."""
    try:
        known = {*secrets, *_secrets_of(came.request)}
    except RuntimeError:
        known = {*secrets}  # nobody sent a request
    return sorted({form for each in known for form in forms(each)}, key=len, reverse=True)


def forms(secret: str) -> Iterator[str]:
    """A secret as it is, in an address, in JSON, in a page, in an error about bytes."""
    yield from (secret, escape(secret))
    # JSON may hold half a letter.
    for quoted, safe in ((quote, ""), (quote, "/"), (quote_plus, "")):
        yield quoted(secret, safe, errors="surrogatepass")
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield repr(secret.encode(errors="surrogatepass"))[2:-1]


def _without_in(value: Any, secrets: Iterable[str], depth: int) -> Any:
    if depth > _DEEPEST:
        return _HIDDEN
    if isinstance(value, str):
        return _without(value, secrets)
    if isinstance(value, list):
        return [_without_in(each, secrets, depth + 1) for each in value]
    if isinstance(value, dict):
        return {
            _without(name, secrets): _without_in(each, secrets, depth + 1)
            for name, each in value.items()
        }
    return value


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _VALUES.sub(rf"\1{_HIDDEN}", _CREDENTIALS.sub(rf"\1\2{_HIDDEN}", text))


def _secrets_of(request: httpx.Request) -> Iterator[str]:
    """What a request let itself in with, as it may come back."""
    for name in ("authorization", "cpro-account"):
        value = request.headers.get(name, "").rpartition(" ")[2]
        if len(value) > 3:
            # Who writes base64 anew may leave its filling out.
            yield from (value, value.rstrip("="))
        try:
            password = b64decode(value, validate=True).decode().partition(":")[2]
        except (NoBase64, ValueError):
            continue
        if len(password) > 3:
            yield password
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        form = parse_qs(request.content.decode("ascii", "replace"))
        yield from (value for value in form.get("client_secret", []) if len(value) > 3)
