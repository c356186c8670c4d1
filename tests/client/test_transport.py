"""What requests travel by: a transport of the caller's is never closed, a body leaves whole."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from depot_flux import AsyncDepotFlux, DepotFlux, RequeteRefuseeError
from depot_flux._http.access import TokenAuth
from depot_flux._http.pieces import Pieces
from tests.client.test_gateway import configuration_of
from tests.support.contract import unknown
from tests.support.fake_platform import CODE, AsyncLine, Platform
from tests.support.gateway import GIVEN, ID, Gateway, said


class Pool(httpx.BaseTransport):
    """Carries requests until it is closed."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.closed
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.closed = True


class AsyncPool(AsyncLine):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


def test_a_renewed_token_and_a_closed_client_leave_the_callers_transport_open(
    on_platform: Platform,
) -> None:
    pool = Pool(on_platform.line)
    for _ in range(2):
        with DepotFlux(on_platform.configuration(), transport=pool) as depot:
            on_platform.line.faults = ["expired"]
            with pytest.raises(RequeteRefuseeError, match="404"):
                depot.consulter(unknown())
    assert on_platform.line.calls.count("POST /api/oauth/token") == 4
    assert not pool.closed


def test_an_asynchronous_client_leaves_it_open_too(on_platform: Platform) -> None:
    pool = AsyncPool(on_platform.line)

    async def program() -> None:
        async with AsyncDepotFlux(on_platform.configuration(), transport=pool) as depot:
            with pytest.raises(RequeteRefuseeError, match="404"):
                await depot.consulter(unknown())

    asyncio.run(program())
    assert not pool.closed


def test_what_a_client_opened_itself_it_closes(on_platform: Platform) -> None:
    depot = DepotFlux(on_platform.configuration())
    depot.close()
    assert depot._http.is_closed


def test_a_late_401_leaves_the_token_that_another_call_got_meanwhile() -> None:
    asked: list[str] = []

    def tokens(request: httpx.Request) -> httpx.Response:
        asked.append(request.content.decode())
        return httpx.Response(200, json={"access_token": f"t{len(asked)}", "token_type": "Bearer"})

    auth = TokenAuth(
        "https://x.example/token", "me", "s", "acc", transport=httpx.MockTransport(tokens)
    )
    late, quick = (auth.sync_auth_flow(httpx.Request("GET", "https://x.example")) for _ in "12")
    assert next(late).headers["Authorization"] == next(quick).headers["Authorization"]
    for refused in (quick, late):
        with pytest.raises(StopIteration):
            refused.send(httpx.Response(401))
        # What comes after the first refusal is signed with a new token, and goes on with it.
        request = next(auth.sync_auth_flow(httpx.Request("GET", "https://x.example")))
        assert request.headers["Authorization"] == "Bearer t2"


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        ((), ()),
        ((0, 0), ()),
        ((3, 4, 5), (12,)),
        ((3, 4, 100_000, 5, 6), (7, 100_000, 11)),  # a form: its fields, its file, its end
        ((100_000, 100_000), (100_000, 100_000)),
        ((0, 100_000), (100_000,)),
        ((16_383, 1, 16_384, 2), (16_383, 1, 16_384, 2)),
        ((10_000, 6_000, 384, 7), (16_000, 384, 7)),
        ((1,) * 40_000, (16_383, 1, 16_383, 1, 7_232)),
    ],
)
def test_small_pieces_of_a_body_leave_together_and_none_is_lost(
    sizes: tuple[int, ...], left: tuple[int, ...]
) -> None:
    body = Body([bytes([number % 251]) * size for number, size in enumerate(sizes)])
    pieces = Pieces(body)

    async def gathered() -> list[bytes]:
        return [piece async for piece in pieces]

    # Once more for a second attempt, and for asynchronous programs.
    for gone in (list(pieces), list(pieces), asyncio.run(gathered())):
        assert tuple(map(len, gone)) == left
        assert b"".join(gone) == b"".join(body.pieces)


class Counting(Gateway):
    """Says in how many pieces each request came."""

    def __init__(self) -> None:
        super().__init__([said(201, f'{{"idFlux": "{ID}"}}')], [GIVEN])
        self.pieces: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.pieces.append(len(list(request.stream)))  # type: ignore[arg-type]
        return super().handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.pieces.append(len([piece async for piece in request.stream]))  # type: ignore[union-attr]
        return await super().handle_async_request(request)


@pytest.mark.reconstruction
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_small_deposit_leaves_in_one_piece(tmp_path: Path, asynchronous: bool) -> None:
    gateway = Counting()

    async def program() -> str:
        async with AsyncDepotFlux(configuration_of(tmp_path), transport=gateway) as depot:
            return (await depot.deposer(CODE, b"<a/>", nom="F.xml")).id

    if asynchronous:
        assert asyncio.run(program()) == ID
    else:
        with DepotFlux(configuration_of(tmp_path), transport=gateway) as depot:
            assert depot.deposer(CODE, b"<a/>", nom="F.xml").id == ID
    assert gateway.pieces == [1, 1]  # the token, the deposit
