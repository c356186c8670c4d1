"""The CI examples do as written, in an environment that holds what a runner would install."""

import os
import re
import shutil
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from depot_flux_simulator.samples import facture_ubl
from tests.support.served import Served, free_port, served

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
DOCS = EXAMPLES.parents[1] / "docs"
JENKINS = (EXAMPLES / "Jenkinsfile").read_text("utf-8")


def of_yaml(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((EXAMPLES / name).read_text("utf-8"))
    return loaded


def github() -> tuple[list[str], dict[str, str]]:
    """The shell scripts of the job, one a step, and what they find in their environment."""
    (job,) = of_yaml("github-actions.yml")["jobs"].values()
    steps = [step for step in job["steps"] if "run" in step]
    variables = {name: value for step in steps for name, value in step.get("env", {}).items()}
    return [step["run"] for step in steps], variables


def gitlab(name: str) -> tuple[list[str], dict[str, str]]:
    """The one script that GitLab makes of a job."""
    everything = of_yaml("gitlab-ci.yml")
    job = everything[name]
    lines = [*job["before_script"], *job["script"]]
    return ["\n".join(lines)], {**everything["variables"], **job.get("variables", {})}


def jenkins() -> tuple[list[str], dict[str, str]]:
    scripts = re.findall(r"sh '''\n(.*?)'''", JENKINS, re.DOTALL)
    environment = dict(re.findall(r"^\s+([A-Z_]+) = '([^']+)'$", JENKINS, re.MULTILINE))
    return scripts, environment


@pytest.fixture(scope="module")
def installer(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a fresh runner: an empty Python whose pip knows the built wheels."""
    place = tmp_path_factory.mktemp("runner")
    venv.create(place / "venv", with_pip=True)
    kept = {name: value for name, value in os.environ.items() if "DEPOT_FLUX" not in name}
    kept = {
        name: value for name, value in kept.items() if not name.startswith(("PYTHON", "PYTEST"))
    }
    return {
        **kept,
        "PATH": f"{place / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_FIND_LINKS": str(built),
        "PIP_NO_COMPILE": "1",
        "HOME": str(place),
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return made_checkout(tmp_path)


def made_checkout(place: Path) -> Path:
    """A user's repository: a test of their program, and invoices that it made."""
    folder = place / "checkout"
    (folder / "factures").mkdir(parents=True)
    shutil.copy(EXAMPLES / "test_depots.py", folder)
    for number in ("F1", "F2"):
        (folder / "factures" / f"{number}.xml").write_bytes(facture_ubl(number))
    return folder


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, "--pace", "0", "--workers", "1") as running:
        yield running


def run(scripts: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Each script in a shell of its own that ends at the first failure, as runners have it."""
    told = ""
    for script in scripts:
        done = subprocess.run(
            ["bash", "-c", f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nset -e\n{script}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told += done.stdout
        assert done.returncode == 0, script + done.stdout + done.stderr
    return told


@pytest.mark.deep
def test_the_examples_test_check_and_deposit(installer: dict[str, str], tmp_path: Path) -> None:
    # One after the other: what the first has installed the others find, as from a runner's cache.
    for number, job in enumerate((github(), gitlab("in-background"), jenkins())):
        does_as_written(*job, installer, made_checkout(tmp_path / str(number)))


def does_as_written(
    scripts: list[str], variables: dict[str, str], installer: dict[str, str], checkout: Path
) -> None:
    port = str(free_port())
    scripts = [
        script.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{port}") for script in scripts
    ]
    scripts = [
        script.replace("-simulator --pace", f"-simulator --port {port} --pace")
        for script in scripts
    ]
    # Jenkins' own environment is the one that is installed for all.
    shutil.copytree(Path(installer["HOME"]) / "venv", checkout / ".venv", symlinks=True)
    environment = {**installer, **variables, "DEPOT_FLUX_BASE_URL": f"http://127.0.0.1:{port}"}
    told = run(scripts, checkout, environment)
    assert "2 passed" in told
    assert "2 recevables" in told
    assert len(re.findall(r"F\d\.xml .* RECEVABLE", told)) == 2
    assert 'failures="0"' in (checkout / "tests.xml").read_text()


@pytest.mark.parametrize("page", ["start.md", "start.fr.md", "client.md", "client.fr.md"])
def test_what_a_page_installs_is_what_an_example_installs(page: str) -> None:
    ran = {
        line
        for scripts, _ in (github(), gitlab("with-service"))
        for script in scripts
        for line in script.splitlines()
    }
    shown = re.findall(r"^pip install .*$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    assert shown
    assert set(shown) <= ran


@pytest.mark.deep
def test_the_example_with_a_service_needs_the_client_alone(
    installer: dict[str, str], checkout: Path, service: Served
) -> None:
    scripts, variables = gitlab("with-service")
    assert "depot-flux-simulator" not in scripts[0]
    assert "[simulator]" not in scripts[0]
    assert variables["DEPOT_FLUX_BASE_URL"] == "http://simulateur:8080"
    variables["DEPOT_FLUX_BASE_URL"] = service.base_url
    told = run(scripts, checkout, {**installer, **variables})
    assert len(re.findall(r"F\d\.xml .* RECEVABLE", told)) == 2
