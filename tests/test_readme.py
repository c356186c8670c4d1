"""The README says what is so."""

import re
from pathlib import Path

import pytest

from depot_flux_simulator.flux.motifs import en_markdown

ROOT = Path(__file__).parents[1]
README, LISEZ_MOI = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.fr.md")
)

both = pytest.mark.parametrize("readme", [README, LISEZ_MOI], ids=["en", "fr"])


def python_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@both
def test_the_table_of_motifs_is_that_of_the_code(readme: str) -> None:
    written = readme.partition("<!-- motifs -->")[2].partition("<!-- /motifs -->")[0]
    assert written.strip() == en_markdown().strip()


def test_the_users_test_is_the_one_that_the_documentation_s_tests_run() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert python_blocks(page)[0] in python_blocks(README)


@both
def test_every_page_it_points_to_is_there(readme: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / target).exists(), target
