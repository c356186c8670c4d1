"""A flux as a test may see it: its history, its motifs, what was forced."""

from dataclasses import dataclass

from depot_flux_simulator import lifecycle
from depot_flux_simulator.lifecycle import Instant, Statut, Step
from depot_flux_simulator.motifs import Code, Motif, Verdict
from depot_flux_simulator.store import Store, StoredFlux


@dataclass(frozen=True, slots=True)
class Vue:
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


def look(store: Store, flux: StoredFlux, now: Instant) -> Vue:
    """A flux as it shows at an instant."""
    historique = lifecycle.history(flux.facts, now)
    final = historique[-1].statut.final
    return Vue(flux, historique, store.verdict(flux.pk) if final else Verdict())
