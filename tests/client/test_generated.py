"""The generated client says and understands what the contract says, nothing else."""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

from depot_flux_client import AuthenticatedClient
from depot_flux_client.types import File
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.testing import Simulator

# Another contract has other names: nothing here is imported where types are checked.
consulter_flux: Any = import_module("depot_flux_client.api.flux.consulter_flux")
deposer_flux: Any = import_module("depot_flux_client.api.flux.deposer_flux")
verifier_sante: Any = import_module("depot_flux_client.api.supervision.verifier_sante")
models: Any = import_module("depot_flux_client.models")
Depot, FluxDepose = models.Depot, models.FluxDepose
DOCUMENT = Document.load(DEFAULT_CONTRACT)
CONTRACT = OpenAPI.from_dict(DOCUMENT.root)
URL = "http://depot.example"
MOMENT = "moment"

RFC3339 = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
)


def with_moments(schema: Any) -> Any:
    """The schema with RFC 3339 dates as a server writes them, leap seconds and year 0 left out."""
    return json.loads(json.dumps(schema).replace('"date-time"', f'"{MOMENT}"'))


def documented_responses() -> Iterator[Any]:
    """Every response of every operation, with the schema of its body if it has one."""
    for path, item in DOCUMENT.root["paths"].items():
        for method, operation in item.items():
            for code, response in operation["responses"].items():
                content = DOCUMENT.resolve(response).get("content", {None: {}})
                for media_type, media in content.items():
                    schema = with_moments(DOCUMENT.inlined(media["schema"])) if media_type else None
                    arguments = (method, path, int(code), media_type, schema)
                    yield pytest.param(*arguments, id=f"{method} {path} {code}")


@cache  # reading a schema takes longer than all that is drawn from it
def bodies(schema: str) -> st.SearchStrategy[Any]:
    """What a schema allows, itself given as JSON."""
    return from_schema(json.loads(schema), custom_formats={MOMENT: RFC3339})


def client_answering(answer: httpx.Response) -> AuthenticatedClient:
    client = AuthenticatedClient(base_url=URL, token="t")
    transport = httpx.MockTransport(lambda _request: answer)
    client.set_httpx_client(httpx.Client(transport=transport, base_url=URL))
    return client


def call(client: AuthenticatedClient, method: str, path: str) -> Any:
    if (method, path) == ("post", "/flux"):
        body = Depot(File(BytesIO(b"<a/>"), "a.xml"), "FSO3110A")
        return deposer_flux.sync_detailed(client=client, body=body)
    if (method, path) == ("get", "/flux/{idFlux}"):
        return consulter_flux.sync_detailed("12345", client=client)
    assert (method, path) == ("get", "/healthcheck"), "an operation the test does not know"
    return verifier_sante.sync_detailed(client=client)


@pytest.mark.parametrize(
    ("method", "path", "code", "media_type", "schema"), list(documented_responses())
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_documented_answer_is_understood_and_given_back(
    data: st.DataObject,
    method: str,
    path: str,
    code: int,
    media_type: str | None,
    schema: dict[str, Any] | None,
) -> None:
    if schema is None:
        assert call(client_answering(httpx.Response(code)), method, path).status_code == code
        return
    body: Any = data.draw(bodies(json.dumps(schema)))
    content = json.dumps(body).encode()
    answer = httpx.Response(code, content=content, headers={"Content-Type": str(media_type)})
    response = call(client_answering(answer), method, path)
    assert response.status_code == code
    parsed: Any = response.parsed
    assert same(json.loads(json.dumps(parsed.to_dict())), body)


def same(given_back: Any, body: dict[str, Any]) -> bool:
    """Equal, a date being the same moment however it is spelled."""
    dates = {
        name for name in body if isinstance(body[name], str) and given_back.get(name) != body[name]
    }
    moments = all(
        datetime.fromisoformat(given_back[name]) == datetime.fromisoformat(body[name])
        for name in dates
    )
    return moments and {**given_back, **{name: body[name] for name in dates}} == body


class Recorded:
    """A client whose requests are held to the contract by a library."""

    def __init__(self, answer: httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self.client = AuthenticatedClient(
            base_url=URL,
            token="header.payload.signature",
            headers={"cpro-account": b64encode(b"login:password").decode()},
        )

        def handle(request: httpx.Request) -> httpx.Response:
            request.read()
            self.requests.append(request)
            return answer

        self.client.set_httpx_client(
            httpx.Client(
                transport=httpx.MockTransport(handle),
                base_url=URL,
                headers={"Authorization": f"Bearer {self.client.token}", **self.client._headers},
            )
        )

    def validate(self) -> None:
        for request in self.requests:
            CONTRACT.validate_request(
                MockRequest(
                    URL,
                    request.method.lower(),
                    request.url.path,
                    args=dict(request.url.params),
                    headers=dict(request.headers),
                    data=request.content or None,
                    content_type=request.headers.get("content-type", ""),
                )
            )


names = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    name=names,
    code=st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z]", fullmatch=True),
)
def test_every_deposit_sent_keeps_the_contract(content: bytes, name: str, code: str) -> None:
    recorded = Recorded(httpx.Response(201, json={"idFlux": "1"}))
    body = Depot(File(BytesIO(content), name), code)
    assert deposer_flux.sync(client=recorded.client, body=body) == FluxDepose("1")
    recorded.validate()


