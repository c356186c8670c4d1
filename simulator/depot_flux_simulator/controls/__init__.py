"""The controls of a flux: plain values in, a verdict out.

Source: Dossier général v3.2, 3.4.2 to 3.4.4 (documented).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from depot_flux_simulator.motifs import Verdict


@dataclass(frozen=True, slots=True)
class Depot:
    """A flux as it was deposited.

    Attributes:
        contenu: file that holds its bytes.
        nom: the name it was deposited under, "" if none; untrusted.
        code_interface: the code stated beside the file, form already checked, e.g. FSO3110A.
        code_application: the depositing application's code, e.g. AAA123.
    """

    contenu: Path
    nom: str
    code_interface: str
    code_application: str


@dataclass(frozen=True, slots=True)
class Limites:
    """Limits the controls apply.

    Attributes:
        taille_flux: bytes of a flux deposited by API; 30 Mo, documented [CP] 5.4.1.
    """

    taille_flux: int = 30_000_000


@dataclass(frozen=True, slots=True)
class Contexte:
    """What the controls know beside the flux.

    Attributes:
        deja_recu: tells whether an earlier flux of this application claimed a key.
        limites: the limits to apply.
        codes_application: the application codes that have a connection.
    """

    deja_recu: Callable[[str], bool]
    limites: Limites = field(default_factory=Limites)
    codes_application: frozenset[str] = frozenset()


def controler(depot: Depot, contexte: Contexte) -> Verdict:
    """Put a flux through every control of its level and say what they found."""
    raise NotImplementedError
