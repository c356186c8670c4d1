"""Put bytes through the controls."""

from pathlib import Path

import pytest
from hypothesis import settings

from depot_flux_simulator.controls import Contexte, Depot, controler
from depot_flux_simulator.motifs import Verdict
from tests.controls.outils import CODE_APPLICATION, Controle, jamais

# How long an example takes is the machine's business.
settings.register_profile("controls", deadline=None)
settings.load_profile("controls")


@pytest.fixture(scope="session")
def controle(tmp_path_factory: pytest.TempPathFactory) -> Controle:
    """Put bytes through the controls as if they had been deposited."""
    chemin: Path = tmp_path_factory.mktemp("flux") / "flux"

    def _controle(
        contenu: bytes,
        nom: str = "facture.xml",
        code: str = "FSO3110A",
        contexte: Contexte | None = None,
    ) -> Verdict:
        chemin.write_bytes(contenu)
        return controler(
            Depot(chemin, nom, code, CODE_APPLICATION), contexte or Contexte(deja_recu=jamais)
        )

    return _controle
