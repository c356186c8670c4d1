"""The journal as HAR: whole where it was asked for, and never a secret in it."""

import json
from pathlib import Path

import httpx
import pytest

from depot_flux_contract.exchanges import held_contract
from depot_flux_contract.exchanges.har import read_har
from depot_flux_contract.learn.evidence import evidence
from depot_flux_contract.learn.proposal import Learned
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import RefusedError, Simulator
from tests.support.contract import CONTRACT


def exported(simulator: Simulator) -> str:
    with httpx.Client(transport=simulator.transport, base_url=simulator.url) as client:
        answer = client.get("/_simulator/journal/har")
    assert answer.status_code == 200
    return answer.text


def called(simulator: Simulator) -> str:
    with httpx.Client(transport=simulator.transport, base_url=simulator.url) as client:
        form = {"grant_type": "client_credentials", "client_id": "demo-client"}
        client.post("/api/oauth/token", data={**form, "client_secret": "demo-secret"})
    id_flux = simulator.deposit(facture_ubl())
    simulator.status(id_flux)
    with pytest.raises(RefusedError):
        simulator.status(CONTRACT.new_identifier(""))
    return id_flux


def test_without_bodies_it_tells_what_the_journal_does() -> None:
    with Simulator() as simulator:
        called(simulator)
        entries = json.loads(exported(simulator))["log"]["entries"]
        journal = simulator.journal()
    assert [e["response"]["status"] for e in entries] == [entry.statut for entry in journal]
    assert [e["request"]["method"] for e in entries] == [entry.methode for entry in journal]
    assert all(not e["request"]["headers"] for e in entries)


def test_with_bodies_it_can_be_learned_from_and_holds_no_secret(tmp_path: Path) -> None:
    with Simulator(keep_bodies=True, folder=tmp_path / "data") as simulator:
        called(simulator)
        text = exported(simulator)
        secrets = [simulator.headers()["cpro-account"], "demo-secret", "demo-password", "eyJ"]
        simulator.reset()
        assert json.loads(exported(simulator))["log"]["entries"] == []
    for secret in secrets:
        assert secret not in text
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "data").rglob("*.json"))
    path = tmp_path / "journal.har"
    path.write_text(text, encoding="utf-8")
    seen = list(read_har(path))
    success = [CONTRACT.deposer.success, CONTRACT.consulter.success]
    assert [exchange.received.status for exchange in seen] == [200, *success, 404]
    assert seen[1].sent.body
    assert len(seen[1].sent.body) == seen[1].sent.size > len(facture_ubl())
    found = evidence(held_contract(), seen)
    assert found.foreign == 1  # the token
    assert Learned(found).differences == []
