"""A generated client before a simulator of the same contract: `… GENERATED CHECK=NUMBER …`.

It runs in a process of its own, where `depot_flux_client` is the client on trial.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

import depot_flux_client
from depot_flux import DepotFlux, Statut
from depot_flux._contract import Operation, Said, Submission, contract
from depot_flux_client import Client
from depot_flux_contract.driving import CODE, NAME, access, complements
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator

RELAXED = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}
MOMENT = "moment"
FORMATS: dict[str, st.SearchStrategy[str]] = {
    # As a server writes them, leap seconds and year 0 left out.
    "uuid": st.uuids().map(str),
    MOMENT: st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
}


class Trial:
    """A simulator of a contract, and the facade before it."""

    def __init__(self, generated: Path, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.document = Document.load(generated / "openapi.json")
        address = f"http://localhost{simulator.base_path}"
        given = access(self.document, address, folder / "recus.db")
        simulator.freeze()
        self.depot = DepotFlux(transport=simulator.transport, **given)

    def deposit(self, content: bytes, name: str = NAME) -> str:
        """Deposit through the facade; the identifier."""
        return self.depot.deposer(CODE, content, nom=name, forcer=True).id


@contextmanager
def trial(generated: Path) -> Iterator[Trial]:
    """One whose data goes when it does."""
    contract = generated / "openapi.json"
    with (
        TemporaryDirectory() as folder,
        Simulator(contract=contract, folder=Path(folder)) as simulator,
    ):
        tried = Trial(generated, simulator, Path(folder))
        with tried.depot:
            yield tried


def client_understands_every_answer(generated: Path, examples: int) -> None:
    """Whatever body the contract allows, the client reads it and gives it back."""
    with trial(generated) as tried:
        for operation, arguments, node in _operations(tried):
            for code, media_type, schema in _documented(tried.document, node):
                _understands(operation, arguments, code, media_type, schema, examples)


def _operations(tried: Trial) -> Iterator[tuple[Operation, dict[str, Any], dict[str, Any]]]:
    served, found = tried.simulator.contract, contract()
    said = Said(
        {"cpro-account": "ZGVtbzpkZW1v", "authorization": "Bearer"}, complements(tried.document)
    )
    deposit = found.depot(_submission(), said, in_memory=True)
    yield found.deposer, deposit, served.deposer.node
    asked = found.consultation(str(served.new_identifier("")), said)
    yield found.consulter, asked, served.consulter.node
    if found.superviser is not None and served.superviser is not None:
        yield found.superviser, found.superviser.arguments(said), served.superviser.node


def _submission() -> Submission:
    content = b"<a/>"
    told = {"sha256": sha256(content).hexdigest(), "taille": len(content)}
    return Submission(NAME, CODE, BytesIO(content), lambda: told)


def _documented(
    document: Document, node: dict[str, Any]
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for code, response in node["responses"].items():
        for media_type, media in document.resolve(response).get("content", {}).items():
            inlined = _once(document.inlined(media.get("schema", {})))
            schema = json.loads(json.dumps(inlined).replace('"date-time"', f'"{MOMENT}"'))
            number = int(code[0] + "00" if code[0].isdigit() else 500)
            number = int(code) if code.isdigit() else number
            if "properties" in document.whole(schema):
                yield number, media_type.replace("*/*", "application/json"), schema


def _once(node: Any) -> Any:
    """A schema whose circles end where they begin again; hypothesis draws from no others."""
    if isinstance(node, list):
        return [_once(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"not": {}}
    return {key: _once(each) for key, each in node.items() if key != "$defs"}


def _understands(
    operation: Operation,
    arguments: dict[str, Any],
    code: int,
    media_type: str,
    schema: dict[str, Any],
    examples: int,
) -> None:
    @given(body=from_schema(schema, custom_formats=FORMATS))
    @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
    def understood(body: Any) -> None:
        answer = httpx.Response(
            code, content=json.dumps(body).encode(), headers={"Content-Type": media_type}
        )
        response = operation.sync(_answering(answer), arguments)
        assert response.status_code == code
        parsed = response.parsed
        given_back = parsed.to_dict() if hasattr(parsed, "to_dict") else parsed
        assert set(given_back) == set(body), f"{operation.path} {code}: {given_back}"

    understood()


def _answering(answer: httpx.Response) -> Client:
    """A client that gets one answer, whatever it asks."""
    client = Client(base_url="http://localhost")
    transport = httpx.MockTransport(lambda _request: answer)
    client.set_httpx_client(httpx.Client(base_url="http://localhost", transport=transport))
    return client


def client_sends_what_the_contract_asks(generated: Path, examples: int) -> None:
    """Any bytes under any name arrive as they are, whatever the form of the body."""
    with trial(generated) as tried:
        served = tried.simulator.contract

        @given(
            content=st.binary(min_size=1, max_size=300),
            stem=st.from_regex(r"[A-Za-z0-9]{1,20}", fullmatch=True),
        )
        @settings(max_examples=examples, **RELAXED)  # type: ignore[arg-type]
        def arrives(content: bytes, stem: str) -> None:
            identifier = tried.deposit(content, f"{stem}.xml")
            depot = _stored(tried, identifier).depot
            assert tried.simulator.content(identifier) == content
            if served.states_name:
                assert depot.nom == f"{stem}.xml"
            if served.states_code_interface:
                assert depot.code_interface == CODE

        arrives()


def a_large_deposit_arrives(generated: Path, size: int) -> None:
    """A flux near the limit arrives whole."""
    with trial(generated) as tried:
        content = facture_ubl() + b" " * size
        assert _stored(tried, tried.deposit(content)).taille == len(content)


def a_final_status_stays(generated: Path, _number: int) -> None:
    """Once told, a final status is told for ever, and its date with it."""
    with trial(generated) as tried:
        identifier = tried.deposit(facture_ubl())
        tried.simulator.advance(6)
        first = tried.depot.consulter(identifier)
        tried.simulator.advance(1_800)  # the token lives 3600 s
        assert first.statut is Statut.RECEVABLE
        assert tried.depot.consulter(identifier) == first


def _stored(tried: Trial, identifier: str) -> Any:
    return tried.simulator.app.extensions["depot_flux"].store.flux.get(identifier)


if __name__ == "__main__":
    own = Path(sys.argv[1])
    assert Path(depot_flux_client.__file__).is_relative_to(own), depot_flux_client.__file__
    checks = {
        check.__name__: check
        for check in (
            client_understands_every_answer,
            client_sends_what_the_contract_asks,
            a_large_deposit_arrives,
            a_final_status_stays,
        )
    }
    for each in sys.argv[2:]:
        name, _, number = each.partition("=")
        checks[name](own, int(number))
