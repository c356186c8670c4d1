"""A transport that is the caller's: shared by clients, and never closed by one."""

import asyncio

import httpx
import pytest

from depot_flux import AsyncDepotFlux, DepotFlux, RequeteRefuseeError
from depot_flux._http.access import TokenAuth
from tests.support.contract import unknown
from tests.support.fake_platform import AsyncLine, Platform


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
