"""What holds for every test.

Once another contract was adopted, the tests of the reconstruction's own text are left out. They
carry the mark `reconstruction`, and `client/test_generated.py` imports what only the client
generated from it has. All else asks by role, and skips what the contract has no place for.

Whatever verdict a test makes is told in French, its reason whole, or the test fails.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trustme

from depot_flux_contract.effective import read_yaml
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.store import small
from tests.support import stores, texts

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


@pytest.fixture(scope="session", autouse=True)
def kind_of_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The kind of store that all simulators of the tests have."""
    stores.install(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of one certificate authority."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the bytes of every flux in a file of its own beside an SQLite file."""
    monkeypatch.setattr(small, "SMALL", 0)


@pytest.fixture(autouse=True)
def few_authorities(authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust one, not the world's 150: a client takes 45 ms to read them, and calls nobody there."""
    monkeypatch.setenv("SSL_CERT_FILE", authority)


VERDICTS: list[Verdict] = []


def _remembered(verdict: Verdict, *values: Any, **named: Any) -> None:
    _INIT(verdict, *values, **named)
    VERDICTS.append(verdict)


_INIT = Verdict.__init__
Verdict.__init__ = _remembered  # type: ignore[assignment, method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    VERDICTS.clear()
    yield
    wrong = {fault for verdict in VERDICTS for fault in texts.faults(verdict)}
    assert not wrong, "\n".join(sorted(wrong))
