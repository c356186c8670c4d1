"""How requests travel: what settings, profiles and a caller's own httpx client change."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import trustme

from depot_flux import (
    AsyncDepotFlux,
    Configuration,
    ConfigurationError,
    DepotFlux,
    IndisponibleError,
)
from depot_flux_simulator.testing import Simulator
from tests.support.contract import CONTRACT, supervises
from tests.support.fake_platform import CODE, AsyncLine, Platform

ACCESS: dict[str, Any] = {"client_id": "a", "client_secret": "b", "login": "c", "mot_de_passe": "d"}
FULL: dict[str, Any] = {**ACCESS, "base_url": "https://x.example"}


class Tls:
    """A platform behind TLS that is always well: a certificate of its own authority."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.seen: list[dict[str, str]] = []
        self.bundle = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.bundle)
        mine = self.authority.issue_cert("depot-flux@depot-flux.example")
        self.certificate, self.key = folder / "client.pem", folder / "client.key"
        mine.cert_chain_pems[0].write_to_path(self.certificate)
        mine.private_key_pem.write_to_path(self.key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost").configure_cert(self.context)
        self.authority.configure_trust(self.context)
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                seen.append({**dict(self.headers), "path": self.path})
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = {"access_token": "t", "token_type": "Bearer", "expires_in": 60}
                body = json.dumps(token if self.path.endswith("/token") else {}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # handshakes that fail are what is tested

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = self.context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://localhost:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Tls]:
    running = Tls(tmp_path)
    yield running
    running.close()


def client(tls: Tls, folder: Path, **settings: Any) -> DepotFlux:
    return DepotFlux(
        Configuration(
            base_url=tls.url + CONTRACT.base_path,
            fichier_recus=str(folder / "recus.db"),
            attempts=1,
            **ACCESS,
            **settings,
        )
    )


@supervises
def test_a_private_authority_is_trusted_when_it_is_named(
    tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(tls, tmp_path) as depot, pytest.raises(IndisponibleError, match="CERTIFICATE_VER"):
        depot.sante()
    with client(tls, tmp_path, ca_bundle=str(tls.bundle)) as depot:
        assert depot.sante()
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.bundle))
    with client(tls, tmp_path) as depot:
        assert depot.sante()
    for path, says in ((tmp_path / "absent.pem", "No such file"), (tls.key, "PEM")):
        with pytest.raises(ConfigurationError, match=f"ca_bundle {path} cannot be used .*{says}"):
            client(tls, tmp_path, ca_bundle=str(path))


@supervises
def test_a_server_that_asks_for_a_certificate_gets_it(tls: Tls, tmp_path: Path) -> None:
    tls.context.verify_mode = ssl.CERT_REQUIRED
    trusting = {"ca_bundle": str(tls.bundle)}
    with client(tls, tmp_path, **trusting) as depot, pytest.raises(IndisponibleError):
        depot.sante()
    shown = {"client_certificate": str(tls.certificate), "client_key": str(tls.key)}
    with client(tls, tmp_path, **trusting, **shown) as depot:
        assert depot.sante()
    with pytest.raises(ConfigurationError, match=r"client_certificate .*not encrypted"):
        client(tls, tmp_path, **trusting, client_certificate=str(tls.certificate))


@supervises
def test_a_context_of_ones_own_serves_the_api_and_its_tokens(tls: Tls, tmp_path: Path) -> None:
    own = ssl.create_default_context(cafile=str(tls.bundle))
    settings = Configuration(
        base_url=tls.url + CONTRACT.base_path, fichier_recus=str(tmp_path / "r.db"), **ACCESS
    )
    with DepotFlux(settings, ssl_context=own) as depot:
        assert depot.sante()

    async def program() -> None:
        async with AsyncDepotFlux(settings, ssl_context=own) as depot:
            assert await depot.sante()

    asyncio.run(program())
    assert len(tls.seen) == 4


@supervises
def test_every_request_says_the_program_and_the_headers_of_the_settings(
    tls: Tls, tmp_path: Path
) -> None:
    said = {"headers": {"X-Editeur": "ville"}, "user_agent": "compta/3.2"}
    with client(tls, tmp_path, ca_bundle=str(tls.bundle), **said) as depot:
        depot.sante()
        depot.pour(login="other", user_agent="", headers={}).sante()
    token, first, second = tls.seen
    assert token["path"].endswith("/token")
    for each in (token, first):
        assert each["X-Editeur"] == "ville"
        assert each["User-Agent"].startswith("compta/3.2 depot-flux-g2b/")
    assert second["User-Agent"].startswith("depot-flux-g2b/")
    assert "X-Editeur" not in second


@supervises
def test_what_goes_over_tls_passes_the_proxy_that_is_named(tls: Tls, tmp_path: Path) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}).start()
    address = f"http://user:s3same@127.0.0.1:{proxy.server_address[1]}"
    try:
        with client(tls, tmp_path, ca_bundle=str(tls.bundle), proxy=address) as depot:
            assert "s3same" not in repr(depot.configuration)
            with pytest.raises(IndisponibleError) as caught:
                depot.sante()
    finally:
        proxy.shutdown()
        proxy.server_close()
    assert asked == [tls.url.removeprefix("https://")]
    assert tls.seen == []
    assert "s3same" not in str(caught.value)


