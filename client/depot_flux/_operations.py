"""The operations, written once for both clients; see `_etapes`."""

import time
from collections.abc import Callable
from typing import IO, cast

from depot_flux._contrat import Envoi, contrat
from depot_flux._etapes import Appel, Etapes, Pause, travail
from depot_flux._reprises import ECHECS, HttpError, depot, lecture, refuse, traduire
from depot_flux._sources import Garde, Source, source
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
            try:
                empreinte = yield from travail(ouvert.empreinte)
                if not forcer:
                    yield from travail(lambda: self._inconnu(code_interface, empreinte))
                return (
                    yield from self.envoyer(
                        code_interface, ouvert, empreinte, [empreinte], progression, forcer=forcer
                    )
                )
            except DejaAuLivreError as deja:
                (recu,) = deja.connus.values()
                return self.connu(recu)

    def _inconnu(self, code_interface: str, empreinte: Empreinte) -> None:
        # Looked at again when the deposit is written down; this spares the upload.
        if connus := self.livre.connus(code_interface, [empreinte]):
            raise DejaAuLivreError(connus)

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
        """Send a deposit, write it down before it can be received, then what became of it.

        Args:
            code_interface: of the deposit.
            ouvert: what to send.
            empreinte: its name and sha256.
            fichiers: the files in it, or it alone.
            progression: told how far it was read.
            forcer: whether to deposit what the book knows.

        Raises:
            DejaAuLivreError: some of its files are in deposits that count; nothing was deposited.
            DepotIncertain: nobody knows whether the platform has it.
            DepotFluxError: the platform does not have it.
        """
        recu = _Ouverture(self.livre, code_interface, empreinte, fichiers, forcer=forcer)
        envoi = Envoi(
            ouvert.nom, code_interface, cast("IO[bytes]", Garde(ouvert, recu, progression))
        )
        try:
            reponse = yield Appel(
                contrat().deposer,
                lambda en_memoire: contrat().depot(envoi, self.compte, en_memoire=en_memoire),
                depot(),
            )
            id_flux = contrat().id_flux(reponse)
        except BaseException as error:  # noqa: BLE001 (raised again, as what it means)
            echec = self._echec(recu.numero, error)
            raise echec from None if echec is error else _cause(error)
        try:
            yield from travail(lambda: self.livre.depose(recu.numero, id_flux))
        except LivreError as error:
            raise LivreError(
                f"{ouvert.nom} was deposited as flux {id_flux}, but {error}"
            ) from error
        return Flux(id_flux, ouvert.nom, code_interface, empreinte.sha256, recu.numero)

    def _echec(self, numero: int, error: BaseException) -> BaseException:
        """Write a failure down and give what to raise for it."""
        if not numero:
            # The last block never left: the platform cannot have the deposit.
            return traduire(error) if isinstance(error, ECHECS) else error
        if refuse(error):
            self.livre.refuse(numero, str(traduire(error)))
            return traduire(error)
        self.livre.incertain(numero, str(traduire(error)))
        return _incertain(self.livre.recu(numero)) if isinstance(error, Exception) else error

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


class _Ouverture:
    """Writes a deposit into the book, once, when called.

    Attributes:
        numero: its number there; 0 before.
    """

    def __init__(
        self,
        livre: Livre,
        code_interface: str,
        empreinte: Empreinte,
        fichiers: list[Empreinte],
        *,
        forcer: bool,
    ) -> None:
        self._livre = livre
        self._code_interface = code_interface
        self._empreinte = empreinte
        self._fichiers = fichiers
        self._forcer = forcer
        self.numero = 0

    def __call__(self) -> None:
        self.numero = self._livre.ouvrir(
            self._code_interface, self._empreinte, self._fichiers, forcer=self._forcer
        )


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
