"""Once another contract was adopted, the tests of the reconstruction's own text are left out.

They carry the mark `reconstruction`, and `client/test_generated.py` imports what only the client
generated from it has. All else asks by role, and skips what the contract has no place for.
"""

from pathlib import Path

import pytest

from depot_flux_contract.effective import read_yaml

_PROVENANCE = Path(__file__).parents[1] / "spec" / "provenance.yaml"


def adopted(provenance: Path) -> bool:
    """Whether the contract that stands was adopted."""
    return any(entry["class"] == "official" for entry in read_yaml(provenance)["entries"])


ADOPTED = adopted(_PROVENANCE)
collect_ignore = ["client/test_generated.py"] if ADOPTED else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not ADOPTED:
        return
    left_out = [item for item in items if item.get_closest_marker("reconstruction")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_report_header() -> list[str]:
    return ["contract: adopted; the tests of the reconstruction are left out"] if ADOPTED else []
