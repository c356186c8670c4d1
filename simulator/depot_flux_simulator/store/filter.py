"""Which flux are looked for."""

from dataclasses import dataclass

from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.flux.motifs import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class FluxFilter:
    """What is None lets every flux pass.

    Attributes:
        statut: the status it shows.
        motif: one of the motifs it shows.
        code_application: the application that deposited it.
        depuis: it was deposited at this instant or later.
        avant: it was deposited before this instant.
    """

    statut: Statut | None = None
    motif: Code | None = None
    code_application: str | None = None
    depuis: Instant | None = None
    avant: Instant | None = None
