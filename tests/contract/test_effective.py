"""Base plus overlay, and what is generated from them."""

import json
import re
from pathlib import Path

import pytest

from depot_flux_contract.effective import ContractError, effective_contract, read_yaml
from depot_flux_contract.generate import check, differences

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec"
GENERATED = ROOT / "generated"


def test_regenerating_changes_nothing() -> None:
    assert check(SPEC, GENERATED) == []


def test_a_change_in_one_generated_byte_is_seen(tmp_path: Path) -> None:
    for side in ("a", "b"):
        (tmp_path / side / "models").mkdir(parents=True)
        (tmp_path / side / "models" / "statut.py").write_text(side)
    assert differences(tmp_path / "a", tmp_path / "b") == ["models/statut.py"]


def test_an_overlay_that_matches_nothing_is_an_error() -> None:
    base = read_yaml(SPEC / "depot-flux-g2b.yaml")
    overlay = {"actions": [{"target": "$.paths['/gone'].post", "update": {"x": 1}}]}
    with pytest.raises(ContractError, match="/gone"):
        effective_contract(base, overlay)


def test_an_overlay_that_breaks_the_contract_is_an_error() -> None:
    base = read_yaml(SPEC / "depot-flux-g2b.yaml")
    overlay = {"actions": [{"target": "$.info", "update": {"title": {"not": "a text"}}}]}
    with pytest.raises(ContractError, match="no valid OpenAPI"):
        effective_contract(base, overlay)


@pytest.mark.reconstruction
def test_every_schema_has_a_french_title_and_description_and_an_example() -> None:
    schemas = read_yaml(SPEC / "depot-flux-g2b.yaml")["components"]["schemas"]
    for name, schema in schemas.items():
        assert {"title", "description", "example"} <= schema.keys(), name


@pytest.mark.reconstruction
def test_no_contract_name_stands_in_the_simulator() -> None:
    document = json.loads((GENERATED / "openapi.json").read_text(encoding="utf-8"))
    names = {"idFlux", *document["paths"]}
    for schema in document["components"]["schemas"].values():
        names |= schema.get("properties", {}).keys()
    # Words of the domain in their own right; the contract happens to use them too.
    names -= {"type", "titre", "statut", "detail", "instance", "fichier"}
    for source in (ROOT / "simulator" / "depot_flux_simulator").rglob("*.py"):
        code = re.sub(r'""".*?"""', "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
        for name in names:
            assert f'"{name}"' not in code, f"{source.name} names {name}"
