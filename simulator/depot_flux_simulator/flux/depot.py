"""What is deposited, before and after anybody looked at it."""

from dataclasses import dataclass
from pathlib import Path


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
