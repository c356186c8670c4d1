"""A call as an entry of a HAR 1.2: headers and bodies where they are kept, no secret ever."""

import base64
import json
import re
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import parse_qsl, quote, unquote
from wsgiref.types import WSGIEnvironment
from wsgiref.util import request_uri

from werkzeug.http import parse_options_header

from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.store import masking
from depot_flux_simulator.store.journal import Entry, Known

_LONGEST = 2_000_000
_NAME = re.compile(r"\bname\*?=\s*\"?([^\";\r\n]*)", re.IGNORECASE)
_VERSION = "HTTP/1.1"


class Heard:
    """What a call reads of its body, kept on its way.

    Args:
        stream: the body.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._parts: list[bytes] = []
        self.size = 0

    @property
    def body(self) -> bytes | None:
        """What was read, None where it is too long to be kept."""
        return b"".join(self._parts) if self.size <= _LONGEST else None

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        return self._kept(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        """Read a line on."""
        return self._kept(self._stream.readline(size))

    def readinto(self, target: Any) -> int:
        """Read on, into a buffer."""
        count: int = self._stream.readinto(target)  # type: ignore[attr-defined]
        self._kept(bytes(memoryview(target)[:count]))
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _kept(self, data: bytes) -> bytes:
        self.size += len(data)
        if self.size <= _LONGEST:
            self._parts.append(data)
        return data


def document(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A HAR of some entries, oldest first."""
    creator = {"name": "depot-flux-simulator", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def of_call(
    environ: WSGIEnvironment,
    known: Known,
    heard: Heard,
    answered: bytes,
    started: str,
    milliseconds: float,
    operation: str | None,
) -> dict[str, Any]:
    """The entry of a call at hand; of PISTE's token neither what was asked nor what was given."""
    secret = operation == Target.JETON
    headers = [
        (key[5:].replace("_", "-").title(), value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    ]
    media_type = environ.get("CONTENT_TYPE", "")
    headers += [("Content-Type", media_type)] if media_type else []
    query = environ.get("QUERY_STRING", "")
    shown = {**environ, "PATH_INFO": masking.text(environ["PATH_INFO"])}
    url = request_uri(shown, include_query=False).replace(quote(masking.MASK), masking.MASK)
    url = url.replace("%252F", "%2F")  # as `path_info` left it
    url += f"?{masking.query(query)}" if query else ""
    request = _request(environ["REQUEST_METHOD"], url, query, _shown(headers), heard.size)
    if heard.size:
        request["postData"] = {"mimeType": media_type}
        if heard.body is not None and not secret:
            request["postData"]["text"] = _sent(heard.body.decode("latin-1"), media_type)
    told = known.get("entetes", [])
    response = _response(known.get("statut", 0), _shown(told), len(answered))
    content = response["content"]
    content["mimeType"] = next((v for n, v in told if n.lower() == "content-type"), "x-unknown")
    if len(answered) <= _LONGEST and not secret:
        content |= _text(answered)
    return _entry(started, milliseconds, request, response)


def of_entry(entry: Entry, base: str, started: str) -> dict[str, Any]:
    """The entry of a call that the journal holds: neither headers nor bodies."""
    query = f"?{entry.requete}" if entry.requete else ""
    url = f"{base}{entry.chemin}{query}"
    request = _request(entry.methode, url, entry.requete, [], entry.taille_requete or 0)
    response = _response(entry.statut, [], entry.taille_reponse or 0)
    return _entry(started, entry.duree_us / 1_000, request, response)


def _request(
    method: str, url: str, query: str, headers: list[dict[str, str]], size: int
) -> dict[str, Any]:
    pairs = parse_qsl(masking.query(query)) if query else []
    return {
        "method": method, "url": url, "httpVersion": _VERSION, "cookies": [], "headers": headers,
        "queryString": [{"name": name, "value": value} for name, value in pairs],
        "headersSize": -1, "bodySize": size,
    }  # fmt: skip


def _response(status: int, headers: list[dict[str, str]], size: int) -> dict[str, Any]:
    return {
        "status": status, "statusText": "", "httpVersion": _VERSION, "cookies": [],
        "headers": headers, "content": {"size": size, "mimeType": "x-unknown"},
        "redirectURL": "", "headersSize": -1, "bodySize": size,
    }  # fmt: skip


def _entry(
    started: str, milliseconds: float, request: dict[str, Any], response: dict[str, Any]
) -> dict[str, Any]:
    return {
        "startedDateTime": started, "time": milliseconds, "request": request,
        "response": response, "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }  # fmt: skip


def _shown(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": masking.MASK if masking.is_secret(name) else masking.text(value)}
        for name, value in headers
    ]


def _sent(body: str, media_type: str) -> str:
    """What was sent, without what is named like a secret; the bytes of a flux are left alone."""
    kind, options = parse_options_header(media_type)
    if kind == "multipart/form-data" and options.get("boundary"):
        delimiter = f"--{options['boundary']}"
        return delimiter.join(map(_part, body.split(delimiter)))
    if kind.endswith("json"):
        return _json(body)
    return body


def _part(part: str) -> str:
    head, blank, content = part.partition("\r\n\r\n")
    found = _NAME.search(head)
    if found and masking.is_secret(unquote(found[1])):
        content = f"{masking.MASK}\r\n"
    elif "filename" not in head.lower():
        content = masking.text(content)
    return masking.text(head) + blank + content


def _json(body: str) -> str:
    found = False

    def masked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        secret = {name for name, _ in pairs if masking.is_secret(name)}
        found = found or bool(secret)
        return {name: masking.MASK if name in secret else value for name, value in pairs}

    try:
        value = json.loads(body, object_pairs_hook=masked)
    except (ValueError, RecursionError):
        return masking.text(body)
    return json.dumps(value) if found else body


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": masking.text(body.decode("utf-8"))}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}
