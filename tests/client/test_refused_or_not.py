"""What an answer says of a deposit: that it was not taken, or that nobody knows."""

import shutil
from pathlib import Path

import httpx
import pytest

from depot_flux import (
    ConfigurationError,
    DepotFlux,
    DepotIncertain,
    Etat,
    IndisponibleError,
)
from depot_flux._book import Book
from depot_flux._http.refusals import MAX_WAIT
from tests.client.test_batch import written
from tests.support.book import ACCOUNT
from tests.support.fake_platform import CODE, Platform


class Gateway(httpx.BaseTransport):
    """Gives tokens, and one answer to all else."""

    def __init__(self, code: int, headers: dict[str, str], *, token: bool = True) -> None:
        self.answer = (code, headers)
        self.token = token
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self.token and request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
        self.calls += 1
        return httpx.Response(self.answer[0], headers=self.answer[1])


def behind(on_platform: Platform, gateway: Gateway) -> DepotFlux:
    depot = DepotFlux(on_platform.configuration(), transport=gateway)
    depot._clock.sleep = on_platform.pause
    return depot


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_an_address_that_leads_elsewhere_is_a_setting_to_correct(
    on_platform: Platform, invoice: bytes, tmp_path: Path, code: int
) -> None:
    headers = {"Location": "https://me:s3same@x.example/login?ticket=s3same"}
    gateway = Gateway(code, headers)
    with behind(on_platform, gateway) as depot:
        for call in (
            lambda: depot.deposer(CODE, invoice, nom="F.xml"),
            lambda: depot.consulter("1"),
        ):
            with pytest.raises(ConfigurationError, match=r"x\.example/login.*base_url") as caught:
                call()
            assert "s3same" not in str(caught.value)
        assert gateway.calls == 2
        assert [recu.etat for recu in depot.livre.recus()] == [Etat.REFUSE]
        # Nor does a batch try its other envelopes.
        paths = written(tmp_path / "a", "F1") + written(tmp_path / "b", "F1")
        paths[1].write_bytes(invoice)
        results = depot.deposer_lot(CODE, paths, simultanes=1)
        assert [result.incertain for result in results] == [False, False]
        assert "not deposited: the platform answered" in str(results[1].erreur)
        assert gateway.calls == 3
    # Once the address is right, the same file goes.
    with on_platform.client() as depot:
        assert depot.deposer(CODE, invoice, nom="F.xml").id


def test_a_token_endpoint_that_leads_elsewhere_is_a_setting_to_correct(
    on_platform: Platform, invoice: bytes
) -> None:
    gateway = Gateway(302, {"Location": "https://x.example/"}, token=False)
    with behind(on_platform, gateway) as depot:
        with pytest.raises(ConfigurationError, match=r"302 .*a redirect.*correct token_url"):
            depot.deposer(CODE, invoice, nom="F.xml")
        assert (gateway.calls, depot.livre.recus()) == (1, [])


@pytest.mark.parametrize("code", [303, 408, 500, 502, 503, 504])
def test_an_answer_that_may_follow_a_deposit_leaves_it_uncertain(
    on_platform: Platform, invoice: bytes, code: int
) -> None:
    gateway = Gateway(code, {})
    with behind(on_platform, gateway) as depot:
        for _ in range(2):
            with pytest.raises(DepotIncertain, match=f"answered {code}"):
                depot.deposer(CODE, invoice, nom="F.xml")
        assert gateway.calls == 1


@pytest.mark.parametrize("code", [429, 503])
def test_nobody_waits_longer_than_the_cap_because_a_platform_asks_for_it(
    on_platform: Platform, invoice: bytes, code: int
) -> None:
    for asked, calls in ((MAX_WAIT + 1, 1), (MAX_WAIT, 5)):
        gateway = Gateway(code, {"Retry-After": str(int(asked))})
        on_platform.paused.clear()
        with behind(on_platform, gateway) as depot:
            with pytest.raises(IndisponibleError) as caught:
                depot.deposer(CODE, invoice, nom="F.xml")
            with pytest.raises(IndisponibleError):
                depot.consulter("1")
            assert depot.livre.recus()[0].etat is Etat.REFUSE
        assert caught.value.attendre == asked
        assert gateway.calls == 2 * calls
        assert on_platform.paused == [asked] * (2 * calls - 2)


def test_a_restored_book_gives_no_number_that_was_given(tmp_path: Path) -> None:
    path, copy = tmp_path / "recus.db", tmp_path / "copy.db"
    book = Book(path, ACCOUNT)
    given = [book.next_number("AAA123")]
    book.close()
    shutil.copy(path, copy)
    for restored in (True, False):
        book = Book(path, ACCOUNT)
        given += [book.next_number("AAA123") for _ in range(50)]
        book.close()
        if restored:
            shutil.copy(copy, path)
        else:
            path.unlink()
    book = Book(path, ACCOUNT)
    given += [book.next_number("AAA123") for _ in range(50)]
    book.close()
    assert len(set(given)) == len(given)
    assert {len(str(number)) for number in given} == {15}
