"""Batches (allotissement): many files in as few flux as the limits allow."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from depot_flux._book import Alike, AlreadyInBookError, Fingerprint
from depot_flux._files.checks import MAX_BYTES, faults, inspect
from depot_flux._files.enveloppes import Enveloppe, enveloppe_name
from depot_flux._files.sources import Source, changed, source
from depot_flux._programs.deposit import Depositing
from depot_flux._programs.steps import Steps, work
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    DepotIncertain,
    DoublonError,
    FichierError,
    IndisponibleError,
    LivreError,
)
from depot_flux.models import Progression, Recu, ResultatFichier, Statut, StatutFlux

# What the next envelope would meet too.
_FOR_ALL = (AuthentificationError, ConfigurationError, IndisponibleError)


@dataclass(slots=True)
class _Fichier:
    path: str
    fingerprint: Fingerprint


@dataclass(slots=True)
class Batch:
    """One batch on its way.

    Args:
        depositing: deposits.
        code_interface: of all its files.
        code_application: in the envelopes' names.
        compte: login of the account, in the results.
        progression: told how many files are settled, of how many.

    Attributes:
        awaited: the flux to be followed.
        stopped_by: what the envelopes that follow would meet too.
        in_a_row: deposits in a row that are uncertain, or were cut before their end.
    """

    depositing: Depositing
    code_interface: str
    code_application: str
    compte: str = ""
    progression: Progression | None = None
    max_bytes: int = MAX_BYTES
    awaited: set[str] = field(default_factory=set)
    stopped_by: DepotFluxError | None = None
    in_a_row: int = 0
    _results: dict[str, ResultatFichier] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _waiting: deque[_Fichier] = field(default_factory=deque)
    _together: set[Fingerprint] = field(default_factory=set)
    _duplicates: dict[str, list[str]] = field(default_factory=dict)
    _total: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}[0-9]{4}[A-Z]", self.code_interface):
            raise ConfigurationError(
                f"{self.code_interface!r} is no interface code; write for instance FSO3110A"
            )
        if not re.fullmatch(r"[A-Z0-9]{6}", self.code_application):
            raise ConfigurationError(
                "a batch needs the application code, 6 digits or capital letters: set "
                "DEPOT_FLUX_CODE_APPLICATION or code_application in the profile"
            )

    def sort(self, paths: Iterable[str], *, redeposit: bool) -> None:
        """Look at the files, settle those that cannot go and let the others wait.

        Args:
            paths: where they are.
            redeposit: whether files of a flux that was found irrecevable go again.
        """
        # The order of the names, not of the folder: the same files make the same envelopes.
        order = dict.fromkeys(sorted(paths))
        self._total = len(order)
        firsts: dict[Fingerprint, _Fichier] = {}
        for path in order:
            try:
                fichier = self._inspect(path)
            except (FichierError, OSError) as error:
                self._results[path] = ResultatFichier(path, erreur=_said(path, error))
                continue
            first = firsts.setdefault(fichier.fingerprint, fichier)
            if first is not fichier:
                self._duplicates.setdefault(first.path, []).append(path)
        book = self.depositing.book
        known = book.known(self.code_interface, list(firsts))
        if redeposit:
            lost = {r.numero for r in known.values() if r.statut is Statut.IRRECEVABLE}
            for number in lost:
                book.free_irrecevable(number)
            known = {f: r for f, r in known.items() if r.numero not in lost}
        self._resume(firsts.values(), known)
        self._together = set(firsts)
        new = [f for f in firsts if f not in known]
        alike = book.alike(self.code_interface, new, self._together)
        self._refuse(firsts.values(), alike)
        self._wait_for([firsts[f] for f in new if f not in alike])
        self._tell()

    def _wait_for(self, fichiers: list[_Fichier]) -> None:
        """Let the new files wait for their turn, those apart that are others of them once more."""
        seen: dict[str, _Fichier] = {}
        for fichier in fichiers:
            own = fichier.fingerprint
            first = seen.get(own.sha256) or seen.get(own.facture)
            if first:
                what = "bytes" if first.fingerprint.sha256 == own.sha256 else "invoice"
                self._results[fichier.path] = ResultatFichier(
                    fichier.path,
                    erreur=f"{own.name}: the same {what} as {first.path}, which goes; if both are "
                    "to go, deposit this one with `depot-flux deposer --forcer`",
                )
                continue
            seen.update({key: fichier for key in (own.sha256, own.facture) if key})
            self._waiting.append(fichier)

    def _refuse(self, fichiers: Iterable[_Fichier], alike: Mapping[Fingerprint, Alike]) -> None:
        """Settle the files that are like some that were deposited, or may have been."""
        for fichier in fichiers:
            if found := alike.get(fichier.fingerprint):
                error = DoublonError(fichier.fingerprint.name, *found)
                self._results[fichier.path] = ResultatFichier(
                    fichier.path, erreur=str(error), incertain=error.recu.incertain
                )

    def _inspect(self, path: str) -> _Fichier:
        file = Path(path)
        with source(file, None) as opened:
            inspection = inspect(opened.name, opened.content, opened.size)
            if found := faults(inspection, self.code_interface):
                raise FichierError(f"{file.name}: {'; '.join(found)}")
            return _Fichier(path, opened.fingerprint())

    def _resume(self, fichiers: Iterable[_Fichier], known: Mapping[Fingerprint, Recu]) -> None:
        """Settle the files that the book knows."""
        for fichier in fichiers:
            if recu := known.get(fichier.fingerprint):
                self._results[fichier.path] = self._known(fichier.path, recu)

    def _known(self, path: str, recu: Recu) -> ResultatFichier:
        try:
            return ResultatFichier(path, flux=self.depositing.flux_of(recu))
        except DepotIncertain as error:
            return ResultatFichier(path, erreur=str(error), incertain=True)

    def deposits(self) -> Iterator[Steps[None]]:
        """One program for each envelope, made when its turn comes."""
        while self._waiting and self.stopped_by is None:
            try:
                fichiers, enveloppe = self._fill()
            except FichierError as error:  # no envelope can be written
                self.stopped_by = error
                return
            if fichiers:
                yield self._send(fichiers, enveloppe)

    def _fill(self) -> tuple[list[_Fichier], Enveloppe]:
        """Fill an envelope with the first files that wait; it is full when one does not fit."""
        enveloppe = Enveloppe(self.max_bytes)
        inside: list[_Fichier] = []
        namesakes: deque[_Fichier] = deque()
        while self._waiting:
            fichier = self._waiting.popleft()
            try:
                added = self._add(enveloppe, fichier)
            except (FichierError, OSError) as error:
                told = _said(fichier.path, error)
                self._results[fichier.path] = ResultatFichier(fichier.path, erreur=told)
                continue
            if added:
                inside.append(fichier)
            elif any(fichier.fingerprint.name == other.fingerprint.name for other in inside):
                namesakes.append(fichier)
            elif not inside:
                self._results[fichier.path] = ResultatFichier(
                    fichier.path,
                    erreur=f"{fichier.fingerprint.name}: does not fit into a flux of 30 Mo",
                )
            else:
                self._waiting.appendleft(fichier)
                break
        self._waiting.extendleft(reversed(namesakes))
        return inside, enveloppe

    def _add(self, enveloppe: Enveloppe, fichier: _Fichier) -> bool:
        with source(Path(fichier.path), None) as opened:
            # What was read is what the book says: a file that changed meanwhile is another one.
            if opened.fingerprint() != fichier.fingerprint:
                raise changed(opened.name)
            return enveloppe.add(fichier.fingerprint, opened.content)

    def _send(self, fichiers: list[_Fichier], enveloppe: Enveloppe) -> Steps[None]:
        if self.stopped_by is not None:  # meanwhile: this one waited for its turn
            self._leave(fichiers)
            fichiers = []
        while fichiers:
            try:
                yield from self._deposit(fichiers, enveloppe)
            except AlreadyInBookError as already:
                # Another process was faster with some of them: the others go without.
                self._resume(fichiers, already.known)
                self._refuse(fichiers, already.alike)
                settled = {*already.known, *already.alike}
                fichiers = [f for f in fichiers if f.fingerprint not in settled]
                enveloppe.close()
                try:
                    enveloppe = yield from work(partial(self._remake, fichiers))
                except FichierError as error:
                    self._fail(fichiers, error)
                    break
                continue
            except LivreError:
                raise  # without the book nothing more can be sent safely
            except Exception as error:  # noqa: BLE001 (whatever it is costs these files alone)
                self._fail(fichiers, error)
            break
        enveloppe.close()
        self._tell()

    def _fail(self, fichiers: list[_Fichier], error: Exception) -> None:
        uncertain = isinstance(error, DepotIncertain)
        cut = isinstance(error, IndisponibleError) and error.code == "COUPE"
        if uncertain or cut:
            self.in_a_row += 1
        if isinstance(error, DepotFluxError) and (
            (isinstance(error, _FOR_ALL) and not cut) or self.in_a_row > 1
        ):
            self.stopped_by = error  # the envelopes that follow would not fare better
        for fichier in fichiers:
            self._results[fichier.path] = ResultatFichier(
                fichier.path, erreur=_said(fichier.path, error), incertain=uncertain
            )

    def _remake(self, fichiers: list[_Fichier]) -> Enveloppe:
        enveloppe = Enveloppe(self.max_bytes)
        for fichier in list(fichiers):
            try:
                self._add(enveloppe, fichier)
            except (FichierError, OSError) as error:
                told = _said(fichier.path, error)
                self._results[fichier.path] = ResultatFichier(fichier.path, erreur=told)
                fichiers.remove(fichier)
        return enveloppe

    def _deposit(self, fichiers: list[_Fichier], enveloppe: Enveloppe) -> Steps[None]:
        number = self.depositing.book.next_number(self.code_application)
        name = enveloppe_name(self.code_interface, self.code_application, number)
        opened = Source(name, enveloppe.finish())
        flux = yield from self.depositing.send(
            self.code_interface, opened, enveloppe.fichiers, together=self._together
        )
        self.in_a_row = 0
        for fichier in fichiers:
            self._results[fichier.path] = ResultatFichier(fichier.path, flux=flux)

    def give_up(self) -> None:
        """Settle the files that wait: no envelope goes any more."""
        self._leave(self._waiting)
        self._waiting.clear()

    def _leave(self, fichiers: Iterable[_Fichier]) -> None:
        for fichier in fichiers:
            self._results[fichier.path] = ResultatFichier(
                fichier.path, erreur=f"not deposited: {self.stopped_by}"
            )

    def new_flux(self) -> set[str]:
        """The flux that came in since this was asked last; they are awaited from now on."""
        new = {r.flux.id for r in list(self._results.values()) if r.flux} - self._seen
        self._seen |= new
        self.awaited |= new
        return new

    def settled(self) -> Iterator[ResultatFichier]:
        """The results that change no more, each once."""
        for path, result in list(self._results.items()):
            if path in self._settled or (result.flux and result.flux.id in self.awaited):
                continue
            self._settled.add(path)
            for each in (path, *self._duplicates.get(path, ())):
                yield replace(result, chemin=each, compte=self.compte)

    def note(self, id_flux: str, what: StatutFlux | DepotFluxError) -> None:
        """Write a look at a flux down for every file in it."""
        error = str(what) if isinstance(what, DepotFluxError) else None
        status = None if isinstance(what, DepotFluxError) else what
        for path, result in list(self._results.items()):
            if result.flux and result.flux.id == id_flux:
                self._results[path] = replace(
                    result, dernier=status or result.dernier, erreur=error
                )

    def _tell(self) -> None:
        if self.progression:
            self.progression(len(self._results), self._total)


def _said(path: str, error: Exception) -> str:
    """An error as a result tells it: ours say all there is."""
    if isinstance(error, DepotFluxError):
        return str(error)
    return f"{Path(path).name}: {type(error).__name__}: {error}"
