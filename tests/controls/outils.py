"""What the tests of the controls share."""

from typing import Protocol

from depot_flux_simulator.controls import Contexte
from depot_flux_simulator.motifs import Verdict

CODE_APPLICATION = "AAA123"


def jamais(_cle: str) -> bool:
    return False


class Controle(Protocol):
    def __call__(
        self,
        contenu: bytes,
        nom: str = "facture.xml",
        code: str = "FSO3110A",
        contexte: Contexte | None = None,
    ) -> Verdict: ...


def codes(verdict: Verdict) -> list[str]:
    return [str(motif.code) for motif in verdict.motifs]
