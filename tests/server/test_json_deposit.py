"""A deposit in JSON: whatever comes instead of one is refused, never a 500."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator.testing import Simulator
from tests.support.annotated import JSON_DEPOSIT, contract_file


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    path = contract_file(tmp_path_factory.mktemp("contrat"), JSON_DEPOSIT)
    with Simulator(pace=0, contract=path) as running:
        yield running


def post(simulator: Simulator, body: bytes) -> int:
    headers = {**simulator.headers(), "Content-Type": "application/json"}
    answer = simulator.app.test_client().post("/depots", data=body, headers=headers)
    return int(answer.status_code)


GOOD = {"fichier": "PGEvPg==", "nom": "a.xml"}


def test_a_good_one_is_taken(simulator: Simulator) -> None:
    assert post(simulator, json.dumps(GOOD).encode()) == 201


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**GOOD, "fichier": "é"}).encode(),
        json.dumps({**GOOD, "fichier": "é"}, ensure_ascii=False).encode(),
        json.dumps({**GOOD, "fichier": "é" * 70_000}).encode(),
        rb'{"fichier": "\ud800", "nom": "a.xml"}',
        rb'{"fichier": "PGEvPg==", "nom": "\ud800.xml"}',
        rb'{"fichier": "PGEvPg==", "\udfff": 1}',
        b'{"fichier": "PGEvPg==", "taille": 1e400}',
        b'{"fichier": "PGEvPg==", "taille": ' + b"9" * 5_000 + b"}",
        b'{"fichier": "PGEvPg==", "taille": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"fichier": "PGEvPg==", "fichier": 1}',
        b'{"fichier": {"fichier": "PGEvPg=="}}',
        b"[]",
        b"null",
        b'"PGEvPg=="',
        b"",
    ],
)
def test_what_is_none_is_refused(simulator: Simulator, body: bytes) -> None:
    assert post(simulator, body) in (400, 422)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys((*GOOD, "taille"), ANY_JSON)))
def test_any_json_is_taken_or_refused(simulator: Simulator, body: Any) -> None:
    assert post(simulator, json.dumps(body).encode("utf-8", "replace")) in (201, 400, 422)
