"""A deposit beside Flask: the same answer, and the same refusal, as through it; stored once."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.flux import FluxStore
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.shortcut import Shortcut
from tests.support import annotated
from tests.support.stores import kept_bytes

pytestmark = pytest.mark.reconstruction


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


def form(**changed: Any) -> dict[str, Any]:
    """A good deposit's parts, without those that are None."""
    given = {"fichier": (facture_ubl(), "facture.xml"), "codeInterface": "FSO3110A", **changed}
    if isinstance(given["fichier"], tuple):
        content, name = given["fichier"]
        given["fichier"] = BytesIO(content), name
    return {name: value for name, value in given.items() if value is not None}


def deposit(simulator: Simulator, data: Any, **headers: str) -> TestResponse:
    path = simulator.base_path + simulator.contract.deposer.path
    client = simulator.app.test_client()
    return client.post(path, data=data, headers={**simulator.headers(), **headers})


def stored(simulator: Simulator) -> int:
    """Of how many flux the bytes are kept."""
    parts: Parts = simulator.app.extensions["depot_flux"]
    return len(kept_bytes(parts.store))


def through_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shortcut, "_outcome", lambda *_args: None)


def test_it_is_answered_without_flask(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = simulator.headers()

    def never(*_args: object) -> object:
        raise AssertionError("Flask was asked")

    monkeypatch.setattr(simulator.app, "full_dispatch_request", never)
    assert deposit(simulator, form(), **headers).status_code == 201


CALLS: list[tuple[int, dict[str, Any], dict[str, str]]] = [
    (201, {}, {}),
    (415, {"fichier": None}, {}),  # a form without a file is sent as another type
    (400, {"codeInterface": None}, {}),
    (422, {"codeInterface": "nothing known"}, {}),
    (400, {"codeInterface": ["FSO3110A", "FSO3110A"]}, {}),
    (413, {"codeInterface": "x" * 600_000}, {}),
    (413, {"fichier": (b"x" * 2_000_000, "big.xml")}, {}),
    (415, {}, {"Content-Type": "text/plain"}),
    (401, {}, {"Authorization": "nobody"}),
    (403, {}, {"cpro-account": "nobody"}),
]


@pytest.mark.parametrize(("status", "changed", "headers"), CALLS)
def test_what_is_told_is_what_flask_would_tell(
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    changed: dict[str, Any],
    headers: dict[str, str],
) -> None:
    def told() -> tuple[int, set[str], str | None, list[str], object]:
        answer = deposit(simulator, form(**changed), **headers)
        entry = simulator.journal()[-1]
        told = answer.json or {}
        return (
            answer.status_code,
            set(answer.headers.keys()),
            answer.content_type,
            sorted(told),
            (told.get("detail"), entry.code_application, entry.nom, entry.statut),
        )

    monkeypatch.setattr(simulator.app.request_class, "max_content_length", 1_000_000)
    beside = told()
    through_flask(monkeypatch)
    assert beside == told()
    assert beside[0] == status
    assert stored(simulator) == (2 if status == 201 else 0)


def test_a_flux_whose_answer_has_no_body_is_stored_once(tmp_path: Path) -> None:
    contract = annotated.contract()
    answers = contract["paths"]["/depots"]["post"]["responses"]
    told = {"X-Id": {"schema": annotated.played("id_flux")}}
    answers["201"] = {"description": "-", "headers": told}
    file = annotated.contract_file(tmp_path, contract)
    with Simulator(pace=0, contract=file) as simulator:
        answer = deposit(simulator, form(codeInterface=None, code="FSO3110A"))
        assert (answer.status_code, answer.data) == (201, b"")
        assert [flux.id_flux for flux in simulator.search()] == [answer.headers["X-Id"]]
        assert stored(simulator) == 1


ROLES = {"fichier": "fichier", "nom": "nom_fichier", "code": "code_interface"}


@pytest.mark.parametrize("name", ["é.xml", "€.xml", "a\nb.xml"])
def test_a_name_of_any_letters_is_repeated_in_a_header(tmp_path: Path, name: str) -> None:
    said = {name: annotated.played(role) for name, role in ROLES.items()}
    schema = annotated.an_object("fichier", **said)
    contract = annotated.contract(content={"multipart/form-data": {"schema": schema}})
    responses = contract["paths"]["/depots"]["post"]["responses"]
    told = {"X-Nom": {"schema": annotated.played("nom_fichier")}}
    responses["201"]["headers"] = told
    file = annotated.contract_file(tmp_path, contract)
    with Simulator(pace=0, contract=file) as simulator:
        sent = form(codeInterface=None, code="FSO3110A", nom=name)
        answer = deposit(simulator, sent)
        assert answer.status_code == 201
        # WSGI's headers are bytes, which a server writes as they are.
        assert answer.headers["X-Nom"].encode("latin-1").decode() == name.replace("\n", " ")
        assert [flux.flux.depot.nom for flux in simulator.search()] == [name]


def test_a_store_that_is_away_is_asked_once(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(*_args: object) -> object:
        asked.append(1)
        raise StoreUnreachableError("away")

    monkeypatch.setattr(FluxStore, "deposit", away)
    assert deposit(simulator, form()).status_code == 503
    assert len(asked) == 1
    assert stored(simulator) == 0
