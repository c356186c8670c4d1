"""`depot-flux diagnostiquer`: each step says what it saw, and what to do where it is wrong."""

import asyncio
import errno
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import trustme
from click.testing import CliRunner

import depot_flux._programs.diagnose as diagnose
from depot_flux import Configuration, DepotFlux, Etape, ReponseError
from depot_flux._command import cli, context
from tests.client.test_gateway import configuration_of
from tests.support.contract import supervises
from tests.support.fake_platform import Platform
from tests.support.gateway import GIVEN, Answer, Gateway, broken, page, problem, said

NAMES = [
    "reglages", "noms", "tls", "horloge", "jeton", "droits", "compte", "sante", "livre",
]  # fmt: skip


def by_name(steps: list[Etape]) -> dict[str, Etape]:
    return {step.nom: step for step in steps}


def seen(tmp_path: Path, answers: list[Answer], tokens: list[Answer] | None = None) -> Any:
    """What a diagnosis says where a gateway answers so, at first to nobody in particular."""
    gateway = Gateway(answers, tokens or [GIVEN])
    with DepotFlux(configuration_of(tmp_path), transport=gateway) as depot:
        depot._clock.sleep = lambda _: None
        return by_name(depot.diagnostic())


@supervises
def test_all_is_well_where_it_is(on_platform: Platform) -> None:
    with on_platform.client() as depot:
        steps = depot.diagnostic()
    assert [step.nom for step in steps] == NAMES
    assert [step for step in steps if step.reussie is False or step.remede] == []
    told = by_name(steps)
    assert told["reglages"].reussie
    assert "client_secret = …cret (argument)" in told["reglages"].constat
    assert "demo-secret" not in str(steps)
    assert "demo-password" not in str(steps)
    assert told["noms"].constat.startswith("localhost is ")
    assert "version 1" in told["livre"].constat
    assert "in clear" in told["tls"].constat
    assert on_platform.flux() == {}


@supervises
def test_the_asynchronous_client_says_the_same(on_platform: Platform) -> None:
    async def program() -> list[Etape]:
        async with on_platform.async_client() as depot:
            return await depot.diagnostic()

    steps = asyncio.run(program())
    assert [step.nom for step in steps] == NAMES
    assert {step.reussie for step in steps} <= {True, None}


