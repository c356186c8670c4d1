"""What is said of a flux that came without name or interface code: told from what is there."""

import re
from pathlib import Path
from uuid import uuid4

from lxml import etree

from depot_flux_simulator.controls.natures import NATURES, ROOTS, Format

_ENVELOPPE = re.compile(r"([A-Z]{3}[0-9]{4}[A-Z])_")
_PDF, _GZIP = b"%PDF-", b"\x1f\x8b"
_HEAD = 65_536


def code_interface(name: str, content: Path) -> str:
    """The interface code of a deposit that states none, "" when nothing tells it.

    An envelope's name begins with it (documented [DG] 3.4.5); a file alone shows its format, and
    each format has one code (documented [CP] 5.2.4 and 8.1).
    """
    named = _ENVELOPPE.match(name)
    if named:
        return named[1]
    with content.open("rb") as file:
        head = file.read(_HEAD)
    found = Format.CII if head.startswith(_PDF) else _format(head)
    return next((code for code, nature in NATURES.items() if found in nature.formats), "")


def file_name(content: Path, interface: str, application: str) -> str:
    """A name for a deposit that has none, so that the controls judge its content alone.

    An archive gets the name of an envelope, documented [DG] 3.4.5, with an identifier of its own.
    """
    with content.open("rb") as file:
        head = file.read(len(_PDF))
    if head.startswith(_GZIP):
        serial = f"{uuid4().int % 10**15:015}"
        return f"{interface}_{application}_{application}{interface[3:7]}{serial}.tar.gz"
    return "flux.pdf" if head == _PDF else "flux.xml"


def _format(head: bytes) -> Format | None:
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        parser.feed(head)
        for _, element in parser.read_events():
            name = etree.QName(element)
            return ROOTS.get((name.namespace or "", name.localname))
    except etree.XMLSyntaxError:
        pass
    return None
