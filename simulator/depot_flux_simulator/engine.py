"""Takes deposited flux through the controls, off the request path.

What waits is what the store says waits: killed at any moment, the engine goes on where it was.
Several engines share the work by claims. Each takes turns between applications; an application's
flux are controlled in order of deposit, so that the second of two equal ones breaks IRR_UNICITE.

A process that dies says nothing of the flux it was at: somebody may have killed it. Such a flux is
controlled again in a process of its own, and condemned only when it ends that one too, twice. Bytes
that are missing or altered are the platform's fault, never a verdict.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError
from depot_flux_simulator.controls.equipment import Equipment, Level
from depot_flux_simulator.flux.annuaire import Entree
from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif, Verdict
from depot_flux_simulator.store.claims import Claimant
from depot_flux_simulator.store.contents import digest
from depot_flux_simulator.store.errors import MissingError, OvertakenError, StoreError
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.store import Store

_NOT_TOLD = "Le niveau fonctionnel n'est pas évalué : une évaluation a été interrompue."
_MISSING = "Le contenu de ce flux manque : la plateforme ne l'a plus."
_LOGGED = 10
_LOOK_AGAIN_SECONDS = 30.0
# Controls of one flux again because others came first.
_TRIES = 3
# Between two tries of what is broken off from outside, doubled each time.
_PATIENCE_SECONDS = 1.0
_LONGEST_SECONDS = 600.0

_log = logging.getLogger(__name__)


class RunAlone(Protocol):
    """Controls a flux in a process of its own, with the functional level or not."""

    def __call__(self, flux: StoredFlux, *, functional: bool) -> Verdict:
        """Give the verdict, or raise what the process ended by."""
        ...


class TakenDownError(Exception):
    """A flux ended the process that controlled it alone; the message says how."""


class BrokenOffError(Exception):
    """The controls of a flux ended for a reason that is not the flux."""


class Engine:
    """Controls what waits.

    Args:
        store: where flux wait and verdicts go.
        clock: tells when a verdict is reached.
        equipment: what the controls are given beside the flux.
        annuaire: what tests said of the annuaire by now, oldest first.
        name: its own among all engines on the store; another of that name takes its place.

    Attributes:
        name: as above.
        again: whether it takes up flux whose controls were interrupted before.
        held_up: why flux wait though the engine could control them, None when nothing holds it up.
        alone: controls what was interrupted before, None where there are no other processes.
        check_apart: does what `check` does in another process, None likewise.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        equipment: Equipment,
        annuaire: Callable[[], tuple[Entree, ...]] = tuple,
        name: str = "",
    ) -> None:
        self._store = store
        self._clock = clock
        self._equipment = equipment
        self._annuaire = annuaire
        self.name = name
        self.again = True
        self._turn = threading.Lock()
        self._last = ""
        self.held_up: str | None = None
        self.alone: RunAlone | None = None
        self.check_apart: Callable[[Depot], Verdict] | None = None
        # Numbers of the flux that are tried again later: when, and after how long a wait.
        self._later: dict[int, tuple[float, float]] = {}
        self._looked = -_LOOK_AGAIN_SECONDS

    def step(self, before: Callable[[int], None] = lambda _pk: None) -> int:
        """Control the oldest flux that wait of one application after the other.

        Without the antivirus that was asked for, nothing passes: what waits goes on waiting.

        Args:
            before: called with the number of each flux right before its controls.

        Returns:
            How many got their verdict.
        """
        with self._turn:
            self._take_up_again()
            done = 0
            try:
                while claimed := self._claimed():
                    for flux in claimed:
                        before(flux.pk)
                        done += self._settle(flux)
                self._hold_up(None)
            except (AntivirusUnreachableError, OSError, StoreError) as error:
                self._hold_up(str(error))
            return done

    def _claimed(self) -> list[StoredFlux]:
        """The next flux to control; none where others have all there is."""
        now = time.monotonic()
        later = {pk for pk, (when, _) in self._later.items() if now < when}
        seen: set[str] = set()
        while True:
            claimant = Claimant(self.name, self._last, later, again=self.again)
            application, flux = self._store.claims.claim(claimant)
            if flux or application is None or application in seen:
                self._last = application or ""
                return flux
            seen.add(application)
            self._last = application

    def check(self, depot: Depot, *, functional: bool = True) -> Verdict:
        """Put a flux, whose bytes are at hand, through the controls in this process.

        It need not be stored: nothing is kept of it, no key is claimed.

        Raises:
            AntivirusUnreachableError: the scanner gave no verdict; the flux must wait.
            OSError: a file cannot be read or written.
            StoreError: the database fails.
        """
        return self._equipment.controler(
            depot,
            lambda cle: self._store.verdicts.knows_key(depot.code_application, cle),
            Level(self._store.factures.knows, self._annuaire()) if functional else None,
        )

    def _settle(self, flux: StoredFlux) -> int:
        """Control a flux and keep what comes of it; how many verdicts that is."""
        try:
            with self._store.contents.at_hand(flux.depot.contenu.name) as path:
                return self._settle_at_hand(_at(flux, path))
        except BrokenOffError as error:
            self._try_later(flux, error)
            return 0
        except MissingError:
            self._set_aside(flux, _MISSING)
            return 0

    def _settle_at_hand(self, flux: StoredFlux) -> int:
        for tries in range(_TRIES):
            try:
                found = self._verdict(flux)
            except OSError:
                if self._lost(flux):
                    return 0
                raise
            # Bytes that changed meanwhile are not those that were deposited.
            if self._lost(flux):
                return 0
            self._later.pop(flux.pk, None)
            if self._kept(flux, found, contested=tries == _TRIES - 1):
                return 1
        return 0

    def _kept(self, flux: StoredFlux, found: Verdict, *, contested: bool) -> bool:
        """Record a verdict; False when another flux came first, so that it must be reached anew."""
        verdict, now = flux.forced.verdict(found), self._clock.now()
        record = self._store.verdicts.record
        try:
            if record(flux, verdict, now, found=found, contested=contested):
                _log_verdict(flux, verdict)
        except OvertakenError:
            return False
        return True

    def _verdict(self, flux: StoredFlux) -> Verdict:
        if not flux.echecs or self.alone is None:
            return self.check(flux.depot)
        if _loss(flux.depot.contenu, flux.sha256):
            raise MissingError(flux.depot.contenu.name)
        try:
            return self.alone(flux, functional=True)
        except TakenDownError as error:
            _log.warning("flux %s, alone, ended its controls: %s", flux.id_flux, error)
        # Whatever took the controls down, the functional level never decides of a flux.
        causes = []
        for _ in range(2):
            try:
                verdict = self.alone(flux, functional=False)
            except TakenDownError as error:
                causes.append(str(error))
                continue
            return replace(verdict, remarques=(*verdict.remarques, _NOT_TOLD))
        return Verdict(motifs=(_unreadable(flux, causes),))

    def _lost(self, flux: StoredFlux) -> bool:
        """Set a flux aside if its bytes are no longer those that were deposited."""
        reason = _loss(flux.depot.contenu, flux.sha256)
        if reason:
            self._set_aside(flux, reason)
        return reason is not None

    def _set_aside(self, flux: StoredFlux, reason: str) -> None:
        _log.error("flux %s is set aside: %s", flux.id_flux, reason)
        self._store.flux.set_aside(flux.pk, reason)

    def _take_up_again(self) -> None:
        """See now and then whether lost bytes are back."""
        if time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS:
            return
        self._looked = time.monotonic()
        for flux in self._store.flux.aside():
            if self._is_back(flux):
                _log.warning("flux %s is taken up again: its bytes are back", flux.id_flux)
                self._store.flux.set_aside(flux.pk, None)

    def _is_back(self, flux: StoredFlux) -> bool:
        try:
            with self._store.contents.at_hand(flux.depot.contenu.name) as path:
                return _loss(path, flux.sha256) is None
        except OSError:
            return False

    def _try_later(self, flux: StoredFlux, error: BrokenOffError) -> None:
        _, waited = self._later.get(flux.pk, (0.0, _PATIENCE_SECONDS / 2))
        wait = min(2 * waited, _LONGEST_SECONDS)
        self._later[flux.pk] = (time.monotonic() + wait, wait)
        _log.warning("controls of flux %s broken off: %s; again in %g s", flux.id_flux, error, wait)

    def _hold_up(self, reason: str | None) -> None:
        if reason != self.held_up:
            _log.warning("flux wait: %s" if reason else "flux wait no longer%s", reason or "")
        self.held_up = reason


def _at(flux: StoredFlux, path: Path) -> StoredFlux:
    """The same flux, its bytes in that file."""
    return replace(flux, depot=replace(flux.depot, contenu=path))


def _loss(contenu: Path, sha256: str | None) -> str | None:
    """Why bytes are no longer those that were deposited, None when they are."""
    try:
        found = digest(contenu)
    except FileNotFoundError:
        return _MISSING
    except OSError as error:
        return f"Le contenu de ce flux ne peut pas être lu : {error.strerror}."
    if sha256 is not None and found != sha256:
        return "Le contenu de ce flux a changé depuis son dépôt."
    return None


def _unreadable(flux: StoredFlux, causes: list[str]) -> Motif:
    return Motif.of(
        Regle.LECTURE,
        f"{flux.depot.nom} : le contrôle de ce fichier, seul dans son processus, a pris fin deux "
        f"fois de son fait ({', '.join(causes)}).",
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
