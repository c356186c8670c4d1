"""The two pictures that README and docs show: python -m tests.page.pictures writes them."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from depot_flux_simulator.samples import facture_facturx, facture_ubl
from depot_flux_simulator.testing import Simulator
from tests.page.chromium import ROOT, Window, chromium

FOLDER = ROOT / "docs" / "images"
NAMES = ("page-flux.png", "page-motif.png")
_SIZE = {"width": 1180, "height": 720}
_BROKEN = facture_ubl("F2026-1003").replace(b"cbc:IssueDate>", b"cbc:DateEmission>")


def fill(simulator: Simulator) -> str:
    """An hour of deposits; the flux that the second picture is of."""
    simulator.move_to(datetime(2026, 9, 1, 8, 0, tzinfo=UTC))
    shown = ""
    for minute in range(54):
        simulator.advance("1m")
        for number in range((minute * 7 + 3) % 5 if minute % 4 else 1):
            name = f"F2026-0{minute:02}{number}"
            good = facture_ubl(name)
            content = good if number % 3 != 2 else good.replace(b"cbc:IssueDate>", b"cbc:Date>")
            simulator.deposit(content, name=f"{name}.xml")
    for name, content in (
        ("F2026-1001.xml", facture_ubl("F2026-1001")),
        ("SIM-IRR_ANTIVIRUS F2026-0990.xml", facture_ubl("F2026-0990")),
        ("F2026-1002.pdf", facture_facturx("F2026-1002")),
        ("F2026-1003.xml", _BROKEN),
        ("F2026-1004.xml", facture_ubl("F2026-1004")),
    ):
        simulator.advance("20s")
        code = "FSO3117A" if name.endswith("pdf") else "FSO3110A"
        id_flux = simulator.deposit(content, name=name, code=code)
        shown = id_flux if content is _BROKEN else shown
    simulator.advance("30s")
    simulator.pace(1)
    simulator.deposit(facture_ubl("F2026-1005"), name="F2026-1005.xml")
    return shown


def take(browser: Browser, folder: Path) -> None:
    """Write both: the list in light, a motif in dark."""
    with Simulator(pace=0) as simulator:
        id_flux = fill(simulator)
        url = simulator.serve()
        views = (("/", "light"), (f"/flux/{id_flux}", "dark"))
        for name, (view, scheme) in zip(NAMES, views, strict=True):
            window = Window(browser, url, color_scheme=scheme, viewport=_SIZE)
            window.open(view).screenshot(path=folder / name)
            window.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with chromium() as started:
        take(started, FOLDER)
