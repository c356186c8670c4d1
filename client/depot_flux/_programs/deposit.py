"""How a file is deposited: the book, the upload, and what became of it."""

from collections.abc import Collection
from functools import cache
from logging import ERROR, INFO, WARNING
from typing import IO, cast

from depot_flux._book import AlreadyInBookError, Book, Fingerprint
from depot_flux._contract import Said, Submission, contract
from depot_flux._events import LOG, Events
from depot_flux._files.checks import flux_faults
from depot_flux._files.sources import Guard, Source, source
from depot_flux._http.retries import (
    FAILURES,
    cause,
    cut_short,
    deposit_policy,
    kept,
    translate,
    was_refused,
)
from depot_flux._programs.steps import Call, Generated, Steps, work
from depot_flux._reponses import from_json
from depot_flux.exceptions import (
    ConfigurationError,
    DepotIncertain,
    DoublonError,
    FichierError,
    LivreError,
)
from depot_flux.models import Etat, Fichier, Flux, Progression, Recu


class Depositing:
    """Deposits, on one receipt book.

    Args:
        book: the receipt book.
        client: the generated client of the account.
        said: what every request says.
        events: what is told of outcomes.
    """

    def __init__(self, book: Book, client: Generated, said: Said, events: Events) -> None:
        self.book = book
        self._client = client
        self._said = said
        self._events = events

    def deposer(
        self,
        code_interface: str,
        fichier: Fichier,
        name: str | None,
        progress: Progression | None,
        *,
        force: bool,
    ) -> Steps[Flux]:
        """Deposit one file; see `DepotFlux.deposer`."""
        _check_code(code_interface)
        with source(fichier, name) as opened:
            if found := list(flux_faults(opened.name, opened.size)):
                raise FichierError(f"{opened.name!r}: {'; '.join(found)}")
            try:
                if not force:
                    yield from work(lambda: self._require_unknown(code_interface, opened))
                return (
                    yield from self.send(code_interface, opened, progress=progress, force=force)
                )
            except AlreadyInBookError as already:
                for semblable, recu in already.alike.values():
                    raise DoublonError(opened.name, semblable, recu) from None
                (recu,) = already.known.values()
                return self.flux_of(recu)

    def _require_unknown(self, code_interface: str, opened: Source) -> None:
        # Looked at again when the deposit is written down; this spares the upload. A name and an
        # invoice that are not in the book spare reading the file beforehand, which is most of what
        # it costs.
        if self.book.may_know(code_interface, opened.name, opened.beginning()):
            self.book.require_unknown(code_interface, [opened.fingerprint()])

    def send(
        self,
        code_interface: str,
        opened: Source,
        fichiers: list[Fingerprint] | None = None,
        progress: Progression | None = None,
        *,
        force: bool = False,
        together: Collection[Fingerprint] = (),
    ) -> Steps[Flux]:
        """Send a deposit, write it down before it can be received, then what became of it.

        Args:
            code_interface: of the deposit.
            opened: what to send.
            fichiers: the files in it; None when it is a file itself.
            progress: told how far it was read.
            force: whether to deposit what the book knows.
            together: files that were given with its own.

        Raises:
            AlreadyInBookError: some of its files are in deposits that count, or like some that are;
                nothing was deposited.
            DepotIncertain: nobody knows whether the platform has it.
            DepotFluxError: the platform does not have it.
        """
        recu = _Opening(self.book, code_interface, fichiers, together, force=force)
        submission = _submission(code_interface, opened, Guard(opened, recu, progress))
        try:
            response = yield Call(
                self._client,
                contract().deposer,
                lambda in_memory: contract().depot(submission, self._said, in_memory=in_memory),
                deposit_policy(lambda: not recu.numero),
            )
            if not recu.numero:
                # Said to be taken before it was sent to its end: that has to be believed.
                yield from work(lambda: recu(opened.fingerprint()))
            id_flux, remark = contract().id_flux(response)
        except BaseException as error:  # noqa: BLE001 (raised again, as what it means)
            failure = self._failure(recu.numero, error)
            self._tell(recu.numero, code_interface, opened.size, failure)
            raise failure from None if failure is error else cause(error)
        # At once, not in a thread: a task that is cancelled here must not lose what it knows.
        self._deposited(recu.numero, opened.name, id_flux, remark)
        self._tell(recu.numero, code_interface, opened.size, id_flux=id_flux)
        return Flux(id_flux, opened.name, code_interface, recu.sha256, recu.numero)

    def _deposited(self, numero: int, name: str, id_flux: str, remark: str) -> None:
        try:
            self.book.mark_deposited(numero, id_flux, remark, kept() if remark else None)
        except LivreError as error:
            raise LivreError(f"{name} was deposited as flux {id_flux}, but {error}") from error
        if remark:
            LOG.warning("%s is flux %s: %s", name, id_flux, remark)

    def _failure(self, numero: int, error: BaseException) -> BaseException:
        """Write a failure down and give what to raise for it."""
        if not numero:
            # The last block never left: the platform cannot have the deposit. A pipe that broke is
            # that of whoever follows the upload.
            ours = isinstance(error, FAILURES) and not isinstance(error, BrokenPipeError)
            return cut_short(error) if ours else error
        if was_refused(error):
            self.book.mark_refused(numero, str(translate(error)))
            return translate(error)
        known = isinstance(error, FAILURES)
        # What happened, without the advice to try again.
        why = str(translate(error)).partition("; ")[0] if known else _broken_off(error)
        self.book.mark_uncertain(numero, why, kept())
        return _uncertain(self.book.recu(numero)) if isinstance(error, Exception) else error

    def _tell(
        self,
        numero: int,
        code_interface: str,
        size: int,
        error: BaseException | None = None,
        *,
        id_flux: str | None = None,
    ) -> None:
        """Tell of the outcome: the state of the deposit in the book, none where it never left."""
        if isinstance(error, AlreadyInBookError):
            return  # nothing was to be deposited
        broken_off = not isinstance(error, Exception | None)
        unsure = numero and (broken_off or isinstance(error, DepotIncertain))
        etat = Etat.DEPOSE if error is None else Etat.INCERTAIN if unsure else Etat.REFUSE
        self._events.tell(
            "outcome",
            {Etat.DEPOSE: INFO, Etat.REFUSE: WARNING}.get(etat, ERROR),
            operation="deposer",
            etat=etat.value,
            numero=numero or None,
            id_flux=id_flux,
            code_interface=code_interface,
            taille=size,
            error=type(error).__name__ if error else None,
        )

    def flux_of(self, recu: Recu) -> Flux:
        """The flux of a deposit in the book.

        Raises:
            DepotIncertain: the book does not know what became of it.
        """
        if recu.etat is not Etat.DEPOSE or recu.flux is None:
            raise _uncertain(recu)
        return recu.flux


