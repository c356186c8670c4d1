"""What the served controls are given: the functional level, an antivirus, the official schemas."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from depot_flux_simulator.controls.antivirus import EICAR
from depot_flux_simulator.samples import annuaire, facture_ubl
from tests.support.contract import CONTRACT, EXPLAINS
from tests.support.served import Served, free_port, served

GOOD = facture_ubl()
INCOHERENT = facture_ubl("F2").replace(b">30.00<", b">31.00<")


def deposit(simulator: Served, content: bytes, name: str) -> str:
    with simulator.api() as calls:
        return calls.deposer(content, name).accept().id_flux


def detail(simulator: Served, id_flux: str) -> Any:
    return httpx.get(f"{simulator.url}/_simulator/flux/{id_flux}").json()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def final(simulator: Served, id_flux: str) -> Any:
    until(lambda: detail(simulator, id_flux)["statut"] in ("RECEVABLE", "IRRECEVABLE"))
    return detail(simulator, id_flux)


def test_the_functional_level_is_told_per_file_and_decides_nothing(tmp_path: Path) -> None:
    known = tmp_path / "annuaire.toml"
    known.write_text(annuaire(), encoding="utf-8")
    with served(tmp_path, "--pace", "0", "--annuaire", str(known)) as simulator:
        good = final(simulator, deposit(simulator, GOOD, "good.xml"))
        bad = final(simulator, deposit(simulator, INCOHERENT, "bad.xml"))
        again = final(simulator, deposit(simulator, GOOD, "again.xml"))
    assert (good["statut"], good["factures"][0]["statut"]) == ("RECEVABLE", "DEPOSEE")
    assert good["factures"][0]["non_juges"] == []
    assert bad["statut"] == "RECEVABLE"
    [facture] = bad["factures"]
    assert (facture["statut"], facture["raisons"]) == ("REJETEE", ["REJ_COH"])
    assert all(each["fichier"] == "bad.xml" and each["regle"] for each in facture["constats"])
    assert again["statut"] == "RECEVABLE"
    assert again["factures"][0]["raisons"] == ["REJ_UNI"]


def test_without_its_antivirus_nothing_passes_and_the_healthcheck_says_so(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    simulator = Served(tmp_path, "--pace", "0", "--clamav", nobody)
    simulator.start(healthy=CONTRACT.superviser is None)
    try:
        id_flux = deposit(simulator, GOOD, "good.xml")
        log = tmp_path / "log.txt"
        until(lambda: "flux wait" in log.read_text())
        assert detail(simulator, id_flux)["statut"] == "EN_COURS_DE_TRAITEMENT"
        if CONTRACT.superviser:
            with simulator.api() as calls:
                health = calls.superviser()
            assert health.status == CONTRACT.superviser.first_declared(503, 500)
            assert "antivirus" in health.detail or not EXPLAINS
        assert "does not answer" in log.read_text()
    finally:
        simulator.kill()


def test_eicar_is_found_whatever_else_is_wrong(tmp_path: Path) -> None:
    with served(tmp_path, "--pace", "0") as simulator:
        told = final(simulator, deposit(simulator, EICAR, "eicar.xml"))
    assert {motif["code"] for motif in told["motifs"]} == {"IRR_TYPE", "IRR_ANTIVIRUS"}
