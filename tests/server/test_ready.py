"""Whether a simulator is up: told to everybody, waited for, written into a file."""

import os
import signal
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from depot_flux_simulator.cli import main
from depot_flux_simulator.serve.listening import listening
from depot_flux_simulator.serve.ready import ReadyFile
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.testing import Calls, Simulator, Transport
from depot_flux_simulator.web.app import create_app
from tests.support.contract import CONTRACT
from tests.support.served import COMMAND, access, free_port

UP = "/_simulator/up"


def waited(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["wait", *arguments], prog_name="depot-flux-simulator")


FROM_ANYWHERE: list[dict[str, str]] = [
    {},
    {"Host": "simulator:8080"},
    {"X-Forwarded-For": "203.0.113.9"},
    {"Origin": "https://elsewhere.example"},
    {"Authorization": "Bearer wrong"},
]


@pytest.mark.parametrize(
    "settings",
    [
        {"control_plane": False},
        {"control_token": "secret", "gateway": True, "base_path": "/cpro/v1"},
    ],
)
def test_it_is_told_from_anywhere_without_credentials(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    database = f"sqlite:///{tmp_path / 'flux.db'}"
    app = create_app(Settings(database=database, **settings))  # type: ignore[arg-type]
    for headers in FROM_ANYWHERE:
        client = app.test_client()
        answer = client.get(UP, headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        assert (answer.status_code, answer.text) == (200, "up\n"), headers
        assert answer.headers["Cache-Control"] == "no-store"
    app.extensions["depot_flux"].close()


def test_it_is_harmless() -> None:
    with Simulator() as simulator:
        simulator.fault("status")
        with httpx.Client(transport=Transport(simulator.app), base_url=simulator.url) as client:
            assert client.get(UP).text == "up\n"
            for method in ("POST", "PUT", "DELETE", "OPTIONS"):
                assert client.request(method, UP).status_code in {404, 405}, method
        assert simulator.journal() == []
        assert [rule.seen for rule in simulator.faults()] == [0]


def test_wait_ends_at_once_when_it_is_up(depot_flux_simulator_url: str) -> None:
    told = waited("--url", f"{depot_flux_simulator_url}/", "--timeout", "0")
    assert (told.exit_code, told.stderr) == (0, ""), told.stderr
    assert "is up" in told.stdout


@pytest.mark.parametrize(
    ("url", "code", "named"),
    [
        pytest.param(f"http://127.0.0.1:{free_port()}", 1, "refused", id="refused"),
        ("127.0.0.1:8080", 1, "is no address"),
        ("ftp://127.0.0.1", 1, "is no address"),
        ("http://[::1", 1, "is no address"),
        ("http://127.0.0.1:0", 1, "is no address"),
    ],
)
def test_wait_says_in_one_line_why_it_is_not(url: str, code: int, named: str) -> None:
    told = waited("--url", url, "--timeout", "0.1")
    assert told.exit_code == code
    assert isinstance(told.exception, SystemExit)
    [line] = told.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    assert named in line
    assert url in line


def test_wait_does_not_take_another_server_for_a_simulator(
    depot_flux_simulator_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot_flux_simulator.serve.waiting.PATH", "/openapi.json")
    told = waited("--url", depot_flux_simulator_url, "--timeout", "0")
    assert told.exit_code == 1
    assert "with 200, is no simulator" in told.stderr


def test_wait_says_how_to_trust_a_ca() -> None:
    with Simulator(tls=True) as simulator:
        url = simulator.serve()
        assert "SSL_CERT_FILE" in waited("--url", url, "--timeout", "0").stderr
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SSL_CERT_FILE", str(simulator.ca))
            assert waited("--url", url, "--timeout", "5").exit_code == 0
            environment.setenv("SSL_CERT_FILE", "/no/such.pem")
            told = waited("--url", url, "--timeout", "5")
        assert told.exit_code == 1
        assert "Error: " in told.stderr


def test_a_served_simulator_says_where_it_is_once_it_answers(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n")  # of one that was killed
    command = [str(COMMAND), "--tls", "--port", "0", "--ready-file", str(ready)]
    process = subprocess.Popen(
        [*command, "--database", f"sqlite:///{tmp_path / 'flux.db'}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not ready.exists() or ready.read_text() == "http://127.0.0.1:1\n":
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = ready.read_text().strip()
        ca = tmp_path / "flux.db-certificat" / "ca.pem"
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SSL_CERT_FILE", str(ca))
            assert waited("--url", url, "--timeout", "0").exit_code == 0
            headers = access(url)
        trusted = ssl.create_default_context(cafile=ca)
        with httpx.Client(base_url=url, verify=trusted, headers=headers) as client:
            calls = Calls(client, CONTRACT)
            assert calls.deposer(b"<x/>").accepted
            body = {"kind": "reset_before_store", "operations": ["deposer"], "times": 1}
            assert client.post("/_simulator/faults", json=body).is_success
            with pytest.raises(httpx.TransportError):
                calls.deposer(b"<y/>")
            assert client.get("/_simulator/flux").json()["total"] == 1
    finally:
        os.killpg(process.pid, signal.SIGINT)
        said, wrong = process.communicate(timeout=30)
    assert process.returncode == 0
    assert not ready.exists()
    assert f"SSL_CERT_FILE={ca}" in said
    assert url in said
    assert "httpx" not in wrong
    assert "Traceback" not in wrong


def test_a_ready_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        main,
        ["--port", "0", "--ready-file", "/no/such/ready",
         "--database", f"sqlite:///{tmp_path / 'flux.db'}"],
    )  # fmt: skip
    assert told.exit_code == 1
    assert "--ready-file /no/such/ready" in told.stderr.strip().splitlines()[-1]


def test_a_ready_file_that_another_left_goes_before_anybody_answers(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n")
    ReadyFile(ready, listening("127.0.0.1", 0, 1))
    assert not ready.exists()


@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to])
def test_a_link_planted_where_it_is_written_first_is_not_followed(
    tmp_path: Path, plant: Any
) -> None:
    ready, precious = tmp_path / "ready", tmp_path / "precious"
    precious.write_text("precious")
    for name in ("ready", ".ready.part"):
        plant(tmp_path / name, precious)
    ReadyFile(ready, listening("127.0.0.1", 0, 1))
    assert precious.read_text() == "precious"
    assert not ready.exists()
