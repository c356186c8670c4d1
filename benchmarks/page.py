"""What the page costs: its list with a million flux stored, and the API's throughput beside it.

python -m benchmarks.page             the list, with any filter
python -m benchmarks.page --beside    the API, with a page open and without, in turns
"""

import html
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx

from benchmarks.control_plane import SECONDS, TURNS, _Load
from depot_flux_simulator.testing import Simulator
from tests.page.browsing import PAGE
from tests.support.served import served

FLUX = 1_000_000
WARM = 5
LIMIT_MS = 100.0
LONGEST_SHARE = 0.97
FILTERS = {
    "statut": ("RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"),
    "motif": ("IRR_SYNTAX", "IRR_TAILLE", "IRR_VIDE"),
    "code_interface": ("FSO3110A", "FSO6000A", "FSO3300A", "XXX0000X"),
    "code_application": ("AAA123", "BBB456", "ZZZ999"),
    "nom": ("0000017", "absent", "*.xml"),
    "depuis": ("2026-09-01T06:00:00", "2030-01-01T00:00:00"),
    "avant": ("2026-09-01T02:00:00", "2020-01-01T00:00:00"),
}


def main() -> int:
    """Print the figures; 0 when they are what they should be."""
    return beside() if "--beside" in sys.argv else alone()


def alone() -> int:
    """The list with a million flux stored, the median of warm calls of each filter."""
    with tempfile.TemporaryDirectory() as folder, Simulator(folder=Path(folder)) as simulator:
        fill(simulator, FLUX)
        client = simulator.app.test_client()
        found = sorted(((_timed(client, query), query) for query in queries()), reverse=True)
    slow = [(round(ms, 1), query) for ms, query in found if ms > LIMIT_MS]
    result = {
        "flux": FLUX,
        "filters tried": len(found),
        "median, ms": round(statistics.median(ms for ms, _ in found), 1),
        "slowest, ms": [(round(ms, 1), query) for ms, query in found[:10]],
        f"above {LIMIT_MS:g} ms": slow,
    }
    print(json.dumps(result, indent=2))
    return 1 if slow else 0


def queries() -> Iterator[str]:
    """No filter, each, and each two of them."""
    yield ""
    for name, values in FILTERS.items():
        yield from (f"{name}={value}" for value in values)
    for (one, values), (other, others) in combinations(FILTERS.items(), 2):
        yield from (f"{one}={a}&{other}={b}" for a in values for b in others)


def fill(simulator: Simulator, count: int) -> None:
    """Store so many flux at once, as an hour's deposits each millisecond would; a third recevable.

    The status EN_COURS_DE_TRAITEMENT has no hit.
    """
    parts = simulator.app.extensions["depot_flux"]
    first = parts.clock.now()
    flux = (
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
        "INSERT INTO flux (id_flux, code_application, code_interface, nom, contenu, taille, "
        "depose_le, en_cours_le, final_le, recevable, verdict_le) SELECT 'X' || i, "
        "CASE WHEN i % 4 THEN 'AAA123' ELSE 'BBB456' END, "
        "CASE i % 3 WHEN 0 THEN 'FSO3110A' WHEN 1 THEN 'FSO3117A' ELSE 'FSO6000A' END, "
        "printf('facture-%07d.xml', i), printf('%032x', i), 5000, ? + i * 30, ? + i * 30, "
        "? + i * 30, i % 3 = 0, ? + i * 30 FROM n"
    )
    motif = (
        "INSERT INTO motif (flux, rang, code, message, regle, remede, source, lieu, terme, "
        "original) SELECT pk, 0, CASE WHEN pk % 1000 THEN 'IRR_SYNTAX' ELSE 'IRR_TAILLE' END, "
        "'m', 'r', 'r', 's', '', '', '' FROM flux WHERE recevable = 0"
    )
    with parts.store._database.writing() as connection:
        connection.exec_driver_sql(flux, (count, *[first] * 4))
        connection.exec_driver_sql(motif)
    simulator.advance(count * 30 / 1_000 + 1)


def _timed(client: Any, query: str) -> float:
    taken = []
    for _ in range(WARM):
        began = time.perf_counter()
        answer = client.get(f"{PAGE}/?{query}")
        taken.append((time.perf_counter() - began) * 1_000)
        assert answer.status_code == 200, query
    return statistics.median(taken[1:])


def beside() -> int:
    """Calls a second while a page looks as often as a browser's does, and while none does."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as running:
        load = _Load(running)
        load.run(1.0)
        pairs = []
        for turn in range(TURNS):
            order = (True, False) if turn % 2 else (False, True)
            told = {is_open: _loaded(load, running.url, is_open) for is_open in order}
            pairs.append((told[True], told[False]))
    ratio = statistics.median(one / other for one, other in pairs)
    result = {
        "calls a second, one page open": round(statistics.median(one for one, _ in pairs), 1),
        "calls a second, none": round(statistics.median(other for _, other in pairs), 1),
        "ratio": round(ratio, 3),
    }
    print(json.dumps(result, indent=2))
    return 0 if ratio >= LONGEST_SHARE else 1


def _loaded(load: _Load, url: str, is_open: bool) -> float:
    with httpx.Client(base_url=url, timeout=30) as browser:
        done = threading.Event()
        opened = browser.get(f"{PAGE}/").text
        looking = threading.Thread(target=_look, args=(browser, opened, done))
        if is_open:
            looking.start()
        try:
            return load.run(SECONDS).calls
        finally:
            done.set()
            if is_open:
                looking.join()


def _look(browser: httpx.Client, opened: str, done: threading.Event) -> None:
    """Ask as `page.js` does: after two seconds, or fifty times what the last look took.

    The first look is soon: a turn is no longer than two.
    """
    pause = 0.1
    while not done.wait(pause):
        address = html.unescape(opened.partition('data-hx-get="')[2].partition('"')[0])
        began = time.perf_counter()
        answer = browser.get(address)
        pause = max(2.0, 50 * (time.perf_counter() - began))
        if answer.status_code == httpx.codes.OK:
            opened = answer.text


if __name__ == "__main__":
    raise SystemExit(main())
