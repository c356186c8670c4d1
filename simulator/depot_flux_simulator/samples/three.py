"""The three flux that show what the simulator does: two recevable ones, one that is not."""

from collections.abc import Iterator
from datetime import date

from depot_flux_simulator.samples.factures import facture_facturx, facture_ubl


def three(emission: date, numero: str) -> Iterator[tuple[str, str, bytes]]:
    """Give interface code, name and content of each: UBL, Factur-X, UBL with a wrong element.

    Args:
        emission: the day they are issued.
        numero: what their numbers begin with.
    """
    yield "FSO3110A", f"{numero}-1.xml", facture_ubl(f"{numero}-1", emission=emission)
    yield "FSO3117A", f"{numero}-2.pdf", facture_facturx(f"{numero}-2", emission=emission)
    broken = facture_ubl(f"{numero}-3", emission=emission)
    broken = broken.replace(b"cbc:IssueDate>", b"cbc:DateEmission>")
    yield "FSO3110A", f"{numero}-3.xml", broken
