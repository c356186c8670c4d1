"""The documentation's examples, run as they are written."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux_simulator.samples import facture_ubl
from tests.server.served import served

ROOT = Path(__file__).parents[2]
PAGES = ("docs/client.md", "README.md")
OURS = re.compile(r"\bdepot_flux import|\$ depot-flux ")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
END = "@@end of command@@"


def examples(page: str) -> list[tuple[str, str, str]]:
    """Place, language and text of the blocks that use the client, in the order of the page."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.finditer(r"^```(python|console)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [
        (f"{page}:{text.count(chr(10), 0, found.start()) + 1}", found[1], found[2])
        for found in blocks
        if OURS.search(found[2])
    ]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with invoices, and the variables of a user who chose the simulator's profile."""
    folder = tmp_path
    (folder / "factures").mkdir()
    for number in (1, 2, 3):
        content = facture_ubl(f"F2026-000{number}")
        broken = content.replace(b"IssueDate>", b"Date>") if number == 3 else content
        (folder / f"factures/F2026-000{number}.xml").write_bytes(broken)
    with served(folder, "--pace", "0", "--workers", "1") as simulator:
        kept = {name: value for name, value in os.environ.items() if "DEPOT_FLUX" not in name}
        yield (
            folder,
            {
                **kept,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "DEPOT_FLUX_PROFIL": "simulator",
                "DEPOT_FLUX_BASE_URL": simulator.url,
                "DEPOT_FLUX_RECUS": str(folder / "recus.db"),
                "DEPOT_FLUX_CONFIG": str(folder / "config.toml"),
            },
        )


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)])
def test_every_example_runs_as_written(page: str, place: tuple[Path, dict[str, str]]) -> None:
    for where, language, text in examples(page):
        if language == "python":
            run_program(where, text, *place)
        else:
            run_session(where, text, *place)


def test_there_are_examples_to_run() -> None:
    languages = [language for _, language, _ in examples("docs/client.md")]
    assert languages.count("python") >= 5
    assert languages.count("console") >= 3


def run_program(where: str, program: str, folder: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), where


def run_session(where: str, session: str, folder: Path, env: dict[str, str]) -> None:
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert steps, where
    script = "".join(f'{step}\ncode=$?; echo "{END}"; (exit $code)\n' for step, _ in steps)
    command = ["bash", "-c", f"exec 2>&1\n{script}"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    shown = done.stdout.split(f"{END}\n")
    checker = doctest.OutputChecker()
    for (step, expected), got in zip(steps, shown, strict=False):
        assert checker.check_output(expected, got, FLAGS), f"{where} $ {step}\n{got}"