@given(id_flux=st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_every_consultation_sent_keeps_the_contract(id_flux: str) -> None:
    body = {"statut": "RECU", "dateMiseAJour": "2026-09-01T00:00:00Z"}
    recorded = Recorded(httpx.Response(200, json=body))
    consulter_flux.sync(id_flux, client=recorded.client)
    verifier_sante.sync_detailed(client=recorded.client)
    recorded.validate()


def test_a_request_that_breaks_the_contract_is_found() -> None:
    recorded = Recorded(httpx.Response(201, json={"idFlux": "1"}))
    deposer_flux.sync(client=recorded.client, body=Depot(File(BytesIO(b""), "a.xml"), "not a code"))
    with pytest.raises(Exception, match="validation"):
        recorded.validate()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


def client_of(simulator: Simulator) -> AuthenticatedClient:
    access = simulator.headers()
    client = AuthenticatedClient(base_url=URL, token="unused")
    transport = httpx.WSGITransport(simulator.app)
    return client.set_httpx_client(httpx.Client(transport=transport, base_url=URL, headers=access))


@settings(max_examples=40, deadline=None)
@given(
    before=st.binary(max_size=80),
    boundary=st.sampled_from([b"+++", b"--+++", b"--+++--", b"----", b"--boundary"]),
    after=st.binary(max_size=80),
)
def test_a_file_that_holds_a_boundary_arrives_whole(
    simulator: Simulator, before: bytes, boundary: bytes, after: bytes
) -> None:
    """The generator's own boundary, +++, used to cut such a file in two."""
    content = before + b"\r\n" + boundary + b"\r\n" + after
    body = Depot(File(BytesIO(content), "a.xml"), "FSO3110A")
    deposited = deposer_flux.sync(client=client_of(simulator), body=body)
    assert isinstance(deposited, FluxDepose)
    assert simulator.content(deposited.id_flux) == content


def test_no_generated_request_sets_a_boundary() -> None:
    package = Path(sys.modules["depot_flux_client"].__file__ or "").parent
    for source in package.rglob("*.py"):
        assert "boundary=" not in source.read_text(encoding="utf-8"), source


def test_the_asynchronous_client_deposits_and_consults(simulator: Simulator) -> None:
    """The same functions, awaited; the answers come from the simulator."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = simulator.app.test_client().open(
            request.url.path,
            method=request.method,
            headers=dict(request.headers),
            data=request.content,
        )
        return httpx.Response(answer.status_code, content=answer.data, headers=dict(answer.headers))

    async def deposit_and_read() -> Any:
        client = AuthenticatedClient(base_url=URL, token="unused")
        transport = httpx.MockTransport(handle)
        async with httpx.AsyncClient(
            transport=transport, base_url=URL, headers=simulator.headers()
        ) as inner:
            client.set_async_httpx_client(inner)
            body = Depot(File(BytesIO(b""), "a.xml"), "FSO3110A")
            deposited = await deposer_flux.asyncio(client=client, body=body)
            assert isinstance(deposited, FluxDepose)
            return await consulter_flux.asyncio(deposited.id_flux, client=client)

    assert asyncio.run(deposit_and_read()).statut == "IRRECEVABLE"


@pytest.mark.deep
def test_the_client_is_typed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from depot_flux_client import AuthenticatedClient\n"
        "from depot_flux_client.api.flux import consulter_flux\n"
        "from depot_flux_client.models import Probleme, StatutFlux\n"
        "def statut(client: AuthenticatedClient, id_flux: str) -> str:\n"
        "    answer = consulter_flux.sync(id_flux, client=client)\n"
        "    if isinstance(answer, StatutFlux):\n"
        "        return answer.statut.value\n"
        "    reveal_type(answer)\n"
        "    return ''\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "Probleme | None" in run.stdout
