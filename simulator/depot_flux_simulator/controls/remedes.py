"""What to do with a file that has no place where it stands: by what it is, not by its name."""

from depot_flux_simulator.controls.content import Content, Type
from depot_flux_simulator.controls.names import origin
from depot_flux_simulator.controls.natures import FACTUR_X, ROOTS, Format, Nature, of_format
from depot_flux_simulator.controls.prologue import prologue

# Source: CII is none of the two formats of an invoice in G2B, [CP] 5.2.4 (documented).
CII_ALONE = (
    "Une facture CII seule n'a pas de code interface en G2B : transmettez-la dans un PDF Factur-X"
    " (FSO3117A), ou en UBL (FSO3110A)."
)
_ARCHIVES = frozenset(Type) - {Type.XML, Type.PDF, Type.UNKNOWN}


def format_of(content: Content) -> Format | None:
    """Give the format of an XML document, by its root; None when it is none that G2B knows."""
    if content.type is not Type.XML:
        return None
    with content.open() as source:
        root = prologue(source).root
    return ROOTS.get(root) if root else None


def cii_alone(content: Content) -> bool:
    """Whether a file is a CII that no PDF carries."""
    return format_of(content) is Format.CII


def suits(content: Content) -> Nature | None:
    """Give the nature of a flux that a file belongs to, None when it belongs to none."""
    if content.type is Type.PDF:
        return FACTUR_X
    kind = format_of(content)
    return of_format(kind) if kind else None


def elsewhere(content: Content, nature: Nature | None) -> str:
    """Say what to do with a file that is not what its flux holds.

    Args:
        content: the file.
        nature: what the flux holds, None when its interface code tells nothing.
    """
    if told := origin(content.name):
        return told
    if content.type in _ARCHIVES:
        return "Placez les fichiers qu'il contient directement dans l'archive tar.gz du flux."
    if cii_alone(content):
        return CII_ALONE
    own = suits(content)
    if own is None:
        admitted = f" : {nature.code} n'admet que des {nature.libelle}" if nature else ""
        return f"Retirez ce fichier du flux{admitted}."
    if nature is None or own is nature:
        return f"Donnez au fichier l'extension .{own.extension}."
    return f"Déposez ce fichier dans un flux {own.code} ({own.libelle})."
