"""A flux as a test may see it: its history, its motifs, what was forced."""

from dataclasses import dataclass

from depot_flux_simulator.flux.lifecycle import Statut, Step
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.verdict import Motif, Verdict
from depot_flux_simulator.store.flux import StoredFlux


@dataclass(frozen=True, slots=True)
class FluxView:
    """A flux at one moment.

    Attributes:
        flux: what is stored of it.
        historique: the statuses it took so far, oldest first.
        verdict: what the controls found; empty until the status shows it, as on the platform.
    """

    flux: StoredFlux
    historique: tuple[Step, ...]
    verdict: Verdict

    @property
    def id_flux(self) -> str:
        """Its identifier."""
        return self.flux.id_flux

    @property
    def statut(self) -> Statut:
        """Its status."""
        return self.historique[-1].statut

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """Why it is irrecevable."""
        return self.verdict.motifs

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes of its motifs."""
        return tuple(motif.code for motif in self.motifs)
