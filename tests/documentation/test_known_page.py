"""What the page of sources quotes stands where it says; its table is held with all the others."""

import re
from pathlib import Path

import yaml

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.folders import RECONSTRUCTION
from depot_flux_contract.provenance import CLASSES

PAGE = (Path(__file__).parents[2] / "docs" / "known.md").read_text("utf-8")


def test_the_quoted_entry_is_one_of_the_provenance() -> None:
    (quoted,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (entry,) = yaml.safe_load(quoted)
    assert entry in read_yaml(RECONSTRUCTION / "provenance.yaml")["entries"]


def test_every_class_and_no_other_is_explained() -> None:
    assert tuple(word.lower() for word in re.findall(r"^- \*\*(\w+)\*\*", PAGE, re.MULTILINE)) == (
        CLASSES
    )
