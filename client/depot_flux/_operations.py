"""The operations, written once for both clients; see `_etapes`."""

import time
from collections.abc import Callable

from depot_flux._contrat import Envoi, contrat
from depot_flux._etapes import Appel, Etapes, Pause, travail
from depot_flux._reprises import ECHECS, HttpError, depot, lecture, refuse, traduire
from depot_flux._sources import Source, source
from depot_flux.exceptions import DelaiDepasse, DepotIncertain, IndisponibleError, ReponseError
from depot_flux.modeles import Fichier, Flux, Progression, StatutFlux
from depot_flux.recus import DejaAuLivreError, Empreinte, Etat, Livre, LivreError, Recu

INTERVALLE = 1.0  # seconds between the first two looks at a flux
INTERVALLE_MAX = 30.0
CROISSANCE = 1.5

Observateur = Callable[[StatutFlux], None]


class Operations:
    """What the clients do, on one receipt book.

    Args:
        livre: the receipt book.
        compte: value of `cpro-account`.
    """

    def __init__(self, livre: Livre, compte: str) -> None:
        self.livre = livre
        self.compte = compte
        self.maintenant = time.monotonic

    def deposer(
        self,
        code_interface: str,
        fichier: Fichier,
        nom: str | None,
        progression: Progression | None,
        *,
        forcer: bool,
    ) -> Etapes[Flux]:
        """Deposit one file; see `DepotFlux.deposer`."""
        with source(fichier, nom) as ouvert:
            empreinte = yield from travail(ouvert.empreinte)
            try:
                return (
                    yield from self.envoyer(
                        code_interface, ouvert, empreinte, [empreinte], progression, forcer=forcer
                    )
                )
            except DejaAuLivreError as deja:
                return self.connu(deja.connus[empreinte])

    def envoyer(
        self,
        code_interface: str,
        ouvert: Source,
        empreinte: Empreinte,
        fichiers: list[Empreinte],
        progression: Progression | None = None,
        *,
        forcer: bool = False,
    ) -> Etapes[Flux]:
        """Write a deposit down, send it, write down what became of it.

        Raises:
            DejaAuLivreError: some of its files are in deposits that count; nothing was sent.
            DepotIncertain: nobody knows whether the platform has it.
            DepotFluxError: the platform does not have it.
        """
        livre = self.livre
        numero = yield from travail(
            lambda: livre.ouvrir(code_interface, empreinte, ouvert.taille, fichiers, forcer=forcer)
        )
        envoi = Envoi(empreinte.nom, code_interface, ouvert.envoi(progression))
        try:
            reponse = yield Appel(
                contrat().deposer,
                lambda en_memoire: contrat().depot(envoi, self.compte, en_memoire=en_memoire),
                depot(),
            )
            id_flux = contrat().id_flux(reponse)
        except BaseException as error:
            if refuse(error):
                livre.refuse(numero, str(traduire(error)))
                raise traduire(error) from _cause(error)
            livre.incertain(numero, str(traduire(error)))
            if not isinstance(error, Exception):
                raise
            raise _incertain(livre.recu(numero)) from _cause(error)
        try:
            yield from travail(lambda: livre.depose(numero, id_flux))
        except LivreError as error:
            raise LivreError(
                f"{empreinte.nom} was deposited as flux {id_flux}, but {error}"
            ) from error
        return Flux(id_flux, empreinte.nom, code_interface, empreinte.sha256, numero)

    def connu(self, recu: Recu) -> Flux:
        """The flux of a deposit in the book.

        Raises:
            DepotIncertain: the book does not know what became of it.
        """
        if recu.etat is not Etat.DEPOSE or recu.flux is None:
            raise _incertain(recu)
        return recu.flux

    def consulter(
        self, flux: Flux | str, reste: Callable[[], float] = lambda: float("inf")
    ) -> Etapes[StatutFlux]:
        """Read the status of a flux; see `DepotFlux.consulter`."""
        id_flux = flux.id if isinstance(flux, Flux) else flux
        operation = contrat().consulter
        arguments = contrat().consultation(id_flux, self.compte)
        try:
            reponse = yield Appel(operation, lambda _: arguments, lecture(reste))
        except ECHECS as error:
            raise traduire(error) from _cause(error)
        statut, date = contrat().statut(reponse)
        vu = StatutFlux(id_flux, statut, date)
        yield from travail(lambda: self.livre.noter_statut(vu))
        return vu

    def attendre(
        self, flux: Flux | str, timeout: float, observateur: Observateur | None
    ) -> Etapes[StatutFlux]:
        """Follow a flux to its end; see `DepotFlux.attendre`."""
        fin = self.maintenant() + timeout
        intervalle = INTERVALLE
        while True:
            vu = yield from self.consulter(flux, lambda: fin - self.maintenant())
            if observateur:
                observateur(vu)
            if vu.final:
                return vu
            reste = fin - self.maintenant()
            if reste <= 0:
                raise _depasse(flux, vu, timeout)
            yield Pause(min(intervalle, reste))
            intervalle = min(intervalle * CROISSANCE, INTERVALLE_MAX)

    def sante(self) -> Etapes[bool]:
        """Ask whether the platform works; see `DepotFlux.sante`."""
        operation = contrat().superviser
        if operation is None:
            raise ReponseError("the contract has no operation that tells whether the API works")
        arguments = operation.arguments(contrat().acces(self.compte))
        try:
            yield Appel(operation, lambda _: arguments, lecture())
        except ECHECS as error:
            translated = traduire(error)
            if isinstance(translated, IndisponibleError) and isinstance(error, HttpError):
                return False
            raise translated from _cause(error)
        return True


def _cause(error: BaseException) -> BaseException | None:
    # What the library already says needs no second traceback; the rest is worth seeing.
    return None if isinstance(error, HttpError) else error


def _incertain(recu: Recu) -> DepotIncertain:
    doing = (
        "its deposit is under way in another process, or was interrupted"
        if recu.etat is Etat.EN_COURS
        else f"nobody knows whether the platform received it: {recu.detail}"
    )
    return DepotIncertain(
        f"{recu.nom} (deposit {recu.numero} of {recu.ouvert_le:%Y-%m-%d %H:%M:%S} UTC, sha256 "
        f"{recu.sha256[:12]}…): {doing}. It is not sent again: look on the platform, then settle "
        f"it with `depot-flux recus --confirmer {recu.numero} ID` or `--liberer {recu.numero}`",
        recu,
    )


def _depasse(flux: Flux | str, vu: StatutFlux, timeout: float) -> DelaiDepasse:
    return DelaiDepasse(
        f"flux {vu.id} is still {vu.statut} after {timeout:g} s; follow it later with "
        f"`depot-flux suivre {vu.id}`",
        flux,
        vu,
    )
