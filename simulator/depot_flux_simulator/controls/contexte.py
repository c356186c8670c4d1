"""What the controls are given: the flux, the limits, what is known beside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from depot_flux_simulator.controls.antivirus import Antivirus
from depot_flux_simulator.controls.schemas import Schemas

MO = 1_000_000


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
    """Limits the controls apply; sizes in bytes, 1 Mo being 1 000 000 bytes.

    Attributes:
        taille_flux: a flux deposited by API; 30 Mo, documented [CP] 5.4.1.
        taille_fichier: a file of a flux, extracted; 100 Mo, documented [DG] 3.4.2.
        taille_extraite: all files of an archive together; 1 Go, inferred from the PPF's limit
            of a flux, [DG] 3.4.2.
        fichiers_conseilles: files of a flux above which a remark is made, documented [CP] 3.2.3.1.
        fichiers: entries of an archive at most; assumed, as no number is published.
        taux_compression: how many times an archive may grow beyond 100 Mo; assumed.
        elements: elements and attributes of an XML file at most; assumed.
        taille_piece_jointe: a decoded attachment; assumed.
        pieces_jointes: attachments of one file at most; assumed.
        extensions_piece_jointe: extensions of attachments; assumed, after the media types of
            EN 16931, xml beside them.
    """

    taille_flux: int = 30 * MO
    taille_fichier: int = 100 * MO
    taille_extraite: int = 1_000 * MO
    fichiers_conseilles: int = 500
    fichiers: int = 10_000
    taux_compression: int = 200
    elements: int = 3_000_000
    taille_piece_jointe: int = 10 * MO
    pieces_jointes: int = 1_000
    extensions_piece_jointe: frozenset[str] = frozenset(
        {"pdf", "png", "jpg", "jpeg", "csv", "xlsx", "ods", "xml"}
    )


@dataclass(frozen=True, slots=True)
class Contexte:
    """What the controls know beside the flux.

    Attributes:
        deja_recu: tells whether an earlier flux of this application claimed a key.
        limites: the limits to apply.
        codes_application: the application codes that have a connection; when empty, the
            depositing application's code is the only one known.
        schemas: the XSDs to validate with.
        antivirus: a scanner beside the search for EICAR, None for none.
    """

    deja_recu: Callable[[str], bool]
    limites: Limites = field(default_factory=Limites)
    codes_application: frozenset[str] = frozenset()
    schemas: Schemas = field(default_factory=Schemas)
    antivirus: Antivirus | None = None
