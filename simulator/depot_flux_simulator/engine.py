"""Takes deposited flux through the controls, off the request path.

What waits is what the store says waits: killed at any moment, the engine goes on where it was. In
order of deposit, so that the second of two equal flux is the one that breaks IRR_UNICITE.
"""

import logging
from collections.abc import Callable, Iterable

from depot_flux_simulator.clock import Clock
from depot_flux_simulator.controls import Contexte, Depot, controler
from depot_flux_simulator.motifs import Code, Motif, Verdict
from depot_flux_simulator.steering import outcome
from depot_flux_simulator.store import Store, StoredFlux

BATCH = 50
MAX_FAILURES = 2

_log = logging.getLogger(__name__)


class Engine:
    """Controls what waits.

    Args:
        store: where flux wait and verdicts go.
        clock: tells when a verdict is reached.
        codes_application: the codes of the known applications.
    """

    def __init__(self, store: Store, clock: Clock, codes_application: Iterable[str]) -> None:
        self._store = store
        self._clock = clock
        self._codes = frozenset(codes_application)

    def step(self, before: Callable[[int], None] = lambda _pk: None) -> int:
        """Control the oldest flux that wait, and say how many there were.

        Args:
            before: called with the number of each flux right before its controls.
        """
        waiting = self._store.waiting(BATCH)
        for flux in waiting:
            before(flux.pk)
            verdict = outcome.verdict(flux.forced, self._verdict(flux))
            self._store.record(flux, verdict, self._clock.now())
            _log_verdict(flux, verdict)
        return len(waiting)

    def _verdict(self, flux: StoredFlux) -> Verdict:
        if flux.echecs >= MAX_FAILURES:
            return Verdict(motifs=(_unreadable(flux),))
        depot = Depot(
            contenu=self._store.content_path(flux.contenu),
            nom=flux.nom,
            code_interface=flux.code_interface,
            code_application=flux.code_application,
        )
        return controler(depot, self._context(flux.code_application))

    def _context(self, code_application: str) -> Contexte:
        return Contexte(
            deja_recu=lambda cle: self._store.knows_key(code_application, cle),
            codes_application=self._codes,
        )


def _unreadable(flux: StoredFlux) -> Motif:
    return Motif(
        code=Code.IRR_SYNTAX,
        message=f"{flux.nom} : le contrôle du fichier a été interrompu {flux.echecs} fois.",
        regle="un fichier se lit en un temps et une mémoire bornés",
        remede="Vérifier que le fichier n'est pas endommagé et le déposer à nouveau.",
        source="[DG] 3.4.3",
        fichier=flux.nom,
    )


def _log_verdict(flux: StoredFlux, verdict: Verdict) -> None:
    codes = ", ".join(motif.code for motif in verdict.motifs)
    outcome = f"irrecevable: {codes}" if codes else "recevable"
    _log.info("flux %s (%s): %s", flux.id_flux, flux.code_interface, outcome)