def test_a_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profils.mien]\nherite = "simulator"\nlogin = "moi"\n')
    environ = {
        "DEPOT_FLUX_CONFIG": str(tmp_path / "config.toml"),
        "DEPOT_FLUX_PROFIL": "mien",
        "DEPOT_FLUX_MOT_DE_PASSE": "a-secret-of-mine",
        "DEPOT_FLUX_PROXY": "http://me:s3same@proxy.example:3128",
    }
    lines = diagnose.settings(Configuration.from_env(environ=environ)).constat.splitlines()
    where = f"(profile mien of {tmp_path / 'config.toml'})"
    assert f"login = moi {where}" in lines
    assert f"base_url = http://127.0.0.1:8080 {where}" in lines
    assert "mot_de_passe = …mine (DEPOT_FLUX_MOT_DE_PASSE)" in lines
    assert "proxy = proxy.example:3128 (DEPOT_FLUX_PROXY)" in lines
    assert "attempts = 5 (default)" in lines


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    ("answers", "tokens", "wrong", "words"),
    [
        ([page(403)], None, "droits", "subscribed to this API"),
        ([said(401)], None, "compte", "login and mot_de_passe"),
        ([problem(403)], None, "compte", "technical account"),
        ([page(404)], None, "droits", "correct it"),
        ([problem(404)], [said(400, '{"error": "invalid_client"}')], "jeton", "client_id"),
        ([problem(404)], [page(404)], "jeton", "correct token_url"),
        ([said(200), problem(404), said(503)], None, "sante", "try later"),
        ([broken(httpx.ConnectError)], None, "tls", "network"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_step(
    tmp_path: Path, answers: list[Answer], tokens: list[Answer] | None, wrong: str, words: str
) -> None:
    steps = seen(tmp_path, answers, tokens)
    assert next(name for name, step in steps.items() if step.reussie is False) == wrong
    assert words in steps[wrong].remede
    assert steps["livre"].reussie


@pytest.mark.reconstruction
def test_an_api_that_refuses_an_identifier_of_its_own_accord_has_let_the_caller_in(
    tmp_path: Path,
) -> None:
    steps = seen(tmp_path, [said(200), problem(400), said(503)])
    assert steps["droits"].reussie
    assert steps["compte"].reussie


def test_a_contract_without_supervision_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> Any:
        raise ReponseError("the contract has no supervision")
        yield

    monkeypatch.setattr("depot_flux._programs.follow.Following.sante", none)
    step = seen(tmp_path, [problem(404)])["sante"]
    assert (step.reussie, step.constat) == (None, "the contract has no supervision")


@pytest.mark.parametrize(
    ("off", "well", "says"),
    [(-300, False, "s ahead"), (300, False, "s behind"), (-30, True, "s ahead"),
     (30, True, "s behind")],
)  # fmt: skip
def test_a_clock_that_is_wrong_is_told(tmp_path: Path, off: int, well: bool, says: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True)
    step = seen(tmp_path, [said(404, Date=date)])["horloge"]
    assert (step.reussie, step.constat.endswith(says)) == (well, True)


def test_nothing_is_asked_of_the_api_without_a_token(tmp_path: Path) -> None:
    gateway = Gateway([problem(404)], [said(401)])
    with DepotFlux(configuration_of(tmp_path), transport=gateway) as depot:
        steps = by_name(depot.diagnostic())
    assert [name for name, step in steps.items() if step.reussie is False] == ["jeton"]
    assert {steps[name].reussie for name in ("droits", "compte", "sante")} == {None}
    assert gateway.calls == 1  # the look at the line


def test_each_host_is_looked_at_the_one_that_gives_tokens_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    monkeypatch.setattr(diagnose, "proxy_of", lambda *_: "")
    own = replace(
        configuration_of(tmp_path),
        base_url="https://api.example/g2b/v1",
        token_url="https://oauth.example/token",
    )
    with DepotFlux(own, transport=Gateway([problem(404)], [GIVEN])) as depot:
        steps = depot.diagnostic()
    lines = [(step.nom, step.constat.partition(":")[0].partition(" ")[0]) for step in steps[1:7]]
    assert lines == [
        (name, host)
        for host in ("oauth.example", "api.example")
        for name in ("noms", "tls", "horloge")
    ]
    assert "api.example is 192.0.2.7" in steps[4].constat


def test_names_are_left_to_a_proxy_whose_password_nobody_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any) -> Any:
        raise AssertionError("the proxy knows the names")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://me:s3same@proxy.example:3128/")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    own = replace(configuration_of(tmp_path), base_url="https://api.example", token_url="")
    with DepotFlux(own, transport=Gateway([problem(404)], [GIVEN])) as depot:
        steps = by_name(depot.diagnostic())
    assert steps["noms"].constat == "api.example: left to the proxy proxy.example:3128"
    assert ", through the proxy proxy.example:3128; trusted: " in steps["tls"].constat
    assert "s3same" not in str(steps)


@pytest.mark.parametrize(
    ("url", "own", "environ", "proxy"),
    [
        ("https://api.example", "", {}, ""),
        ("https://api.example", "", {"HTTPS_PROXY": "http://p.example:1/"}, "p.example:1"),
        ("https://api.example", "", {"ALL_PROXY": "socks5://p.example:1"}, "p.example:1"),
        ("https://api.example", "http://q.example:2", {"HTTPS_PROXY": "http://p.example:1"},
         "q.example:2"),
        ("https://api.example", "", {"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": ".example"},
         ""),
        # What is set for this client alone is not undone by what is set for all programs.
        ("https://api.example", "http://q.example:2", {"NO_PROXY": ".example"}, "q.example:2"),
        ("http://localhost:8080", "http://q.example:2", {"HTTP_PROXY": "http://p.example:1"}, ""),
    ],
)  # fmt: skip
def test_the_proxy_that_is_told_is_the_one_that_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str, own: str, environ: dict[str, str], proxy: str
) -> None:
    for name in ("HTTP", "HTTPS", "ALL", "NO"):
        for variable in (f"{name}_PROXY", f"{name}_PROXY".lower()):
            monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    assert diagnose.proxy_of(url, own) == proxy


