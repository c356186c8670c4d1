"""Once a contract was adopted, the tests that speak of the reconstruction by name are left out.

What holds for any contract, and the controls, which know none, are tested all the same.
"""

from pathlib import Path

from depot_flux_contract.effective import read_yaml

_PROVENANCE = Path(__file__).parents[1] / "spec" / "provenance.yaml"
_ADOPTED = any(entry["class"] == "official" for entry in read_yaml(_PROVENANCE)["entries"])

collect_ignore = (
    [
        "adoption",
        "client",
        "control_plane",
        "lifecycle",
        "server",
        "testing",
        "contract/test_effective.py",
        "contract/test_provenance.py",
        "contract/test_schemathesis.py",
    ]
    if _ADOPTED
    else []
)


def pytest_report_header() -> list[str]:
    if not _ADOPTED:
        return []
    return ["contract: adopted; tests of the reconstruction's own names are left out"]
