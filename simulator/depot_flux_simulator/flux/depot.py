"""What is deposited, before and after anybody looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Depot:
    """A flux as it was deposited.

    Attributes:
        contenu: file that holds its bytes.
        nom: the name it was deposited under, "" if none; untrusted.
        code_interface: the code stated beside the file, form already checked, e.g. FSO3110A.
        code_application: the depositing application's code, e.g. AAA123.
        repris: other words of the deposit that answers repeat, by the contract's names; JSON.
    """

    contenu: Path
    nom: str
    code_interface: str
    code_application: str
    repris: Mapping[str, Any] = field(default_factory=dict)
