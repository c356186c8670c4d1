"""Put bytes through the controls."""

from pathlib import Path

import pytest
from hypothesis import settings

from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Verdict
from tests.support.controls import CODE_APPLICATION, Controle, never

# How long an example takes is the machine's business.
settings.register_profile("controls", deadline=None)
settings.load_profile("controls")


@pytest.fixture(scope="session")
def controle(tmp_path_factory: pytest.TempPathFactory) -> Controle:
    """Put bytes through the controls as if they had been deposited."""
    path: Path = tmp_path_factory.mktemp("flux") / "flux"

    def _controle(
        content: bytes,
        name: str = "facture.xml",
        code: str = "FSO3110A",
        context: Context | None = None,
    ) -> Verdict:
        path.write_bytes(content)
        return controler(
            Depot(path, name, code, CODE_APPLICATION), context or Context(already_received=never)
        )

    return _controle
