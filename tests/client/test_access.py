"""Where requests go and as whom; how big files travel."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from traceback import TracebackException
from typing import Any

import httpx
import pytest

import depot_flux._http.access as access
import depot_flux._http.refusals as refusals
from depot_flux import (
    Configuration,
    ConfigurationError,
    DepotFlux,
    DepotFluxError,
)
from depot_flux._http.access import TokenAuth
from tests.support.contract import supervises, takes_the_file_as_it_is
from tests.support.fake_platform import CODE, Platform, as_answered

ACCESS: dict[str, Any] = {"client_id": "a", "client_secret": "b", "login": "c", "mot_de_passe": "d"}


# Client secret, password, `cpro-account` and the beginning of every token.
SECRETS = ("demo-secret", "demo-password", "ZGVtb0BkZXBvdC1mbHV4", "eyJ")


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def tokens(lifetime: Any, clock: Clock) -> tuple[httpx.Client, list[str]]:
    """A client whose every token counts up, and the bodies of the token requests."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            asked.append(request.content.decode())
            token = {"access_token": f"t{len(asked)}", "token_type": "Bearer"}
            return httpx.Response(200, json={**token, **lifetime})
        return httpx.Response(200, text=request.headers["Authorization"])

    transport = httpx.MockTransport(answer)
    auth = TokenAuth(
        "https://oauth.example/api/oauth/token", "me", "s3same", "acc", transport=transport
    )
    auth._now = clock
    return httpx.Client(transport=transport, auth=auth, base_url="https://x.example"), asked


def test_a_token_serves_until_shortly_before_its_end() -> None:
    clock = Clock()
    client, asked = tokens({"expires_in": 3600}, clock)
    assert client.get("/").text == "Bearer t1"
    clock.time += 3600 - access._MARGIN - 1
    assert client.get("/").text == "Bearer t1"
    clock.time += 2
    assert client.get("/").text == "Bearer t2"
    form = "grant_type=client_credentials&client_id=me&client_secret=s3same&scope=openid"
    assert sorted(asked[0].split("&")) == sorted(form.split("&"))


def test_a_token_that_lives_shorter_than_the_margin_is_still_used() -> None:
    clock = Clock()
    client, asked = tokens({"expires_in": 10}, clock)
    client.get("/")
    clock.time += 4
    client.get("/")
    assert len(asked) == 1
    clock.time += 2
    client.get("/")
    assert len(asked) == 2


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_renewal_asks_anew_however_long_the_token_would_live(way: str) -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return httpx.Response(200, json={"access_token": f"t{len(asked)}", "expires_in": 3600})

    line = httpx.MockTransport(answer)
    auth = TokenAuth(
        "https://oauth.example/token", "me", "s3same", "acc", transport=line, async_transport=line
    )

    async def twice() -> None:
        await auth.arenew()
        await auth.arenew()

    if way == "sync":
        auth.renew()
        auth.renew()
    else:
        asyncio.run(twice())
    assert (len(asked), auth._token) == (2, "t2")


@supervises
def test_the_technical_account_is_on_every_call(on_platform: Platform, depot: DepotFlux) -> None:
    seen: list[str] = []
    inner = on_platform.line.inner

    class Watching(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request.headers.get("cpro-account", ""))
            return inner.handle_request(request)

    on_platform.line.inner = Watching()
    depot.sante()
    assert seen == ["", "ZGVtb0BkZXBvdC1mbHV4LmV4YW1wbGU6ZGVtby1wYXNzd29yZA=="]


def test_no_secret_is_in_a_traceback_even_with_its_variables(
    on_platform: Platform, invoice: bytes
) -> None:
    class Broken(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            held = (request.read(), dict(request.headers))  # as libraries hold them
            if request.url.path.endswith("/token") and not self.tokenless:
                return on_platform.line.handle_request(request)
            raise httpx.ReadError(f"reset after {len(held)}")

        tokenless = False

    told = []
    for Broken.tokenless in (False, True):
        with DepotFlux(on_platform.configuration(), transport=Broken()) as depot:
            depot._clock.sleep = on_platform.pause
            calls: list[Callable[[], object]] = [
                lambda client=depot: client.deposer(CODE, invoice, nom="F.xml"),  # type: ignore[misc]
                lambda client=depot: client.consulter("1"),  # type: ignore[misc]
                depot.sante,
            ]
            for call in calls:
                with pytest.raises(DepotFluxError) as caught:
                    call()
                lines = TracebackException.from_exception(caught.value, capture_locals=True)
                told.append("".join(lines.format()))
    for text in told:
        assert not [secret for secret in SECRETS if secret in text], text
    assert "ReadError: reset after 2" in told[0]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://api.example/g2b", "use https"),
        ("ftp://api.example", "is no address"),
        ("api.example", "is no address"),
        ("https://me:secret@api.example", "login or password"),
        ("https://me@api.example", "login or password"),
        ("http://notlocalhost/g2b", "use https"),
        ("https://[bad/path", "is no address"),
        ("https://host:abc/path", "is no address"),
        ("https://host/path\n", "is no address"),
    ],
)
def test_an_address_that_would_leak_secrets_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Configuration(base_url=url, **ACCESS)


