"""What the documentation shows is what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from depot_flux_simulator.flux import reserved

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "simulator.md"
# The French page's examples are the same but for comments, which a quicker test holds.
both = pytest.mark.parametrize(
    "page", [PAGE, pytest.param(DOCS / "simulator.fr.md", marks=pytest.mark.deep)], ids=["en", "fr"]
)


def blocks(language: str, page: Path = PAGE) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@both
@pytest.mark.reconstruction
def test_the_first_example_runs_as_written(page: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(blocks("python", page)[0])
    pytester.runpytest_inprocess("-n", "0").assert_outcomes(passed=1)


@both
def test_the_other_examples_run_as_written(page: Path, pytester: pytest.Pytester) -> None:
    _, *others = blocks("python", page)
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(others)})
    result = pytester.runpytest_inprocess("-n", "0")
    result.assert_outcomes(passed=sum(text.count("def test_") for text in others))


@both
@pytest.mark.deep
def test_the_scripts_that_start_one_run_as_written(page: Path, tmp_path: Path) -> None:
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    scripts = blocks("bash", page)
    assert len(scripts) == 2
    for script in scripts:
        told = subprocess.run(
            ["bash", "-c", f"trap 'kill -INT $!; wait' EXIT\n{script}"],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": paths},
        )  # fmt: skip
        assert told.stdout.splitlines()[-1] == "up", told
        assert not (tmp_path / "ready").exists()


@both
def test_every_page_it_points_to_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_table_of_reserved_names_is_the_codes() -> None:
    assert reserved.markdown() in PAGE.read_text(encoding="utf-8")
