"""The README says what is so."""

import re
import subprocess
import sys
from pathlib import Path

from depot_flux_simulator.motifs import en_markdown
from depot_flux_simulator.samples import facture_ubl
from tests.server.served import served

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def python_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_table_of_motifs_is_that_of_the_code() -> None:
    written = README.partition("<!-- motifs -->")[2].partition("<!-- /motifs -->")[0]
    assert written.strip() == en_markdown().strip()


def test_the_generated_client_s_example_runs_as_written(tmp_path: Path) -> None:
    (example,) = (block for block in python_blocks(README) if "AuthenticatedClient(" in block)
    (tmp_path / "facture.xml").write_bytes(facture_ubl())
    with served(tmp_path, "--pace", "0") as simulator:
        run = subprocess.run(
            [sys.executable, "-c", example.replace("http://127.0.0.1:8080", simulator.url)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() in ("EN_COURS_DE_TRAITEMENT", "RECEVABLE")


def test_the_users_test_is_the_one_that_the_documentation_s_tests_run() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert python_blocks(page)[0] in python_blocks(README)


def test_every_page_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
