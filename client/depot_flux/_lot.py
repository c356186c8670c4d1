"""Batches (allotissement): many files in as few flux as the limits allow."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import file_digest
from os import PathLike, fspath
from pathlib import Path

from depot_flux._enveloppe import OCTETS_MAX, Enveloppe, nom_enveloppe
from depot_flux._etapes import Ensemble, Etapes, Pause, travail
from depot_flux._operations import CROISSANCE, INTERVALLE, INTERVALLE_MAX, Operations
from depot_flux._sources import Source, source
from depot_flux.controles import examiner, fautes
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    DepotIncertain,
    FichierError,
    IndisponibleError,
)
from depot_flux.modeles import ResultatFichier, Statut, StatutFlux
from depot_flux.recus import DejaAuLivreError, Empreinte, LivreError, Recu

Avancement = Callable[[int, int], None]


@dataclass(slots=True)
class _Fichier:
    chemin: str
    empreinte: Empreinte


@dataclass(slots=True)
class Lot:
    """One batch on its way.

    Args:
        operations: deposits and consults.
        code_interface: of all its files.
        code_application: in the envelopes' names.
        simultanes: deposits at the same time.
        avancement: told how many files are settled, of how many.
    """

    operations: Operations
    code_interface: str
    code_application: str
    simultanes: int
    avancement: Avancement | None = None
    octets_max: int = OCTETS_MAX
    _resultats: dict[str, ResultatFichier] = field(default_factory=dict)
    _attente: deque[_Fichier] = field(default_factory=deque)
    _doublons: dict[str, str] = field(default_factory=dict)
    _arret: DepotFluxError | None = None
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

    def deposer(
        self,
        chemins: Iterable[str | PathLike[str]],
        timeout: float,
        *,
        redeposer_irrecevables: bool,
    ) -> Etapes[list[ResultatFichier]]:
        """Deposit the batch and follow it; see `DepotFlux.deposer_lot`."""
        # The order of the names, not of the folder: the same files make the same envelopes.
        ordre = list(dict.fromkeys(sorted(fspath(chemin) for chemin in chemins)))
        self._total = len(ordre)
        yield from travail(lambda: self._trier(ordre, redeposer=redeposer_irrecevables))
        yield Ensemble(self._envois(), self.simultanes)
        for reste in self._attente:
            self._resultats[reste.chemin] = ResultatFichier(
                reste.chemin, erreur=f"not deposited: {self._arret}"
            )
        yield from self._suivre(timeout)
        for chemin, premier in self._doublons.items():
            self._resultats[chemin] = replace(self._resultats[premier], chemin=chemin)
        return [self._resultats[chemin] for chemin in ordre]

    def _trier(self, chemins: list[str], *, redeposer: bool) -> None:
        premiers: dict[Empreinte, _Fichier] = {}
        for chemin in chemins:
            try:
                fichier = self._examiner(chemin)
            except FichierError as error:
                self._resultats[chemin] = ResultatFichier(chemin, erreur=str(error))
                continue
            premier = premiers.setdefault(fichier.empreinte, fichier)
            if premier is not fichier:
                self._doublons[chemin] = premier.chemin
        livre = self.operations.livre
        connus = livre.connus(self.code_interface, list(premiers))
        if redeposer:
            perdus = {r.numero for r in connus.values() if r.statut is Statut.IRRECEVABLE}
            for numero in perdus:
                livre.liberer_irrecevable(numero)
            connus = {f: r for f, r in connus.items() if r.numero not in perdus}
        self._reprendre(premiers.values(), connus)
        self._attente.extend(f for e, f in premiers.items() if e not in connus)
        self._dire()

    def _examiner(self, chemin: str) -> _Fichier:
        path = Path(chemin)
        with source(path, None) as ouvert:
            examen = examiner(ouvert.nom, ouvert.contenu, ouvert.taille)
            if trouvees := fautes(examen, self.code_interface):
                raise FichierError(f"{path.name}: {'; '.join(trouvees)}")
            return _Fichier(chemin, ouvert.empreinte())

    def _reprendre(self, fichiers: Iterable[_Fichier], connus: dict[Empreinte, Recu]) -> None:
        """Settle the files that the book knows."""
        for fichier in fichiers:
            if recu := connus.get(fichier.empreinte):
                self._resultats[fichier.chemin] = self._deja(fichier.chemin, recu)

    def _deja(self, chemin: str, recu: Recu) -> ResultatFichier:
        try:
            return ResultatFichier(chemin, flux=self.operations.connu(recu))
        except DepotIncertain as error:
            return ResultatFichier(chemin, erreur=str(error), incertain=True)

    def _envois(self) -> Iterator[Etapes[None]]:
        """One program for each envelope, made when its turn comes."""
        while self._attente and self._arret is None:
            fichiers, enveloppe = self._remplir()
            if fichiers:
                yield self._envoyer(fichiers, enveloppe)

    def _remplir(self) -> tuple[list[_Fichier], Enveloppe]:
        """Fill an envelope with the first files that wait; it is full when one does not fit."""
        enveloppe = Enveloppe(self.octets_max)
        dedans: list[_Fichier] = []
        homonymes: deque[_Fichier] = deque()
        while self._attente:
            fichier = self._attente.popleft()
            try:
                ajoute = self._ajouter(enveloppe, fichier)
            except FichierError as error:
                self._resultats[fichier.chemin] = ResultatFichier(fichier.chemin, erreur=str(error))
                continue
            if ajoute:
                dedans.append(fichier)
            elif any(fichier.empreinte.nom == autre.empreinte.nom for autre in dedans):
                homonymes.append(fichier)
            elif not dedans:
                self._resultats[fichier.chemin] = ResultatFichier(
                    fichier.chemin,
                    erreur=f"{fichier.empreinte.nom}: does not fit into a flux of 30 Mo",
                )
            else:
                self._attente.appendleft(fichier)
                break
        self._attente.extendleft(reversed(homonymes))
        return dedans, enveloppe

    def _ajouter(self, enveloppe: Enveloppe, fichier: _Fichier) -> bool:
        with source(Path(fichier.chemin), None) as ouvert:
            # What was read is what the book says: a file that changed meanwhile is another one.
            if ouvert.empreinte() != fichier.empreinte:
                raise FichierError(f"{ouvert.nom}: the file changed meanwhile; deposit it again")
            return enveloppe.ajouter(fichier.empreinte, ouvert.contenu)

    def _envoyer(self, fichiers: list[_Fichier], enveloppe: Enveloppe) -> Etapes[None]:
        while fichiers:
            try:
                yield from self._deposer(fichiers, enveloppe)
            except DejaAuLivreError as deja:
                # Another process was faster with some of them: the others go without.
                self._reprendre(fichiers, deja.connus)
                fichiers = [f for f in fichiers if f.empreinte not in deja.connus]
                enveloppe.close()
                enveloppe = yield from travail(partial(self._refaire, fichiers))
                continue
            except LivreError:
                raise  # without the book nothing more can be sent safely
            except DepotFluxError as error:
                self._echouer(fichiers, error)
            break
        enveloppe.close()
        self._dire()

    def _echouer(self, fichiers: list[_Fichier], error: DepotFluxError) -> None:
        if isinstance(error, AuthentificationError | IndisponibleError):
            self._arret = error  # the envelopes that follow would not fare better
        for fichier in fichiers:
            self._resultats[fichier.chemin] = ResultatFichier(
                fichier.chemin, erreur=str(error), incertain=isinstance(error, DepotIncertain)
            )

    def _refaire(self, fichiers: list[_Fichier]) -> Enveloppe:
        enveloppe = Enveloppe(self.octets_max)
        for fichier in list(fichiers):
            try:
                self._ajouter(enveloppe, fichier)
            except FichierError as error:
                self._resultats[fichier.chemin] = ResultatFichier(fichier.chemin, erreur=str(error))
                fichiers.remove(fichier)
        return enveloppe

    def _deposer(self, fichiers: list[_Fichier], enveloppe: Enveloppe) -> Etapes[None]:
        operations = self.operations
        numero = operations.livre.numero_suivant(self.code_application)
        nom = nom_enveloppe(self.code_interface, self.code_application, numero)
        contenu = enveloppe.clore()
        sha256 = file_digest(contenu, "sha256").hexdigest()  # type: ignore[arg-type]
        ouvert = Source(nom, contenu)
        empreinte = Empreinte(nom, sha256, ouvert.taille)
        flux = yield from operations.envoyer(
            self.code_interface, ouvert, empreinte, enveloppe.fichiers
        )
        for fichier in fichiers:
            self._resultats[fichier.chemin] = ResultatFichier(fichier.chemin, flux=flux)

    def _suivre(self, timeout: float) -> Etapes[None]:
        """Look at every flux of the batch until all are final or time is over."""
        attendus = {r.flux.id for r in self._resultats.values() if r.flux}
        maintenant = self.operations.maintenant
        fin, intervalle = maintenant() + timeout, INTERVALLE
        while attendus:
            for id_flux in sorted(attendus):
                try:
                    vu = yield from self.operations.consulter(id_flux, lambda: fin - maintenant())
                except DepotFluxError as error:
                    self._noter(id_flux, None, str(error))
                    attendus.remove(id_flux)
                    continue
                self._noter(id_flux, vu)
                if vu.final:
                    attendus.remove(id_flux)
            reste = fin - maintenant()
            if reste <= 0 or not attendus:
                return
            yield Pause(min(intervalle, reste))
            intervalle = min(intervalle * CROISSANCE, INTERVALLE_MAX)

    def _noter(self, id_flux: str, vu: StatutFlux | None, erreur: str | None = None) -> None:
        for chemin, resultat in self._resultats.items():
            if resultat.flux and resultat.flux.id == id_flux:
                self._resultats[chemin] = replace(
                    resultat, statut=vu or resultat.statut, erreur=erreur
                )

    def _dire(self) -> None:
        if self.avancement:
            self.avancement(len(self._resultats), self._total)
