"""What can go wrong, one class for each thing a program does about it.

Every message says what happened and what to do. `code` says the same to a program, in words that
stay; `reponse` is the answer behind it, if there was one.

DepotFluxError
  · ConfigurationError      nothing was sent: a setting or an argument
  · FichierError            nothing was sent: the file
  · DoublonError            nothing was sent: the file is like one that may have been deposited
  · AuthentificationError   nothing was deposited: the access
  · RequeteRefuseeError     nothing was deposited: the request
  · IndisponibleError       nothing was deposited: the platform, which may come back
  · ReponseError            an answer that is none of the contract's
      · StatutInconnuError  a status that says no state of the life cycle
  · DepotIncertain          nobody knows whether the platform has the deposit
  · DelaiDepasse            the time is over, the flux goes on
  · LivreError              the receipt book
"""

from collections.abc import Mapping
from typing import Any

from depot_flux.models import Flux, Recu, Reponse, Semblable, StatutFlux


class DepotFluxError(Exception):
    """Base of all errors of this library.

    Attributes:
        code: what happened, in one word that stays.
        reponse: the answer that says so, None where there was none.
    """

    code: str = "ERREUR"

    def __init__(
        self, message: str, *, code: str | None = None, reponse: Reponse | None = None
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.reponse = reponse

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker hands its errors to another process.
        return _restored, (type(self), self.args, self.__dict__)


class ConfigurationError(DepotFluxError):
    """A setting or an argument is missing or wrong; nothing was deposited.

    Its code is CONFIGURATION; ADRESSE where the address is not that of the API.
    """

    code = "CONFIGURATION"


class FichierError(DepotFluxError):
    """The file cannot be deposited as it was given; nothing was sent."""

    code = "FICHIER"


class DoublonError(DepotFluxError):
    """The file is like one that was deposited, or may have been; nothing was sent.

    Attributes:
        semblable: in what it is like that one.
        recu: the deposit of that one.
    """

    code = "DOUBLON"

    def __init__(self, nom: str, semblable: Semblable, recu: Recu) -> None:
        told = {
            Semblable.NOM: "other bytes went under this name",
            Semblable.FACTURE: "the same invoice went (seller, number, year)",
            Semblable.CONTENU: "the same bytes went under another name",
        }
        known = (
            f"of which nobody knows whether the platform has it: look there, then settle it with "
            f"`depot-flux recus --confirmer {recu.numero} ID` or `--liberer {recu.numero}`"
            if recu.incertain
            else f"which is flux {recu.id_flux}"
        )
        super().__init__(
            f"{nom}: {told[semblable]} in deposit {recu.numero} ({recu.nom}, "
            f"{recu.ouvert_le:%Y-%m-%d %H:%M:%S} UTC), {known}. Nothing was sent; if it is to go "
            "all the same, deposit it with forcer=True or `depot-flux deposer --forcer`"
        )
        self.semblable = semblable
        self.recu = recu


class AuthentificationError(DepotFluxError):
    """The token, the client or the technical account was refused; nothing was deposited.

    Its code is JETON where no token was given, DROITS where the gateway lets the application not
    in, COMPTE where the technical account was refused.
    """

    code = "JETON"


class RequeteRefuseeError(DepotFluxError):
    """The platform refused the request; nothing was deposited.

    Its code is REFUS; FLUX_INCONNU where the platform knows no such flux.

    Attributes:
        probleme: the error body's fields by their role without `probleme_`: type, titre, statut,
            detail, instance, those that were there.
    """

    code = "REFUS"

    def __init__(
        self,
        message: str,
        probleme: Mapping[str, Any],
        *,
        code: str | None = None,
        reponse: Reponse | None = None,
    ) -> None:
        super().__init__(message, code=code, reponse=reponse)
        self.probleme = dict(probleme)


class IndisponibleError(DepotFluxError):
    """The platform cannot be reached or does not serve now; nothing was deposited.

    Its code is INJOIGNABLE where no answer came, COUPE where an upload was cut before its end,
    INDISPONIBLE where the platform says so itself.

    Attributes:
        attendre: how long the platform asked to wait, in seconds, if it did.
    """

    code = "INDISPONIBLE"

    def __init__(
        self,
        message: str,
        attendre: float | None = None,
        *,
        code: str | None = None,
        reponse: Reponse | None = None,
    ) -> None:
        super().__init__(message, code=code, reponse=reponse)
        self.attendre = attendre


class ReponseError(DepotFluxError):
    """The platform's answer is not one of the contract's."""

    code = "REPONSE"


class StatutInconnuError(ReponseError):
    """The status of a flux is one of which nobody told what it means: neither final nor not.

    Attributes:
        valeur: the status as the platform wrote it.
    """

    code = "STATUT_INCONNU"

    def __init__(self, valeur: str) -> None:
        super().__init__(
            f"the platform says the status {valeur[:100]!r}, and the contract's roles do not tell "
            "which state that is: look the flux up at the platform, then add the value to the "
            "status's x-depot-flux-valeurs"
        )
        self.valeur = valeur


class DepotIncertain(DepotFluxError):  # noqa: N818 (a state of the deposit more than an error)
    """Nobody knows whether the platform received the deposit: it must not be sent again blindly.

    Attributes:
        recu: what the receipt book knows: number, file, sha256, platform, time.
    """

    code = "INCERTAIN"

    def __init__(self, message: str, recu: Recu, *, reponse: Reponse | None = None) -> None:
        super().__init__(message, reponse=reponse)
        self.recu = recu


class DelaiDepasse(DepotFluxError):  # noqa: N818 (the time is over, the flux goes on)
    """The flux had no final status in time.

    Attributes:
        flux: the flux that was waited for.
        dernier: the last status seen, None when there was none.
    """

    code = "DELAI"

    def __init__(self, message: str, flux: Flux | str, dernier: StatutFlux | None) -> None:
        super().__init__(message)
        self.flux = flux
        self.dernier = dernier


class LivreError(DepotFluxError):
    """The receipt book cannot be read or written."""

    code = "LIVRE"


def _restored(
    kind: type[DepotFluxError], words: tuple[Any, ...], attributes: Mapping[str, Any]
) -> DepotFluxError:
    """An error as it was in another process."""
    error = kind.__new__(kind, *words)
    error.__dict__.update(attributes)
    return error
