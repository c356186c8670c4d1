"""What the page for users of the historical API shows is what happens."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from depot_flux_contract.command import main
from depot_flux_simulator.samples import facture_ubl
from tests.support.adoption import contract
from tests.support.served import served

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.deep, pytest.mark.reconstruction]


def block(language: str) -> str:
    """The page's one example in a language; the French page's is the same, which a test holds."""
    text = (ROOT / "docs" / "historical-api.md").read_text("utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_program_runs_as_written(tmp_path: Path) -> None:
    (tmp_path / "factures").mkdir()
    (tmp_path / "factures" / "F2026-0001.xml").write_bytes(facture_ubl())
    with served(tmp_path, "--pace", "0", "--workers", "1") as simulator:
        told = {
            "DEPOT_FLUX_BASE_URL": simulator.url,
            "DEPOT_FLUX_FICHIER_RECUS": str(tmp_path / "recus.db"),
        }
        done = subprocess.run(
            [sys.executable, "-c", block("python")],
            cwd=tmp_path,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("RECEVABLE\n")


def test_the_comparison_tells_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("node"):
        pytest.skip("Swagger 2.0 is converted by Node")
    command, shown = block("console").removeprefix("$ ").split("\n", 1)
    shutil.copy(contract("piste-postcr.json", tmp_path), tmp_path / "historique.json")
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, command.split()[1:])
    assert done.exit_code == 1, done.output
    checker = doctest.OutputChecker()
    assert checker.check_output(shown, done.output, doctest.ELLIPSIS), done.output
