"""What is shown and kept of an answer, whatever it says: its beginning, and no secret."""

import asyncio
import gzip
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from depot_flux._http.reading import MAX_ANSWER, asent, sent
from depot_flux._http.refusals import is_of_gateway
from depot_flux._http.retries import cut_short
from depot_flux._reponses import reponse_of, shown
from depot_flux.exceptions import DepotFluxError
from tests.client.test_transport import Body


@pytest.mark.parametrize(
    "text",
    [
        "access_token=hush-hush&state=1",
        '{"client_secret": "hush-hush", "refresh_token":"hush-hush"}',
        "mot_de_passe : hush-hush, password='hush-hush'",
        """{"said": "{\\"access_token\\": \\"hush hush\\"}", "password": "o'hush \\" hush"}""",
        "Authorization: Bearer hush-hush",
        "cpro-account: aHVzaC1odXNo basic hush-hush==",
    ],
)
def test_what_lets_somebody_in_is_hidden_whoever_it_is(text: str) -> None:
    answer = httpx.Response(400, text=text, headers={"X-Said": text})
    told = reponse_of(answer)
    for part in (told.debut, told.entetes["x-said"], shown(answer)):
        assert "hush" not in part
        assert "aHVzaC" not in part
        assert "…" in part


def test_what_is_said_of_a_token_is_shown() -> None:
    said = 'Bearer error="invalid_token", error_description="The access token expired"'
    answer = httpx.Response(401, headers={"WWW-Authenticate": said})
    assert reponse_of(answer).entetes["www-authenticate"] == said


def test_what_its_own_request_said_is_hidden_however_it_comes_back() -> None:
    account = b64encode(b"login:hush-word").decode()
    by_header = httpx.Request("GET", "http://x", headers={"cpro-account": account})
    by_form = httpx.Request("POST", "http://x", data={"client_secret": "hush-word"})
    for request in (by_header, by_form):
        answer = httpx.Response(400, text=f"the word hush-word of {account}", request=request)
        assert "hush-word" not in reponse_of(answer).debut
    assert account not in reponse_of(httpx.Response(400, text=account, request=by_header)).debut


def test_of_two_secrets_that_begin_alike_neither_leaves_its_end() -> None:
    answer = httpx.Response(400, text="hush hushed")
    assert reponse_of(answer, ["hush", "hushed"]).debut == "… …"


def test_an_answer_is_kept_up_to_its_first_thousand_bytes() -> None:
    assert reponse_of(httpx.Response(400, text="x" * 5_000)).debut == "x" * 1_000


def test_what_is_shown_ends_no_message_before_its_end() -> None:
    assert shown(httpx.Response(400, text="not\nthis;  nor; that")) == "not this, nor, that"


def test_no_redirect_is_followed_even_by_a_client_that_does() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302 if request.url.path == "/" else 200, headers={"Location": "/b"})

    transport = httpx.MockTransport(answer)
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        assert sent(client, client.build_request("GET", "http://x/"), None).status_code == 302

    async def program() -> int:
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            return (await asent(client, client.build_request("GET", "http://x/"), None)).status_code

    assert asyncio.run(program()) == 302


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    read: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(40):
            read.append(number)
            yield bytes(1_000_000)

    async def later() -> AsyncIterator[bytes]:
        for block in blocks():
            yield block

    with httpx.Client(transport=answering(blocks)) as client:
        sent(client, client.build_request("GET", "http://x/"), None)
    assert len(read) == 11

    async def program() -> None:
        async with httpx.AsyncClient(transport=answering(later)) as client:
            await asent(client, client.build_request("GET", "http://x/"), None)

    asyncio.run(program())
    assert len(read) == 22


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("size", "patience", "pieces"),
    # A drop each half second; what comes well is read, however long that takes; no limit asked for.
    [(1, 2.0, 5), (20_000, 2.0, 40), (1, None, 40)],
)
def test_an_answer_that_comes_drop_by_drop_is_not_waited_for_to_its_end(
    size: int,
    patience: float | None,
    pieces: int,
    asynchronous: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("depot_flux._http.reading.monotonic", lambda: now[0])

    def blocks() -> Iterator[bytes]:
        for _ in range(40):
            now[0] += 0.5
            yield bytes(size)

    async def later() -> AsyncIterator[bytes]:
        for block in blocks():
            yield block

    async def program() -> httpx.Response:
        async with httpx.AsyncClient(transport=answering(later), timeout=patience) as client:
            return await asent(client, client.build_request("GET", "http://x/"), None)

    if asynchronous:
        response = asyncio.run(program())
    else:
        with httpx.Client(transport=answering(blocks), timeout=patience) as client:
            response = sent(client, client.build_request("GET", "http://x/"), None)
    assert len(response.content) == pieces * size


def bomb() -> bytes:
    """A body of forty thousand bytes that unpacks to forty million."""
    return gzip.compress(bytes(4 * MAX_ANSWER))


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", bomb()),
        ("GZIP", bomb()),
        ("deflate", zlib.compress(bytes(4 * MAX_ANSWER))),
        ("deflate", zlib.compress(bytes(4 * MAX_ANSWER), wbits=-15)),
        ("gzip, gzip", gzip.compress(bomb())),
        ("identity, gzip", bomb()),
    ],
)
def test_an_answer_does_not_unpack_to_more_than_is_read_of_any(
    coding: str, body: bytes, asynchronous: bool
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Accept-Encoding"])
        stream = Body([body])
        return httpx.Response(200, headers={"Content-Encoding": coding}, stream=stream)

    async def program() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await asent(client, client.build_request("GET", "http://x/"), None)

    if asynchronous:
        response = asyncio.run(program())
    else:
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            response = sent(client, client.build_request("GET", "http://x/"), None)
    assert len(response.content) <= MAX_ANSWER
    assert asked == ["identity"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(b"said")), ("deflate", zlib.compress(b"said")), ("br", b"said")],
    ids=["gzip", "deflate", "br"],
)
def test_what_is_compressed_unasked_is_read_as_far_as_that_can_be_undone(
    coding: str, body: bytes
) -> None:
    stream = Body([body])
    answer = httpx.Response(200, headers={"Content-Encoding": coding}, stream=stream)
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as client:
        assert sent(client, client.build_request("GET", "http://x/"), None).content == b"said"


def answering(content: Callable[[], Any]) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(200, content=content()))


@pytest.mark.parametrize(("explains", "html"), [(True, False), (False, True), (False, False)])
def test_where_errors_have_no_body_a_page_alone_is_the_gateways(
    explains: bool, html: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = SimpleNamespace(explains=explains)
    monkeypatch.setattr("depot_flux._http.refusals.contract", lambda: known)
    answer = httpx.Response(403, text="<html>no</html>" if html else "")
    assert is_of_gateway(answer, {}) is (explains or html)
    assert not is_of_gateway(answer, {"status": 403})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.WriteError("broken pipe"), "COUPE"),
        (httpx.WriteTimeout("late"), "COUPE"),
        (httpx.ConnectError("refused"), "INJOIGNABLE"),
        (httpx.PoolTimeout("all in use"), "INJOIGNABLE"),
    ],
)
def test_only_what_had_begun_to_be_sent_was_cut(error: httpx.TransportError, code: str) -> None:
    told = cut_short(error)
    assert isinstance(told, DepotFluxError)
    assert told.code == code
