"""The contract that stands, and what a test may need of it that not every contract has."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract, MultipartBody
from depot_flux_simulator.contract.bodies import JsonBody
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.testing import Calls, Reply, Simulator

CONTRACT = Contract.load(DEFAULT_CONTRACT)
_FIRST_BODY = next(iter(CONTRACT.bodies))

names_the_file = pytest.mark.skipif(
    not (CONTRACT.states_name or isinstance(_FIRST_BODY, MultipartBody)),
    reason="the contract has no place for the name of the file",
)
states_the_interface = pytest.mark.skipif(
    not CONTRACT.states_code_interface,
    reason="the contract has no place for the interface code",
)
supervises = pytest.mark.skipif(
    CONTRACT.superviser is None, reason="the contract has no operation of supervision"
)
takes_the_file_as_it_is = pytest.mark.skipif(
    any(isinstance(body, JsonBody) for body in CONTRACT.bodies),
    reason="the contract takes the file as base64 in JSON, which is sent in one piece",
)
dates_a_status = pytest.mark.skipif(
    not CONTRACT.consulter.wants(Role.DATE_STATUT),
    reason="the contract does not date a status",
)


def unknown() -> str:
    """An identifier such as the contract has them, of a flux that nobody deposited."""
    return str(CONTRACT.new_identifier(""))


def over(simulator: Simulator, headers: Mapping[str, str | bytes]) -> Calls:
    """The API of a simulator by role, with these headers and no others."""
    client = httpx.Client(
        transport=simulator.transport,
        base_url=simulator.url,
        headers=[(name.encode("ascii"), _bytes(value)) for name, value in headers.items()],
    )
    return simulator.calls(client)


def assert_problem(reply: Reply, status: int) -> str:
    """See that an answer is an error in the contract's own body; what it says happened."""
    assert reply.status == status
    if ERROR_TYPES:
        assert reply.response.headers["Content-Type"] in ERROR_TYPES
    roles = {role for schema in reply._schemas() for role, _ in DOCUMENT.places(schema)}
    assert Role.PROBLEME_STATUT not in roles or reply.value(Role.PROBLEME_STATUT) == status
    assert Role.PROBLEME_TITRE not in roles or reply.value(Role.PROBLEME_TITRE)
    return reply.detail


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _error_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for operation in CONTRACT.operations:
        for code, response in operation.node["responses"].items():
            if code >= "4":
                for media_type, media in DOCUMENT.resolve(response).get("content", {}).items():
                    yield media_type.replace("*/*", "application/json"), media.get("schema", {})


DOCUMENT = Document(CONTRACT.document)
ERROR_TYPES = {media_type for media_type, _ in _error_schemas()}
EXPLAINS = bool(
    {role for _, schema in _error_schemas() for role, _ in DOCUMENT.places(schema)}
    & {
        Role.PROBLEME_DETAIL,
        Role.LIBELLE_RETOUR,
    }
)
"""Whether an error says what happened."""

explains = pytest.mark.skipif(not EXPLAINS, reason="the contract's errors say nothing")
