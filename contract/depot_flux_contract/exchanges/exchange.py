"""One request and its answer, whoever carried them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

LARGEST_BODY = 2_000_000
"""Bytes of a body that are kept; of a larger one its size and digest alone are."""

_DEEPEST = 60

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What a request and an answer have in common.

    Attributes:
        headers: names as they were written, and values.
        body: its bytes, None where they were not kept.
        size: how many there were.
        sha256: their digest in hexadecimal, "" where nobody took it.
    """

    headers: Headers = field(default=(), repr=False)  # secrets are among them
    body: bytes | None = field(default=b"", repr=False)
    size: int = 0
    sha256: str = ""

    def header(self, name: str) -> str | None:
        """The value of a header, the first of several; None without it."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def media_type(self) -> str:
        """The media type it declares, without parameters and in small letters; "" for none."""
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    def json(self) -> Any:
        """Its body read as JSON.

        Raises:
            ValueError: it is none, or was not kept.
        """
        if self.body is None:
            raise ValueError("the body was not kept")
        try:
            told = json.loads(self.body.decode("utf-8"))
        except RecursionError:
            raise ValueError("nested too deep") from None
        # What looks into it calls itself for each level.
        level = [told]
        for _ in range(_DEEPEST):
            level = [inner for each in level for inner in _inner(each)]
        if level:
            raise ValueError("nested too deep")
        return told


@dataclass(frozen=True, slots=True)
class Sent(Message):
    """A request: its method in capitals and its whole URL beside the message."""

    method: str = "GET"
    url: str = ""

    @property
    def path(self) -> str:
        """The path of its URL, percent-encoded as it was."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """What follows the question mark of its URL."""
        return urlsplit(self.url).query


@dataclass(frozen=True, slots=True)
class Received(Message):
    """An answer: its HTTP code beside the message."""

    status: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        sent: the request.
        received: the answer.
        moment: when the request left.
        seconds: how long the answer took.
    """

    sent: Sent
    received: Received
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0

    @classmethod
    def of_httpx(
        cls,
        request: httpx.Request,
        response: httpx.Response,
        moment: datetime | None = None,
        seconds: float = 0.0,
    ) -> "Exchange":
        """The exchange of a request and an answer of httpx, both read already."""
        return cls(
            sent_of(
                request.method, str(request.url), request.headers.multi_items(), request.read()
            ),
            received_of(response.status_code, response.headers.multi_items(), response.content),
            moment or datetime.now(UTC),
            seconds,
        )


def sent_of(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Sent:
    """A request from its parts."""
    return Sent(tuple(headers), _kept(body), len(body), _digest(body), method.upper(), url)


def received_of(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Received:
    """An answer from its parts, its body decoded already."""
    return Received(tuple(headers), _kept(body), len(body), _digest(body), status)


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _kept(body: bytes) -> bytes | None:
    return body if len(body) <= LARGEST_BODY else None


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
