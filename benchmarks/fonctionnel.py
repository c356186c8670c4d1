"""Measure: the functional level of one invoice, once warm, against Saxon alone on the same sheets.

Run it: `python -m benchmarks.fonctionnel`. An invoice must take at most 10 ms.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import saxonche

from depot_flux_simulator.controls.fonctionnel import juger
from depot_flux_simulator.controls.natures import Format
from depot_flux_simulator.controls.schematrons import Schematrons
from depot_flux_simulator.controls.sheets import Sheet
from depot_flux_simulator.flux.annuaire import Annuaire
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.samples import facture_cii, facture_facturx, facture_ubl

LIGNES = 9
TURNS = 4
ROUNDS = 50
WARM = 40
CEILING_MS = 10.0
PROFILE = "urn:cen.eu:en16931:2017"


def alone(xml: bytes, sheets: tuple[Sheet, ...]) -> Callable[[], None]:
    """Saxon by itself: the document read, each sheet as it was published run on it."""
    processor = saxonche.PySaxonProcessor(license=False)
    compiled = [
        processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet.path))
        for sheet in sheets
    ]
    text = xml.decode()

    def run() -> None:
        document = processor.parse_xml(xml_text=text)
        for each in compiled:
            each.transform_to_string(xdm_node=document)

    return run


def level(path: Path, code: str, schematrons: Schematrons) -> Callable[[], None]:
    depot = Depot(path, path.name, code, "AAA123")

    def run() -> None:
        verdict = juger(depot, Verdict(), schematrons, lambda _: False, Annuaire())
        assert verdict.factures[0].raisons == ()

    return run


def milliseconds(action: Callable[[], None]) -> float:
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1_000


def main() -> int:
    schematrons = Schematrons()
    cases = (
        ("UBL", "f.xml", "FSO3110A", Format.UBL_INVOICE, facture_ubl, facture_ubl),
        ("Factur-X", "f.pdf", "FSO3117A", Format.CII, facture_facturx, facture_cii),
    )
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for called, name, code, kind, make, make_xml in cases:
            path = Path(folder) / name
            path.write_bytes(make(lignes=LIGNES))
            base = alone(make_xml(lignes=LIGNES), schematrons.sheets(kind, PROFILE))
            ours = level(path, code, schematrons)
            for _ in range(WARM):
                base()
                ours()
            # Processor time, so that what else the machine does counts for little; by turns of
            # several, as the memory that one leaves behind is cleared away while the next runs.
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(TURNS):
                for action, taken in zip((base, ours), times, strict=True):
                    taken.extend([milliseconds(action) for _ in range(ROUNDS)][ROUNDS // 5 :])
            saxon, mine = map(statistics.median, times)
            worst = max(worst, mine)
            sys.stdout.write(
                f"{called}, {LIGNES} lignes : Saxon seul {saxon:.1f} ms, niveau fonctionnel"
                f" {mine:.1f} ms (plafond {CEILING_MS:.0f})\n"
            )
    return 0 if worst <= CEILING_MS else 1


if __name__ == "__main__":
    sys.exit(main())
