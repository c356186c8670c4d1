"""Takes deposited flux through the controls, off the request path.

What waits is what the store says waits: killed at any moment, the engine goes on where it was. In
order of deposit, so that the second of two equal flux is the one that breaks IRR_UNICITE.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from depot_flux_simulator.controls import AntivirusUnreachableError
from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif, Verdict
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.store import Store

BATCH = 50
MAX_FAILURES = 2
_NOT_TOLD = "Le niveau fonctionnel n'est pas évalué : une évaluation a été interrompue."
_LOGGED = 10

_log = logging.getLogger(__name__)


class Engine:
    """Controls what waits.

    Args:
        store: where flux wait and verdicts go.
        clock: tells when a verdict is reached.
        equipment: what the controls are given beside the flux.

    Attributes:
        held_up: why flux wait though the engine could control them, None when nothing holds it up.
    """

    def __init__(self, store: Store, clock: Clock, equipment: Equipment) -> None:
        self._store = store
        self._clock = clock
        self._equipment = equipment
        self.held_up: str | None = None

    def step(self, before: Callable[[int], None] = lambda _pk: None) -> int:
        """Control the oldest flux that wait, and say how many got their verdict.

        Without the antivirus that was asked for, nothing passes: what waits goes on waiting.

        Args:
            before: called with the number of each flux right before its controls.
        """
        waiting = self._store.flux.waiting(BATCH)
        for done, flux in enumerate(waiting):
            before(flux.pk)
            try:
                verdict = flux.forced.verdict(self._verdict(flux))
            except AntivirusUnreachableError as error:
                self._hold_up(str(error))
                return done
            self._store.verdicts.record(flux, verdict, self._clock.now())
            _log_verdict(flux, verdict)
        self._hold_up(None)
        return len(waiting)

    def _hold_up(self, reason: str | None) -> None:
        if reason != self.held_up:
            _log.warning("flux wait: %s" if reason else "flux wait no longer%s", reason or "")
        self.held_up = reason

    def _verdict(self, flux: StoredFlux) -> Verdict:
        if flux.echecs >= MAX_FAILURES:
            return Verdict(motifs=(_unreadable(flux),))
        verdict = self._equipment.controler(
            flux.depot,
            lambda cle: self._store.verdicts.knows_key(flux.depot.code_application, cle),
            functional=not flux.echecs,
        )
        if flux.echecs and verdict.recevable:
            # Whatever took the controls down, the functional level never decides of a flux.
            return replace(verdict, remarques=(*verdict.remarques, _NOT_TOLD))
        return verdict


def _unreadable(flux: StoredFlux) -> Motif:
    return Motif.of(
        Regle.LECTURE,
        f"{flux.depot.nom} : le contrôle du fichier a été interrompu {flux.echecs} fois.",
        "Vérifiez que le fichier n'est pas endommagé et déposez-le à nouveau.",
        fichier=flux.depot.nom,
    )


def _log_verdict(flux: StoredFlux, verdict: Verdict) -> None:
    said = "recevable" if verdict.recevable else "irrecevable"
    _log.info("flux %s (%s): %s", flux.id_flux, flux.depot.code_interface, said)
    for motif in verdict.motifs[:_LOGGED]:
        _log.info("flux %s: %s %s", flux.id_flux, motif.code, motif.message)
    if len(verdict.motifs) > _LOGGED:
        _log.info("flux %s: and %d more motifs", flux.id_flux, len(verdict.motifs) - _LOGGED)
