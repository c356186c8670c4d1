"""What adoption tells people, and what it keeps of what they wrote."""

from pathlib import Path

import pytest

from depot_flux_contract.adopt import RECONSTRUCTION
from tests.support.adoption import CONTRATS, ROOT, adopted, snapshot

OURS = RECONSTRUCTION / "depot-flux-g2b.yaml"


@pytest.mark.reconstruction
def test_what_is_given_back_is_what_spec_holds() -> None:
    held = snapshot(RECONSTRUCTION)
    assert held == snapshot(ROOT / "spec"), "after a change of spec/, run `make reconstruction`"


@pytest.mark.reconstruction
def test_our_own_contract_comes_back_whole_after_another(tmp_path: Path) -> None:
    assert adopted(tmp_path, CONTRATS / "openapi31.yaml").changed
    assert snapshot(tmp_path / "spec") != snapshot(ROOT / "spec")
    assert adopted(tmp_path, OURS).changed
    for folder in ("spec", "generated"):
        assert snapshot(tmp_path / folder) == snapshot(ROOT / folder)
