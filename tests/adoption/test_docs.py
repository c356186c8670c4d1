"""What docs/adopt.md tells to type works, word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from depot_flux_contract.effective import read_yaml
from depot_flux_simulator.contract.roles import OperationRole, Role
from tests.support.adoption import ROOT, contract

GUIDE = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.deep
def test_every_command_of_the_guide_works_in_an_empty_folder(tmp_path: Path) -> None:
    contract("dans-un-zip.json", tmp_path)
    shown, own = blocks("yaml")
    (tmp_path / "roles.yaml").write_text(own, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    typed = [line[2:] for block in blocks("console") for line in block.splitlines()]
    commands = [line for line in typed if line.startswith("depot-flux-contract")]
    assert len(commands) == 5
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        if "--report" in command:
            overlay = read_yaml(tmp_path / "spec" / "roles.overlay.yaml")
            assert yaml.safe_load(shown)[0] in overlay["actions"]
    assert (tmp_path / "differences.md").read_text(encoding="utf-8").startswith("# The contract of")


def test_every_role_is_in_the_guide() -> None:
    for role in (*Role, *OperationRole):
        name = str(role).replace("probleme_", "_") if role != Role.PROBLEME_TYPE else str(role)
        assert f"`{name}`" in GUIDE, role


def test_the_options_of_make_are_those_of_the_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for option in ("SPEC", "MEMBER", "ROLES", "DRAFT", "REPORT"):
        assert f"$({option})" in makefile
        assert f"{option}=" in GUIDE