def test_no_setting_shows_more_of_a_secret_than_its_end(tmp_path: Path) -> None:
    own = replace(
        configuration_of(tmp_path),
        client_secret="s3same!!",
        mot_de_passe="s3same-and-9",
        headers={"X-Key": "s3same", "X-Also": "s3same"},
        complements={"cle": "s3same"},
    )
    lines = diagnose.settings(own).constat.splitlines()
    assert "client_secret = … (argument)" in lines  # half of it would be shown
    assert "mot_de_passe = …nd-9 (argument)" in lines
    assert "headers = X-Also, X-Key (argument)" in lines
    assert "complements = cle (argument)" in lines
    assert not [line for line in lines if "s3same" in line]


def test_a_name_that_nobody_knows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    steps = seen(tmp_path, [problem(404)])
    assert "Name or service not known" in steps["noms"].constat
    assert (steps["noms"].reussie, steps["tls"].reussie) == (False, None)


def test_a_book_on_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    step = seen(tmp_path, [problem(404)])["livre"]
    assert step.reussie is False
    assert "5 Mo free" in step.constat


@contextmanager
def https(certificate: trustme.LeafCert) -> Iterator[int]:
    """A server that answers 404 to whatever comes, over TLS; its port."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(server)
    date = format_datetime(datetime.now(UTC), usegmt=True)
    answer = f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                    with plain, server.wrap_socket(plain, server_side=True) as line:
                        while line.recv(65536):
                            line.sendall(answer)
                except ssl.SSLError:
                    continue
                except OSError as error:
                    if error.errno in {errno.EBADF, errno.EINVAL}:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_whose_certificate_a_server_shows_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose, "proxy_of", lambda *_: "")
    authority = trustme.CA(organization_name="Mairie", organization_unit_name="Proxy")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with https(authority.issue_cert("localhost", common_name="passerelle")) as port:
        own = {**_fields(tmp_path), "base_url": f"https://localhost:{port}"}
        for trusted in (True, False):
            settings = {**own, "ca_bundle": str(tmp_path / "ca.pem")} if trusted else own
            with DepotFlux(**settings) as depot:
                step = by_name(depot.diagnostic())["tls"]
            assert "a certificate of passerelle, issued by Mairie" in step.constat
            assert step.reussie is trusted
            assert (f"{tmp_path / 'ca.pem'} (ca_bundle)" in step.constat) is trusted
    assert "SSL_CERT_FILE" in step.remede


@pytest.mark.parametrize(("days", "well"), [(13, False), (15, True)])
def test_a_certificate_that_ends_soon_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, well: bool
) -> None:
    monkeypatch.setattr(diagnose, "proxy_of", lambda *_: "")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    end = datetime.now(UTC) + timedelta(days=days, hours=12)
    with https(authority.issue_cert("localhost", not_after=end)) as port:
        own = {**_fields(tmp_path), "base_url": f"https://localhost:{port}"}
        with DepotFlux(**own) as depot:
            step = by_name(depot.diagnostic())["tls"]
    assert (step.reussie, f"good for {days} days" in step.constat) == (well, True)
    assert f"trusted: {tmp_path / 'ca.pem'} (SSL_CERT_FILE)" in step.constat
    assert ("renew" in step.remede) is not well


def _fields(folder: Path) -> dict[str, Any]:
    own = configuration_of(folder)
    names = ("client_id", "client_secret", "login", "mot_de_passe", "fichier_recus")
    return {name: getattr(own, name) for name in names}


def test_the_command_shows_a_tick_or_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("DEPOT_FLUX_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DEPOT_FLUX_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("DEPOT_FLUX_FICHIER_RECUS", str(tmp_path / "recus.db"))
    result = CliRunner().invoke(cli.main, ["diagnostiquer"])
    assert result.exit_code == 2
    assert "✗ reglages: missing: base_url" in result.output
    assert "→ set DEPOT_FLUX_BASE_URL" in result.output

    def client(configuration: Configuration, **_: Any) -> DepotFlux:
        made = DepotFlux(configuration, transport=Gateway([page(403)], [GIVEN]))
        made._clock.sleep = lambda _: None
        return made

    monkeypatch.setattr(context, "DepotFlux", client)
    result = CliRunner().invoke(cli.main, ["--profil", "simulator", "diagnostiquer"])
    assert result.exit_code == 3
    assert "✓ jeton" in result.output
    assert "✗ droits: the gateway before the API answered 403" in result.output
    assert "  → check on PISTE, in this order" in result.output
    assert "- compte: not tried" in result.output
    result = CliRunner().invoke(cli.main, ["--profil", "simulator", "diagnostiquer", "--json"])
    assert [step["nom"] for step in json.loads(result.stdout)["etapes"]] == NAMES
