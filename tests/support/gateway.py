"""A gateway as it stands before the API: it answers as a row of a table says, at a moment of it."""

import gzip
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.contract import CONTRACT

TOKEN = "s3same-token-0123456789"
ID = "CPP0013110000000000425903"


@dataclass(frozen=True)
class Cut:
    """A body that ends in the middle, or a connection that ends before any answer."""

    error: type[httpx.TransportError] = httpx.ReadError


@dataclass(frozen=True)
class Answer:
    """One answer of the gateway.

    Attributes:
        status: 0 for a connection that breaks.
        body: what it sends, as it goes over the wire.
        headers: besides.
        cut: how the connection ends, if not well.
        early: whether it comes before the end of the request.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    early: bool = False


def page(status: int, text: str = "Forbidden", **headers: str) -> Answer:
    """A page for people."""
    body = f"<html><head><title>{text}</title></head><body>{text}&nbsp;!</body></html>".encode()
    return Answer(status, body, {"Content-Type": "text/html", **_named(headers)})


def said(status: int, body: str = "", **headers: str) -> Answer:
    """A body of the gateway's own, or none."""
    return Answer(status, body.encode(), _named(headers))


def problem(status: int, detail: str = "Dit par l'API.", **headers: str) -> Answer:
    """An error of the API itself, in the contract's words."""
    told = CONTRACT.problem(None, status, detail, "/", {})
    return Answer(status, told.body, {"Content-Type": str(told.content_type), **_named(headers)})


def broken(error: type[httpx.TransportError], *, early: bool = False) -> Answer:
    """A connection that breaks before there is an answer."""
    return Answer(0, cut=Cut(error), early=early)


def squeezed(answer: Answer, *, corrupt: bool = False) -> Answer:
    """The same in gzip, which may be damaged."""
    body = gzip.compress(answer.body or b"{}")
    body = body[:10] + b"\xff" * (len(body) - 10) if corrupt else body
    return Answer(answer.status, body, {**answer.headers, "Content-Encoding": "gzip"})


GIVEN = Answer(200, f'{{"access_token": "{TOKEN}", "expires_in": 3600}}'.encode())


class Gateway(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives tokens and answers, each the last one from then on.

    Attributes:
        calls: how many requests came to the API.
        tokens: how many came for a token.
    """

    def __init__(self, answers: list[Answer], tokens: list[Answer]) -> None:
        self._answers = list(answers)
        self._tokens = list(tokens)
        self.calls = 0
        self.tokens = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._next(request)
        if answer.early:
            next(iter(request.stream))  # type: ignore[arg-type]
        else:
            request.read()
        return self._response(answer, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._next(request)
        if answer.early:
            async for _ in request.stream:  # type: ignore[union-attr]
                break
        else:
            await request.aread()
        return self._response(answer, request)

    def _next(self, request: httpx.Request) -> Answer:
        of_token = request.url.path.endswith("/token")
        if of_token:
            self.tokens += 1
        else:
            self.calls += 1
        left = self._tokens if of_token else self._answers
        return left.pop(0) if len(left) > 1 else left[0]

    def _response(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        if answer.status == 0:
            assert answer.cut
            raise answer.cut.error("connection reset", request=request)
        stream = _Stream(answer.body, answer.cut)
        return httpx.Response(answer.status, headers=dict(answer.headers), stream=stream)


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, body: bytes, cut: Cut | None) -> None:
        self._body = body
        self._cut = cut

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        if self._cut:
            raise self._cut.error("cut short")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block


def _named(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
