"""A consultation beside Flask: the same answer, and the same refusal, as through it."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from depot_flux_simulator.access.piste import Piste
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.flux import FluxStore
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.shortcut import Shortcut
from tests.support.contract import CONTRACT

pytestmark = pytest.mark.reconstruction


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


def consult(simulator: Simulator, id_flux: str, **changed: str) -> TestResponse:
    path = CONTRACT.location(id_flux, CONTRACT.base_path)
    client = simulator.app.test_client()
    return client.get(path, headers={**simulator.headers(), **changed})


def told(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    return answer.status, sorted(answer.headers), answer.data


def test_it_is_answered_without_flask(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_flux = simulator.deposit(facture_ubl())

    def never(*_args: object) -> object:
        raise AssertionError("Flask was asked")

    monkeypatch.setattr(simulator.app, "full_dispatch_request", never)
    assert consult(simulator, id_flux).status_code == 200


def test_what_is_told_is_what_flask_would_tell(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (simulator.deposit(content) for content in (facture_ubl(), b"<x/>"))
    asked: list[tuple[str, dict[str, str]]]
    asked = [(good, {}), (bad, {}), ("CPP0013110000000000000001", {}), ("é%0A", {})]
    asked += [(good, {name: "nobody"}) for name in ("Authorization", "cpro-account")]
    beside = [told(consult(simulator, id_flux, **changed)) for id_flux, changed in asked]
    monkeypatch.setattr(Shortcut, "_consulted", lambda *_args: None)
    through = [told(consult(simulator, id_flux, **changed)) for id_flux, changed in asked]
    assert [status[:3] for status, _, _ in beside] == ["200", "200", "404", "400", "401", "403"]
    # Errors are dated; the rest is the same to the byte.
    assert beside[:2] == through[:2]
    assert [status for status, _, _ in beside] == [status for status, _, _ in through]


def test_who_calls_is_looked_at_once(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    authenticate = Piste.authenticate

    def counted(self: Piste, *args: str | None, account: bool = True) -> object:
        looked.append(args)
        return authenticate(self, *args, account=account)

    headers = simulator.headers()
    monkeypatch.setattr(Piste, "authenticate", counted)
    path = CONTRACT.location("CPP0013110000000000000001", CONTRACT.base_path)
    assert simulator.app.test_client().get(path, headers=headers).status_code == 404
    assert len(looked) == 1


def test_a_database_that_is_away_is_waited_for_once(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def away(*_args: object) -> object:
        waited.append(1)
        raise StoreUnreachableError("away")

    monkeypatch.setattr(FluxStore, "facts", away)
    assert consult(simulator, "CPP0013110000000000000001").status_code == 503
    assert len(waited) == 1
