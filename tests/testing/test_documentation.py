"""What the documentation shows is what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from depot_flux_simulator.flux import reserved

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.reconstruction
def test_the_first_example_runs_as_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(blocks("python")[0])
    pytester.runpytest_inprocess("-n", "0").assert_outcomes(passed=1)


def test_the_other_examples_run_as_written(pytester: pytest.Pytester) -> None:
    _, *others = blocks("python")
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(others)})
    result = pytester.runpytest_inprocess("-n", "0")
    result.assert_outcomes(passed=sum(text.count("def test_") for text in others))


@pytest.mark.deep
def test_the_scripts_that_start_one_run_as_written(tmp_path: Path) -> None:
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    scripts = blocks("bash")
    assert len(scripts) == 2
    for script in scripts:
        told = subprocess.run(
            ["bash", "-c", f"trap 'kill -INT $!; wait' EXIT\n{script}"],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": paths},
        )  # fmt: skip
        assert told.stdout.splitlines()[-1] == "up", told
        assert not (tmp_path / "ready").exists()


def test_every_page_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target


def test_the_table_of_reserved_names_is_the_codes() -> None:
    assert reserved.markdown() in PAGE.read_text(encoding="utf-8")
