"""The page of the 18 motifs has an example for each, which gives it and no other."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from depot_flux_simulator.cli import main
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.samples import facture_ubl

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, FRENCH = (
    re.findall(r"^```\w+\n(.*?)^```$", (DOCS / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for name in ("motifs.md", "motifs.fr.md")
)


def test_every_motif_has_an_example() -> None:
    assert sorted(re.findall(r"\"(IRR_\w+)\"", ENGLISH[0])) == sorted(Code)


def test_the_examples_are_in_french_the_same_to_the_letter() -> None:
    assert FRENCH == ENGLISH


def test_the_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "factures").mkdir()
    (tmp_path / "factures" / "facture.xml").write_bytes(facture_ubl())
    monkeypatch.chdir(tmp_path)
    program, *words = ENGLISH[1].removeprefix("$ ").split()
    assert program == "depot-flux-simulator"
    assert CliRunner().invoke(main, words).exit_code == 0


@pytest.mark.deep
@pytest.mark.reconstruction
def test_every_example_gives_its_motif_and_no_other(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ENGLISH[0])
    pytester.runpytest_inprocess("-n", "0").assert_outcomes(passed=len(Code))
