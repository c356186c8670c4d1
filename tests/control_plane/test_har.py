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
from tests.support.annotated import JSON_DEPOSIT, contract_file
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


SECRET = "s3cr3t-h0use"
NAMES = [
    "X-Api-Key",
    "Api-Key",
    "X-Auth-Token",
    "X-Access-Token",
    "X-Client-Secret",
    "X-Amz-Security-Token",
    "Ocp-Apim-Subscription-Key",
    "X-Cookie",
    "Proxy-Authorization",
    "X-Signature",
]
VALUES = [f"http://h/?client_secret={SECRET}", f"http://u:{SECRET}@h/", f"a; Bearer {SECRET}"]
PATHS = [f"Bearer%20{SECRET}", f"eyJ{SECRET}.{SECRET}", f"http://u:{SECRET}@h", f"token={SECRET}"]
HEADS = [
    'name="client_secret"',
    "name=client_secret",
    "name*=UTF-8''client%5Fsecret",
    'name="client_secret"; filename="a"',
    f'name="b"; filename="?token={SECRET}"',
]


@pytest.mark.reconstruction
def test_with_bodies_no_part_of_a_call_holds_what_is_named_or_looks_like_a_secret(
    tmp_path: Path,
) -> None:
    with (
        Simulator(keep_bodies=True, folder=tmp_path / "data") as simulator,
        httpx.Client(transport=simulator.transport, base_url=simulator.url) as client,
    ):
        access = simulator.headers()
        for path in PATHS:
            client.get(f"/flux/{path}", headers=access)
        for header in [*((name, SECRET) for name in NAMES), *(("Referer", v) for v in VALUES)]:
            client.get("/healthcheck", headers=dict([header]))
        for head in HEADS:
            content = SECRET if "token" not in head else "<a/>"
            body = f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n--b--\r\n"
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            client.post("/flux", content=body, headers=access | kind)
        text = exported(simulator)
    assert SECRET not in text
    for seen in ("/flux/http://***@h", "/flux/token=***", "?client_secret=***", "X-Api-Key"):
        assert seen in text
    assert len(json.loads(text)["log"]["entries"]) == 4 + len(NAMES) + 3 + len(HEADS)


@pytest.mark.reconstruction
def test_with_bodies_neither_does_what_is_sent_in_json(tmp_path: Path) -> None:
    contract = contract_file(tmp_path, JSON_DEPOSIT)
    with (
        Simulator(keep_bodies=True, contract=contract) as simulator,
        httpx.Client(transport=simulator.transport, base_url=simulator.url) as client,
    ):
        access = simulator.headers()
        good = {"fichier": "PGEvPg==", "nom": "a.xml"}
        for said in (good, good | {"client_secret": SECRET}):
            assert client.post("/depots", json=said, headers=access).status_code == 201
        entries = json.loads(exported(simulator))["log"]["entries"]
    bodies = [json.loads(entry["request"]["postData"]["text"]) for entry in entries]
    assert bodies == [good, good | {"client_secret": "***"}]


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
