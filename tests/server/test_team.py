"""What the page for teams shows can be used as it stands, as far as this machine can tell."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from depot_flux_simulator.cli import main
from tests.support.served import COMMAND

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
TEAM = ROOT / "examples" / "team"
OPTIONS = {option for parameter in main.params for option in parameter.opts}
VARIABLES = {p.envvar for p in main.params if isinstance(p, click.Option) and p.envvar}


def text(name: str) -> str:
    return (TEAM / name).read_text(encoding="utf-8")


def test_every_file_and_page_it_points_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert sum("examples/team" in target for target in targets) == len(list(TEAM.iterdir()))
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("name", ["Containerfile", "depot-flux-simulator.service", "page"])
def test_every_option_and_variable_is_the_commands(name: str) -> None:
    told = PAGE if name == "page" else text(name)
    lines = [line for line in told.splitlines() if "depot-flux-simulator" in line]
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join(lines)))
    assert used - {"--no-cache-dir", "--create-home"} <= OPTIONS
    assert set(re.findall(r"\bDEPOT_FLUX_[A-Z_]+", told)) <= VARIABLES


def test_the_compose_file_starts_the_image_on_its_own_database() -> None:
    services = yaml.safe_load(text("compose.yaml"))["services"]
    simulator, postgresql = services["simulator"], services["postgresql"]
    assert (TEAM / simulator["build"]["dockerfile"]).exists()
    given, wanted = simulator["environment"], postgresql["environment"]
    assert set(given) - {"PGPASSWORD"} <= VARIABLES
    user = wanted["POSTGRES_USER"]
    # A password may hold what an address cannot.
    assert given["DEPOT_FLUX_DATABASE"] == f"postgresql://{user}@postgresql/{user}"
    assert given["PGPASSWORD"] == wanted["POSTGRES_PASSWORD"]
    assert re.fullmatch(r"\$\{\w+:\?\}", given["PGPASSWORD"])
    # The image's first server, which is stopped again, listens on its socket alone.
    assert postgresql["healthcheck"]["test"][2:4] == ["-h", "127.0.0.1"]
    assert simulator["depends_on"] == {"postgresql": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in simulator["ports"])


def test_the_image_starts_the_command_it_installs() -> None:
    command = json.loads(text("Containerfile").partition("CMD ")[2])
    assert command[0] == COMMAND.name
    assert set(command[1::2]) <= OPTIONS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "depot-flux-simulator.service"
    installed = "/opt/depot-flux/bin/depot-flux-simulator"
    assert installed in text(unit.name)
    unit.write_text(text(unit.name).replace(installed, str(COMMAND)), encoding="utf-8")
    told = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    about = [line for line in told.stderr.splitlines() if unit.name in line]
    assert about == []


def test_the_proxy_lets_a_flux_through_and_says_that_it_is_one(tmp_path: Path) -> None:
    told = re.sub(r"#.*", "", text("nginx.conf"))
    statements = [part.strip() for part in re.split(r"[{};]", told) if part.strip()]
    assert told.count("{") == told.count("}")
    assert "proxy_next_upstream off" in statements
    assert any(part.startswith("proxy_set_header X-Forwarded-For") for part in statements)
    assert "client_max_body_size 100m" in statements
    if shutil.which("nginx") is None:
        return
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    own = text("nginx.conf").replace("/etc/ssl/depot-flux.example.pem", str(certificate))
    own = own.replace("/etc/ssl/private/depot-flux.example.key", str(key))
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{own}\n}}\n", encoding="utf-8")
    subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], check=True, capture_output=True)