@pytest.mark.parametrize("host", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"])
def test_this_machine_needs_no_tls(host: str) -> None:
    assert Configuration(base_url=host, **ACCESS).token_address.startswith(host)


@pytest.mark.parametrize(("profile", "prefix"), [("sandbox", "sandbox-"), ("production", "")])
def test_the_profiles_of_piste_know_its_token_endpoint(profile: str, prefix: str) -> None:
    environ = {
        "DEPOT_FLUX_PROFIL": profile,
        "DEPOT_FLUX_BASE_URL": f"https://{prefix}api.piste.gouv.fr/cpro/g2b",
        **{f"DEPOT_FLUX_{name.upper()}": value for name, value in ACCESS.items()},
        "DEPOT_FLUX_CONFIG": "/nonexistent/config.toml",
    }
    configuration = Configuration.from_env(environ=environ)
    expected = f"https://{prefix}oauth.piste.gouv.fr/api/oauth/token"
    assert configuration.token_address == expected


def test_a_profile_comes_from_a_file_and_its_mistakes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    environ = {"DEPOT_FLUX_CONFIG": str(path)}
    values = {"base_url": "https://x.example", **ACCESS}
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    path.write_text(f'profil = "mine"\n[profils.mine]\n{table}\n')
    assert Configuration.from_env(environ=environ).client_secret == "b"
    path.write_text(f'profil = "mine"\n[profils.mine]\n{table}\nverify = "no"\n')
    with pytest.raises(ConfigurationError, match="no setting verify"):
        Configuration.from_env(environ=environ)
    path.write_text(f'profil = "mine"\n[profils.mine]\n{table}\ncomplements = {{canal = "API"}}\n')
    assert Configuration.from_env(environ=environ).complements == {"canal": "API"}
    environ["DEPOT_FLUX_COMPLEMENTS"] = '{"canal": 7}'
    assert Configuration.from_env(environ=environ).complements == {"canal": 7}
    environ["DEPOT_FLUX_COMPLEMENTS"] = "canal=API"
    with pytest.raises(ConfigurationError, match="COMPLEMENTS is no JSON object"):
        Configuration.from_env(environ=environ)
    path.write_text('client_secret = "s3same')
    with pytest.raises(ConfigurationError, match="cannot be read as TOML") as caught:
        Configuration.from_env(environ=environ)
    assert "s3same" not in str(caught.value)


@takes_the_file_as_it_is
def test_a_big_file_streams_from_disk(on_platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "big.xml"
    with path.open("wb") as opened:
        opened.truncate(30_000_000)
    blocks: list[int] = []
    reply = on_platform.simulator.calls().deposer(b"<other/>").accept()

    class Measuring(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/token"):
                return on_platform.line.handle_request(request)
            assert int(request.headers["Content-Length"]) > 30_000_000
            assert isinstance(request.stream, httpx.SyncByteStream)
            blocks.extend(len(block) for block in request.stream)
            return as_answered(reply.response)

    with DepotFlux(on_platform.configuration(), transport=Measuring()) as depot:
        assert depot.deposer(CODE, path).id == reply.id_flux
    assert sum(blocks) > 30_000_000
    assert max(blocks) <= 1 << 18


def test_what_travels_in_clear_passes_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    book = str(tmp_path / "recus.db")
    for url, mounted in (("http://127.0.0.1:1", False), ("https://x.example", True)):
        with DepotFlux(base_url=url, fichier_recus=book, **ACCESS) as depot:
            assert bool(depot._http._mounts) is mounted
    monkeypatch.setenv("ALL_PROXY", "ftp://127.0.0.1")
    monkeypatch.setenv("https_proxy", "ftp://127.0.0.1")
    with pytest.raises(ConfigurationError, match="variables for proxies"):
        DepotFlux(base_url="https://x.example", fichier_recus=book, **ACCESS)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("²", None), ("soon", None), ("-1", None), ("", None),
     ("Wed, 21 Oct 2020 07:28:00", 0.0), ("Wed, 21 Oct 2020 07:28:00 GMT", 0.0),
     ("Wed, 21 Oct 2020 07:28:00 -0000", 0.0)],
)  # fmt: skip
def test_retry_after_is_read_whatever_it_holds(value: str, seconds: float | None) -> None:
    answer = httpx.Response(503, headers=[(b"Retry-After", value.encode())])
    assert refusals.retry_after(answer) == seconds


@supervises
def test_nothing_of_a_client_shows_its_account(on_platform: Platform, depot: DepotFlux) -> None:
    depot.sante()
    shown = f"{vars(depot)} {vars(depot._http)} {depot._depositing._said!r}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert repr(DepotFlux.__new__(DepotFlux)) == "DepotFlux(None)"


def test_a_token_endpoint_that_is_not_there_is_no_wrong_secret() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(404))
    auth = TokenAuth("https://x.example/token", "me", "s3same", "acc", transport=transport)
    with pytest.raises(ConfigurationError, match=r"answered 404 .* correct token_url") as caught:
        auth._current()
    assert caught.value.code == "ADRESSE"