class _Opening:
    """Writes a deposit into the book, once, when called.

    Attributes:
        numero: its number there; 0 before.
        sha256: of what is deposited; empty before.
    """

    def __init__(
        self,
        book: Book,
        code_interface: str,
        fichiers: list[Fingerprint] | None,
        together: Collection[Fingerprint],
        *,
        force: bool,
    ) -> None:
        self._book = book
        self._code_interface = code_interface
        self._fichiers = fichiers
        self._together = together
        self._force = force
        self.numero = 0
        self.sha256 = ""

    def __call__(self, fingerprint: Fingerprint) -> None:
        self.sha256 = fingerprint.sha256
        self.numero = self._book.open_deposit(
            self._code_interface,
            fingerprint,
            self._fichiers or [fingerprint],
            force=self._force,
            together=self._together,
        )


def _check_code(code_interface: str) -> None:
    # Whether there is such a code is the platform's to say; but a file must not be known under two
    # spellings of one.
    if not (code_interface.isascii() and code_interface.isalnum()):
        raise ConfigurationError(
            f"{code_interface!a} is no interface code; write for instance FSO3110A"
        )


def _submission(code_interface: str, opened: Source, guard: Guard) -> Submission:
    @cache  # a file that changes between two attempts does not leave
    def bytes_told() -> dict[str, str | int]:
        told = opened.fingerprint()
        return {"sha256": told.sha256, "taille": told.size}

    return Submission(opened.name, code_interface, cast("IO[bytes]", guard), bytes_told)


def _broken_off(error: BaseException) -> str:
    return f"it was broken off by {type(error).__name__}"


def _uncertain(recu: Recu) -> DepotIncertain:
    if recu.etat is Etat.INCONNU:
        return _unknown(recu)
    doing = (
        "its deposit is under way in another process, or was interrupted"
        if recu.etat is Etat.EN_COURS
        else f"nobody knows whether the platform received it: {recu.detail}"
    )
    return DepotIncertain(
        f"{_named(recu)}: {doing}. It is not sent again: look on the platform, then settle "
        f"it with `depot-flux recus --confirmer {recu.numero} ID` or `--liberer {recu.numero}`",
        recu,
        reponse=from_json(recu.reponse),
    )


def _unknown(recu: Recu) -> DepotIncertain:
    return DepotIncertain(
        f"{_named(recu)} was flux {recu.id_flux}, which the platform said it does not know any "
        "more: it was reset, if it is a simulator. It is not sent again before someone says so: "
        f"`depot-flux recus --liberer {recu.numero}` lets it go; `depot-flux statut "
        f"{recu.id_flux}` asks the platform again",
        recu,
    )


def _named(recu: Recu) -> str:
    return (
        f"{recu.nom} (deposit {recu.numero} of {recu.ouvert_le:%Y-%m-%d %H:%M:%S} UTC, sha256 "
        f"{recu.sha256[:12]}…)"
    )
