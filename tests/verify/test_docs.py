"""What docs/contract-tests.md tells to type works, and says what is so."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from depot_flux_contract.clients import stand
from depot_flux_contract.clients.stand import Asked
from depot_flux_contract.command import main
from depot_flux_contract.testing import CLIENT_CHECKS
from depot_flux_contract.verify.checks import CHECKS
from tests.support.adoption import ROOT
from tests.support.served import free_port

pytest_plugins = ["pytester"]

GUIDE, FRENCH = (
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("contract-tests.md", "contract-tests.fr.md")
)
both = pytest.mark.parametrize("guide", [GUIDE, FRENCH], ids=["en", "fr"])
BIN = Path(sys.executable).parent


def blocks(kind: str, guide: str = GUIDE) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", guide, re.DOTALL)


def commands(workflow: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The shell script of a job, installation left out, and its variables."""
    if "jobs" in workflow:
        steps = workflow["jobs"]["contract"]["steps"]
        [step] = [step for step in steps if "verify" in step.get("run", "")]
        return step["run"], step["env"]
    [job] = workflow.values()
    return "\n".join(job["script"]), job["variables"]


def run(script: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    # On a free port, and with the machine's own installation.
    paths = os.pathsep.join(map(str, (BIN, os.environ["PATH"])))
    return subprocess.run(
        ["bash", "-c", f"trap 'kill $(jobs -p) 2>/dev/null' EXIT\nset -e\n{script}"],
        cwd=folder,
        env={**os.environ, **variables, "PATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.deep
@pytest.mark.parametrize("number", [0, 1], ids=["github", "gitlab"])
def test_a_workflow_of_the_guide_verifies_the_simulator(number: int, tmp_path: Path) -> None:
    script, variables = commands(yaml.safe_load(blocks("yaml")[number]))
    script = script.replace("8080", str(free_port()))
    # The whole run is held elsewhere; this is about the lines of the guide.
    script = script.replace("--junit", "--only token --only answer --rate 50 --junit")
    done = run(script, tmp_path, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "contract.xml").exists()
    assert (tmp_path / "contract.html").exists()


@pytest.mark.deep
def test_the_commands_of_the_guide_work(tmp_path: Path) -> None:
    typed = [line[2:] for block in blocks("console") for line in block.splitlines()
             if line.startswith("$ depot-flux-contract")]  # fmt: skip
    assert len(typed) == 6
    port = str(free_port())
    lines = [
        f"depot-flux-simulator --port {port} --database sqlite:///s.db > s.log 2>&1 &",
        f"depot-flux-simulator wait --url http://127.0.0.1:{port}",
        *(
            line.replace("8080", port).replace("--profile simulator", "--profile simulator "
                                               "--only token --only access --rate 50")
            # All of it is made in test_clients.py.
            .replace("verify-client --", "verify-client --only plain --only twice-cut --")
            for line in typed
            if not line.startswith(("depot-flux-contract observe", "depot-flux-contract adopt"))
        ),
    ]  # fmt: skip
    done = run("\n".join(lines), tmp_path, DEPOT_FLUX_FICHIER_RECUS=str(tmp_path / "recus.db"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "again" / "report.md").exists()


def test_what_runs_of_the_guide_is_in_french_the_same_to_the_letter() -> None:
    for kind in ("console", "yaml"):
        assert blocks(kind, FRENCH) == blocks(kind)
    assert blocks("python", FRENCH)[0] == blocks("python")[0]


def test_every_command_of_the_guide_has_options_that_exist() -> None:
    for line in (line for text in (*blocks("console"), *blocks("yaml")) for line in [text]):
        for name, rest in re.findall(r"depot-flux-contract ([\w-]+)((?:[^\n]|\n +--)*)", line):
            options = rest.partition(" -- ")[0]
            command = main.get_command(None, name)  # type: ignore[arg-type]
            assert command, name
            known = {option for each in command.params for option in each.opts}
            assert set(re.findall(r"--[a-z-]+", options)) <= known, options


@both
def test_every_family_of_checks_is_in_the_guide(guide: str) -> None:
    for check in CHECKS:
        assert f"`{check.name.partition('-')[0]}`" in guide, check.name


@both
def test_every_exit_code_and_option_of_verify_is_in_the_guide(guide: str) -> None:
    told = CliRunner().invoke(main, ["verify", "--help"]).output
    for option in re.findall(r"--[a-z][a-z-]+", told):
        assert option in guide or option in {"--help"}, option


@both
def test_all_that_verify_client_checks_takes_and_tells_is_in_the_guide(guide: str) -> None:
    for check in CLIENT_CHECKS:
        assert f"| `{check.partition('-')[0]}` |" in guide, check
    told = CliRunner().invoke(main, ["verify-client", "--help"]).output
    for option in re.findall(r"--[a-z][a-z-]+", told):
        assert option in guide or option in {"--help"}, option
    with stand(Asked(command=(sys.executable, "-c", "import os; print(*os.environ)"))) as made:
        variables = {v for v in made.attempt().output.split() if v.startswith("DEPOT_FLUX_")}
    (heading,) = re.findall(r"^\| variable \| (?:in the|dans la) .*$", guide, re.MULTILINE)
    table = guide.partition(heading)[2].partition("\n\n")[0]
    assert set(re.findall(r"`(DEPOT_FLUX_\w+)`", table)) == variables
    assert set(re.findall(r"`\{(\w+)\}`", table)) == {
        variable.removeprefix("DEPOT_FLUX_").lower() for variable in variables
    }


@pytest.mark.deep
@pytest.mark.reconstruction
def test_the_test_of_a_client_runs_as_written(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    [text] = [block for block in blocks("python") if "verify_client" in block]
    monkeypatch.setenv("PATH", str(BIN), prepend=os.pathsep)
    pytester.makepyfile(text)
    result = pytester.runpytest_inprocess("-n", "0", "-k", "twice-504 or refused-403")
    result.assert_outcomes(passed=2, deselected=len(CLIENT_CHECKS) - 2)
