"""The distributions, built once for all that looks at them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of sdist and wheels, the client's made from the sdist as an installer makes it."""
    folder = tmp_path_factory.mktemp("dist")
    for arguments in ([ROOT], ["--wheel", ROOT / "simulator"], ["--wheel", ROOT / "contract"]):
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def few_authorities() -> None:
    """What is installed comes from the world."""
