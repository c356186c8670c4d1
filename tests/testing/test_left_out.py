"""What an adoption leaves out of these tests: those of the reconstruction's own text."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"
PROGRAM = """
import pytest

@pytest.mark.reconstruction
def test_of_its_text(): assert False

def test_by_role(): pass
"""


@pytest.mark.parametrize(("kind", "left_out"), [("assumed", 0), ("official", 1)])
def test_only_the_marked_tests_are_left_out(
    pytester: pytest.Pytester, kind: str, left_out: int
) -> None:
    spec = pytester.mkdir("spec")
    (spec / "provenance.yaml").write_text(f"entries: [{{class: {kind}}}]\n", encoding="utf-8")
    folder = pytester.mkdir("tests")
    (folder / "conftest.py").write_bytes(CONFTEST.read_bytes())
    (folder / "test_program.py").write_text(PROGRAM, encoding="utf-8")
    (pytester.path / "pytest.ini").write_text("[pytest]\nmarkers = reconstruction\n")
    result = pytester.runpytest_inprocess("-n", "0", "tests")
    result.assert_outcomes(passed=1, failed=1 - left_out, deselected=left_out)
