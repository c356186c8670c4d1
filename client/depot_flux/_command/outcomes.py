"""What became of each file or flux of a command, and the exit code that follows.

0 recevable (or done), 1 irrecevable, 2 usage, 3 not reachable or refused, 4 timed out, 5 uncertain.
With several files the gravest counts: 5, 3, 4, 1, 2, 0 in this order.
"""

from collections.abc import Iterable
from typing import Any

from depot_flux._command.display import Display
from depot_flux.exceptions import (
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    DepotIncertain,
    DoublonError,
    FichierError,
    LivreError,
)
from depot_flux.models import Flux, StatutFlux

IRRECEVABLE, USAGE, REFUSED, TIMED_OUT, UNCERTAIN = 1, 2, 3, 4, 5
_GRAVEST_FIRST = (UNCERTAIN, REFUSED, TIMED_OUT, IRRECEVABLE, USAGE)


class Line:
    """What became of one file or flux of a command."""

    def __init__(
        self,
        fichier: str | None = None,
        flux: Flux | None = None,
        statut: StatutFlux | None = None,
        error: str | None = None,
        code: int = 0,
        *,
        id_flux: str | None = None,
    ) -> None:
        self.fichier = fichier
        self.flux = flux
        self.statut = statut
        self.error = error
        self.code = code
        self.compte: str | None = None  # of a batch
        self._id_flux = id_flux

    @property
    def id_flux(self) -> str | None:
        """The flux's identifier, None while there is none."""
        return self.flux.id if self.flux else self._id_flux

    def collecting(self, display: Display) -> "Collector":
        """Keep an error of the block that follows as this line's."""
        return Collector(self, display)

    def final_code(self, *, followed: bool) -> int:
        """The exit code this line asks for."""
        if self.code or self.statut is None:
            return self.code
        if self.statut.final:
            return 0 if self.statut.recevable else IRRECEVABLE
        return TIMED_OUT if followed else 0

    def as_json(self) -> dict[str, Any]:
        """The documented shape of a line."""
        date = self.statut.date if self.statut else None
        return {
            **({} if self.compte is None else {"compte": self.compte}),
            "fichier": self.fichier,
            "id_flux": self.id_flux,
            "code_interface": self.flux.code_interface if self.flux else None,
            "nom": self.flux.nom if self.flux else None,
            "sha256": self.flux.sha256 if self.flux else None,
            "repris": self.flux.repris if self.flux else False,
            "statut": self.statut.statut.value if self.statut else None,
            "date": date.isoformat() if date else None,
            "erreur": self.error,
        }


class Collector:
    """Takes an error of a block into a line, so that the other files go on."""

    def __init__(self, line: Line, display: Display) -> None:
        self._line = line
        self._display = display

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        if not isinstance(error, DepotFluxError) or isinstance(error, LivreError):
            return False
        self._line.error = one_line(error)
        self._line.code = exit_code(error)
        self._display.error(self._line.error)
        return True


def exit_code(error: DepotFluxError) -> int:
    """The exit code of an error."""
    match error:
        case ConfigurationError() | FichierError() | LivreError():
            return USAGE
        case DoublonError():
            return UNCERTAIN if error.recu.incertain else USAGE
        case DelaiDepasse():
            return TIMED_OUT
        case DepotIncertain():
            return UNCERTAIN
    return REFUSED


def gravest(codes: Iterable[int]) -> int:
    """The exit code of several outcomes."""
    found = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in found), 0)


def one_line(error: Exception) -> str:
    """An error's message on one line."""
    return " ".join(str(error).split())
