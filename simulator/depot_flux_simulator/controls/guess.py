"""What is told of a flux by nobody but itself: its interface code, a name for it.

The client follows the same rules on its side, and a test compares the two.
"""

from pathlib import Path
from uuid import uuid4

from depot_flux_simulator.controls import enveloppe
from depot_flux_simulator.controls.content import Type, recognise, start_of
from depot_flux_simulator.controls.natures import FACTUR_X, ROOTS, of_format
from depot_flux_simulator.controls.prologue import prologue

_NAMES = {Type.GZIP: enveloppe.ARCHIVE, Type.PDF: ".pdf"}


def code_interface(name: str, content: Path) -> str:
    """The interface code of a flux for which none was given, "" when nothing tells it.

    The name of an archive begins with it (documented [DG] 3.4.5), whether it is a known one or
    not. Of any other flux, what it begins with shows its format, and each format has one code
    (documented [CP] 5.2.4 and 8.1). What lies behind a document type declaration is not looked at,
    nor what is no UTF-8 to begin with: no format of G2B is like that.

    Args:
        name: the name it was deposited under, "" if none; untrusted.
        content: file that holds its bytes.
    """
    if stated := enveloppe.stated_code(name):
        return stated
    kind = recognise(start_of(content))
    if kind is Type.PDF:
        return FACTUR_X.code
    if kind is Type.XML:
        with content.open("rb") as source:
            root = prologue(source).root
        known = ROOTS.get(root) if root else None
        # CII is XML too, but in G2B only within a PDF.
        nature = of_format(known) if known else None
        return nature.code if nature else ""
    return ""


def file_name(content: Path, interface: str, application: str) -> str:
    """A name for a deposit that has none, so that the controls judge its content alone.

    An archive gets the name of an envelope, documented [DG] 3.4.5, with an identifier of its own.
    """
    extension = _NAMES.get(recognise(start_of(content)), ".xml")
    if extension == enveloppe.ARCHIVE:
        serial = f"{uuid4().int % 10**15:015}"
        return f"{interface}_{application}_{application}{interface[3:7]}{serial}{extension}"
    return f"flux{extension}"
