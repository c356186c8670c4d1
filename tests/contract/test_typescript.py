"""Another language's generator reads both documents, and its client deposits."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from depot_flux_simulator.samples import facture_ubl
from tests.support.served import served

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "typescript"
MODULES = ROOT / "node_modules"


def lines() -> list[str]:
    """What the page has one type, but for what installs: that is what `npm ci` brought."""
    (block,) = re.findall(r"```sh\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    return [line for line in block.splitlines() if not line.startswith("npm install")]


@pytest.mark.deep
@pytest.mark.reconstruction
def test_a_client_generated_in_typescript_is_built_and_deposits(tmp_path: Path) -> None:
    if not shutil.which("npm") or not (MODULES / ".bin" / "openapi-typescript").exists():
        pytest.skip("openapi-typescript is not installed; `make node_modules/.ready` installs it")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "node_modules").symlink_to(MODULES)
    shutil.copy(EXAMPLE / "depot.ts", tmp_path)
    good, broken = facture_ubl("F1"), facture_ubl("F2").replace(b"cbc:IssueDate>", b"cbc:Le>")
    simulators = tmp_path / "simulator"
    simulators.mkdir()
    with served(simulators, "--pace", "0", "--workers", "1") as simulator:
        told: list[str] = []
        for content in (good, broken):
            (tmp_path / "facture.xml").write_bytes(content)
            typed = lines() if not told else lines()[-1:]
            script = "\n".join(typed).replace("http://127.0.0.1:8080", simulator.url)
            done = subprocess.run(
                ["bash", "-ec", script],
                cwd=tmp_path,
                env={**os.environ, "NO_PROXY": "127.0.0.1"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            told.append(done.stdout)
    assert re.search(r"^CPP\w+ RECEVABLE$", told[0], re.MULTILINE)
    assert re.search(r"^CPP\w+ IRRECEVABLE\nIRR_SYNTAX .*ligne", told[1], re.MULTILINE)


def test_the_versions_of_the_page_are_those_that_are_tried() -> None:
    text = (EXAMPLE / "README.md").read_text("utf-8")
    package = (ROOT / "package.json").read_text("utf-8")
    for name, version in re.findall(r"([\w/@-]+)@([\d.]+)", text):
        assert re.search(rf'"{name}": "{re.escape(version)}', package), name
