"""Programs that use every public name pass mypy and pyright, both strict."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mypy import api

from tests.support.public_api import listing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PARTS = ("simulator", "client", "contract", "generated")
PROGRAMS = {
    "depot_flux": HERE / "facade.py",
    "depot_flux_contract.testing": HERE / "contract.py",
    "depot_flux_simulator.testing": HERE.parent / "testing" / "typed_program.py",
}
FIXTURES = HERE / "fixtures.py"
ALL = [*PROGRAMS.values(), FIXTURES]
PYRIGHT = ROOT / "node_modules" / ".bin" / "pyright"

# What is wrong in each, and what a checker says of it.
WRONG = {
    HERE / "facade.py": ("assert_type(error.semblable, Semblable)", "error.semblable.lower(1)"),
    HERE / "contract.py": ("timeout=30", "timeout='30'"),
    HERE.parent / "testing" / "typed_program.py": ("pace=0.0", "pase=0.0"),
    FIXTURES: ('nom="F1.xml"', "nom=1"),
}


@pytest.mark.parametrize("module", PROGRAMS)
def test_every_public_name_stands_in_a_program(module: str) -> None:
    text = PROGRAMS[module].read_text("utf-8")
    public = __import__(module, fromlist=["__all__"])
    assert [name for name in public.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_every_fixture_stands_in_a_program() -> None:
    text = FIXTURES.read_text("utf-8")
    named = [fact.split()[-1] for fact in listing() if fact.startswith("pytest fixture ")]
    given = [name for name in named if not name.startswith("_")]
    assert [name for name in given if not re.search(rf"\b{name}: ", text)] == []


@pytest.fixture
def wrong(tmp_path: Path) -> list[Path]:
    """The same programs, each with one mistake, beside a copy of the right ones."""
    made: list[Path] = []
    for path in ALL:
        shutil.copy(path, tmp_path)
    for path, (right, mistake) in WRONG.items():
        text = path.read_text("utf-8")
        assert right in text, path
        made.append(tmp_path / f"wrong_{path.stem}.py")
        made[-1].write_text(text.replace(right, mistake, 1), "utf-8")
    return made


@pytest.mark.deep
def test_they_pass_strict_mypy_and_mistakes_do_not(wrong: list[Path]) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MYPYPATH", ":".join(str(ROOT / part) for part in PARTS))
        # Kept from one run to the next: what is imported is read once.
        cache = ROOT / ".mypy_cache" / "users"
        options = ["--strict", "--config-file=", f"--cache-dir={cache}"]
        found, errors, _ = api.run([*options, *map(str, [*ALL, *wrong])])
    assert errors == ""
    lines = [line for line in found.splitlines() if ": error: " in line]
    assert {Path(line.partition(":")[0]).name for line in lines} == {p.name for p in wrong}, found


@pytest.mark.deep
def test_they_pass_strict_pyright_and_mistakes_do_not(wrong: list[Path], tmp_path: Path) -> None:
    if not (PYRIGHT.exists() and shutil.which("node")):
        pytest.skip("there is no pyright here: npm ci installs it")
    project = tmp_path / "pyrightconfig.json"
    project.write_text(
        json.dumps(
            {
                "include": ["*.py"],
                "extraPaths": [str(ROOT / part) for part in PARTS],
                "typeCheckingMode": "strict",
                "pythonVersion": "3.11",
            }
        )
    )
    command = [str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, "-p", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["summary"]["filesAnalyzed"] == len(ALL) + len(wrong), done.stdout[:500]
    found = [each for each in told["generalDiagnostics"] if each["severity"] == "error"]
    assert {Path(each["file"]).name for each in found} == {path.name for path in wrong}, "\n".join(
        f"{each['file']}: {each['message']}" for each in found if "wrong_" not in each["file"]
    )
