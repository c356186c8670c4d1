"""What a million flux that are stored cost: against a thousand, in one run.

    python -m benchmarks.stored [COUNT]

The rows of flux, files and keys are written by SQL, as if every flux had been controlled; their
bytes are few. Consultations and deposits are loaded in turns on both stores, on servers started
anew for each turn: one that stays up has a bias of its own, of up to a tenth. Then the start and
the reset of the full one.
"""

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import httpx

from benchmarks.load import Load, Turn, depositing
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import Settings
from tests.support.served import Served, served

MANY, FEW = 1_000_000, 1_000
TURNS = 9
_ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
"""
_FLUX = f"""
INSERT INTO flux (id_flux, code_application, code_interface, nom, contenu, taille, sha256,
    depose_le, en_cours_le, final_le, recevable, verdict_le)
{_ROWS}
SELECT printf('CPP0013110%015d', i * 7919), 'AAA123', 'FSO3110A', 'F' || i || '.xml',
    printf('%012x', 1788249600000 + i) || lower(hex(randomblob(10))), 4096,
    lower(hex(randomblob(32))),
    1788249600000 + i, 1788249600000 + i, 1788249600000 + i, 1, 1788249600000 + i FROM n
"""
_FILES = f"""
INSERT INTO fichier (flux, rang, nom, taille, sha256)
{_ROWS} SELECT i, 0, 'F' || i || '.xml', 4096, lower(hex(randomblob(32))) FROM n
"""
_KEYS = f"""
INSERT INTO cle (code_application, cle, flux)
{_ROWS} SELECT 'AAA123', 'nom F' || i || '.xml', i FROM n
"""
_SINCE = (
    "DELETE FROM motif WHERE flux > :count",
    "DELETE FROM fichier WHERE flux > :count",
    "DELETE FROM cle WHERE flux > :count",
    "DELETE FROM octets WHERE contenu IN (SELECT contenu FROM flux WHERE pk > :count)",
    "DELETE FROM flux WHERE pk > :count",
)
_BYTES = "INSERT INTO octets SELECT contenu, 0, zeroblob(100) FROM flux WHERE :count"


def fill(folder: Path, count: int) -> None:
    """Make a store of so many flux in a folder."""
    path = folder / "flux.db"
    Parts.start(Settings(database=f"sqlite:///{path}")).close()
    with closing(sqlite3.connect(path)) as connection:
        for statement in (_FLUX, _FILES, _KEYS, _BYTES):
            connection.execute(statement, {"count": count})
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def emptied(folder: Path, count: int) -> Path:
    """The folder, with the flux it was filled with and no others."""
    with closing(sqlite3.connect(folder / "flux.db")) as connection:
        for statement in _SINCE:
            connection.execute(statement, {"count": count})
        connection.commit()
    return folder


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        stores = {count: Path(one), FEW: Path(other)}
        for number, folder in stores.items():
            fill(folder, number)
            seconds = start_up(folder)
            print(f"start with {number} flux, s: {seconds:.2f}  (under 1)", flush=True)
        compare(stores)
        with served(emptied(Path(one), count)) as many:
            began = time.perf_counter()
            answer = httpx.post(f"{many.url}/_simulator/reset", timeout=60)
            seconds = time.perf_counter() - began
            assert answer.is_success, answer.text
            print(f"reset of {count} flux, s: {seconds:.2f}  (under 1)")


def start_up(folder: Path) -> float:
    """Seconds from the command to the first healthy answer, the middle of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        with served(folder):
            times.append(time.perf_counter() - began)
    return median(times)


def consultation(simulator: Served, count: int) -> Load:
    """Asks for the flux in the middle."""
    path = f"/flux/CPP0013110{count // 2 * 7919:015}"
    return Load(simulator.process.pid, simulator.port, "GET", path, b"", simulator.access())


def loaded(folder: Path, count: int) -> dict[str, Turn]:
    """What loads of a server started anew find, by what is asked of it."""
    with served(emptied(folder, count), "--pace", "0") as simulator:
        return {
            "consultation": consultation(simulator, count).run(),
            "4 kB deposit": depositing(simulator).run(),
        }


def compare(stores: dict[int, Path]) -> None:
    """Load both in turns, and print how much more processor time the full store takes."""
    found: dict[int, list[dict[str, Turn]]] = {number: [] for number in stores}
    for turn in range(TURNS):
        for number in sorted(stores, reverse=turn % 2 == 0):
            found[number].append(loaded(stores[number], number))
    for title in ("consultation", "4 kB deposit"):
        many, few = ([turn[title] for turn in turns] for turns in found.values())
        of_calls = median(turn.calls for turn in many) / median(turn.calls for turn in few)
        of_time = median(turn.cpu for turn in many) / median(turn.cpu for turn in few)
        print(
            f"{title}: {of_calls:.2f} of the calls a second, {of_time:.2f} of the processor time"
            "  (0.95 to 1.05)",
            flush=True,
        )


if __name__ == "__main__":
    main()
