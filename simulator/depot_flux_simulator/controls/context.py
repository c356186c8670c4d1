"""What the controls are given beside the flux: the limits, what is known."""

from collections.abc import Callable
from dataclasses import dataclass, field

from depot_flux_simulator.controls.antivirus import Antivirus
from depot_flux_simulator.controls.schemas import Schemas

MO = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits the controls apply; sizes in bytes, 1 Mo being 1 000 000 bytes.

    Attributes:
        flux_size: a flux deposited by API; 30 Mo, documented [CP] 5.4.1.
        file_size: a file of a flux, extracted; 100 Mo, documented [DG] 3.4.2.
        extracted_size: all files of an archive together; 1 Go, inferred from the PPF's limit
            of a flux, [DG] 3.4.2.
        advised_files: files of a flux above which a remark is made, documented [CP] 3.2.3.1.
        fichiers: entries of an archive at most; assumed, as no number is published.
        compression_ratio: how many times an archive may grow beyond 100 Mo; assumed.
        elements: elements and attributes of an XML file at most; assumed.
        piece_jointe_size: a decoded attachment; assumed.
        pieces_jointes: attachments of one file at most; assumed.
        piece_jointe_extensions: extensions of attachments; assumed, after the media types of
            EN 16931, xml beside them.
    """

    flux_size: int = 30 * MO
    file_size: int = 100 * MO
    extracted_size: int = 1_000 * MO
    advised_files: int = 500
    fichiers: int = 10_000
    compression_ratio: int = 200
    elements: int = 3_000_000
    piece_jointe_size: int = 10 * MO
    pieces_jointes: int = 1_000
    piece_jointe_extensions: frozenset[str] = frozenset(
        {"pdf", "png", "jpg", "jpeg", "csv", "xlsx", "ods", "xml"}
    )


@dataclass(frozen=True, slots=True)
class Context:
    """What the controls know beside the flux.

    Attributes:
        already_received: tells whether an earlier flux of this application claimed a key.
        limits: the limits to apply.
        codes_application: the application codes that have a connection; when empty, the
            depositing application's code is the only one known.
        schemas: the XSDs to validate with.
        antivirus: a scanner beside the search for EICAR, None for none.
    """

    already_received: Callable[[str], bool]
    limits: Limits = field(default_factory=Limits)
    codes_application: frozenset[str] = frozenset()
    schemas: Schemas = field(default_factory=Schemas)
    antivirus: Antivirus | None = None