@supervises
def test_a_ready_client_is_used_with_its_own_settings_and_stays_open(
    on_platform: Platform,
) -> None:
    agents: list[str] = []
    inner = on_platform.line.inner

    class Watching(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            agents.append(request.headers["User-Agent"])
            return inner.handle_request(request)

    on_platform.line.inner = Watching()
    mine = httpx.Client(
        transport=on_platform.line, headers={"User-Agent": "mine/1"}, follow_redirects=True,
        auth=("nobody", "nothing"),
    )  # fmt: skip
    with DepotFlux(on_platform.configuration(), http_client=mine) as depot:
        assert depot.sante()
        assert depot.deposer(CODE, b"<Invoice/>", nom="F.xml")
    assert not mine.is_closed
    assert agents == ["mine/1"] * 3

    async def program() -> None:
        ready = httpx.AsyncClient(transport=AsyncLine(on_platform.line))
        async with AsyncDepotFlux(on_platform.configuration(), http_client=ready) as depot:
            assert await depot.sante()
        assert not ready.is_closed
        await ready.aclose()

    asyncio.run(program())


def test_attempts_timeouts_and_limits_are_those_of_the_settings(on_platform: Platform) -> None:
    settings = replace(
        on_platform.configuration(), attempts=2, timeout=7.0, connect_timeout=3.0, max_connections=9
    )
    with DepotFlux(settings, transport=on_platform.line) as depot:
        depot._clock.sleep = on_platform.pause
        on_platform.line.faults = ["503"] * 5
        with pytest.raises(IndisponibleError):
            depot.consulter("1")
        assert on_platform.line.count("GET") == 2
        assert depot._http.timeout == httpx.Timeout(7.0, connect=3.0)
    with DepotFlux(settings) as depot:
        pool = depot._http._transport._pool  # type: ignore[attr-defined]
        assert pool._max_connections == 9


@supervises
def test_the_simulators_own_transport_carries_both_clients(tmp_path: Path) -> None:
    with Simulator(folder=tmp_path) as simulator:
        settings = Configuration(
            base_url=simulator.url + simulator.base_path,
            client_id="demo-client",
            client_secret="demo-secret",
            login="demo@depot-flux.example",
            mot_de_passe="demo-password",
            fichier_recus=str(tmp_path / "recus.db"),
        )
        with DepotFlux(settings, transport=simulator.transport) as depot:
            flux = depot.deposer(CODE, b"<Invoice/>", nom="F.xml")

        async def program() -> None:
            async with AsyncDepotFlux(settings, transport=simulator.transport) as other:
                assert (await other.consulter(flux)).id == flux.id

        asyncio.run(program())


@pytest.mark.parametrize(
    "host", ["simulator", "Host.Docker.Internal", "10.1.2.3", "192.168.0.7", "pod.ns.svc"]
)
def test_clear_http_goes_to_a_private_host_when_asked(host: str) -> None:
    address = f"http://{host}:8080"
    with pytest.raises(ConfigurationError, match="that http_hosts names"):
        Configuration(base_url=address, **ACCESS)
    asked = Configuration(base_url=address, http_hosts=[host], **ACCESS)
    assert asked.token_address.startswith(address)
    with pytest.raises(ConfigurationError, match="clear"):
        replace(asked, token_url="http://other:8080/token")


@pytest.mark.parametrize(
    "host",
    ["api.piste.gouv.fr", "8.8.8.8", "simulator.example", "not.an-internal", "sim.notlocalhost"],
)
def test_clear_http_never_goes_to_a_public_host(host: str) -> None:
    with pytest.raises(ConfigurationError, match="to a public host, whatever"):
        Configuration(base_url=f"http://{host}", http_hosts=[host], **ACCESS)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"timeout": 0}, "timeout = 0 is none"),
        ({"connect_timeout": float("nan")}, "connect_timeout = nan"),
        ({"attempts": 0}, "attempts = 0 is too few"),
        ({"max_connections": 0}, "max_connections = 0"),
        ({"headers": {"Authorization": "x"}}, "'Authorization' is no header to add"),
        ({"headers": {"a b": "x"}}, "no header to add"),
        ({"headers": {"X-A": "s3same\r\nX-B: y"}}, "value of the header X-A cannot be sent"),
        ({"user_agent": "é"}, "value of the header User-Agent"),
        ({"proxy": "s3same@proxy"}, "proxy is no address"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        Configuration(**FULL, **settings)
    assert "s3same" not in str(caught.value)


def test_settings_come_from_a_profile_and_from_variables(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    environ = {"DEPOT_FLUX_CONFIG": str(path), "DEPOT_FLUX_PROFIL": "p"}
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in FULL.items())
    start = f"[profils.p]\n{table}\n"
    path.write_text(
        start + 'timeout = 5\nattempts = 3\nca_bundle = "ca.pem"\nhttp_hosts = ["simulator"]\n'
    )
    read = Configuration.from_env(environ=environ)
    assert (read.timeout, read.attempts, read.http_hosts) == (5, 3, ["simulator"])
    assert read.ca_bundle == str(tmp_path / "ca.pem")
    environ |= {
        "DEPOT_FLUX_TIMEOUT": "2.5",
        "DEPOT_FLUX_HTTP_HOSTS": "a, b",
        "DEPOT_FLUX_HEADERS": '{"X-A": "1"}',
    }
    read = Configuration.from_env(environ=environ)
    assert (read.timeout, read.http_hosts, read.headers) == (2.5, ["a", "b"], {"X-A": "1"})
    for name, value, says in (
        ("TIMEOUT", "soon", "DEPOT_FLUX_TIMEOUT is no number"),
        ("HEADERS", '{"X-A": 1}', "DEPOT_FLUX_HEADERS is no JSON object"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            Configuration.from_env(environ={**environ, f"DEPOT_FLUX_{name}": value})
    for line, says in (
        ('attempts = "3"', "attempts must be a whole number"),
        ("timeout = true", "timeout must be a number"),
        ('http_hosts = "simulator"', "http_hosts must be a list of texts"),
        ("headers = {X-A = 1}", "headers must be a table"),
        ("login = 1", "login must be a text"),
    ):
        path.write_text(start.replace('login = "c"\n', "") + line)
        with pytest.raises(ConfigurationError, match=says):
            Configuration.from_env(environ={"DEPOT_FLUX_CONFIG": str(path)}, profil="p")
