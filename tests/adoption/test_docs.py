"""What docs/adopt.md tells to type works, word for word."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.trial import life_cycle
from depot_flux_simulator.contract.roles import OperationRole, Role
from tests.support.adoption import ROOT, contract, published

GUIDE, FRENCH = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("adopt.md", "adopt.fr.md")
)
both = pytest.mark.parametrize("guide", [GUIDE, FRENCH], ids=["en", "fr"])


def blocks(kind: str, guide: str = GUIDE) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", guide, re.DOTALL)


GIVEN = "G2b_api_flux_swagger_v1.2.zip"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def commands() -> list[str]:
    typed = [line[2:] for block in blocks("console") for line in block.splitlines()]
    found = [line for line in typed if line.startswith("depot-flux-contract")]
    assert len(found) == 5
    return found


def type_in(command: str, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.deep
def test_every_command_of_the_guide_works_in_an_empty_folder(tmp_path: Path) -> None:
    contract("dans-un-zip.json", tmp_path)
    shown, own = blocks("yaml")
    (tmp_path / "roles.yaml").write_text(own, encoding="utf-8")
    for command in commands():
        type_in(command, tmp_path)
        if "--report" in command:
            overlay = read_yaml(tmp_path / "spec" / "roles.overlay.yaml")
            assert yaml.safe_load(shown)[0] in overlay["actions"]
    assert (tmp_path / "differences.md").read_text(encoding="utf-8").startswith("# The contract of")


@pytest.mark.deep
def test_the_guide_leads_through_the_norms_own_contract(tmp_path: Path) -> None:
    afnor = published("afnor-flow-service-1.2.0.json")
    shutil.copy(afnor, tmp_path)
    for command in commands():
        if "--roles roles.yaml" in command:  # "pass that file": the draft, as it was written
            shutil.copy(tmp_path / "draft.yaml", tmp_path / "roles.yaml")
        type_in(command.replace(GIVEN, afnor.name), tmp_path)
    life_cycle(tmp_path / "generated")


def test_what_runs_of_the_guide_is_in_french_the_same_to_the_letter() -> None:
    for kind in ("console", "yaml"):
        assert blocks(kind, FRENCH) == blocks(kind)


@both
def test_every_role_is_in_the_guide(guide: str) -> None:
    for role in (*Role, *OperationRole):
        name = str(role).replace("probleme_", "_") if role != Role.PROBLEME_TYPE else str(role)
        assert f"`{name}`" in guide, role


@both
def test_the_options_of_make_are_those_of_the_command(guide: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for option in ("SPEC", "MEMBER", "ROLES", "DRAFT", "REPORT"):
        assert f"$({option})" in makefile
        assert f"{option}=" in guide
