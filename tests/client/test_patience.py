"""What passes is waited out, what does not is told at once; one file never costs the others."""

import asyncio
import errno
import pickle
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

import depot_flux._programs.follow as follow
from depot_flux import (
    AsyncDepotFlux,
    AuthentificationError,
    ConfigurationError,
    DelaiDepasse,
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    DoublonError,
    Etat,
    FichierError,
    IndisponibleError,
    RequeteRefuseeError,
    Semblable,
)
from depot_flux_client import AuthenticatedClient
from depot_flux_client.api.flux import consulter_flux
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_batch import written
from tests.client.test_gateway import configuration_of
from tests.support.fake_platform import CODE, Platform
from tests.support.gateway import GIVEN, ID, Answer, Gateway, broken, page, problem, said

BIG = b"<a>" + b" " * 1_000_000 + b"</a>"
DONE = said(201, f'{{"idFlux": "{ID}"}}')


def status(word: str) -> Answer:
    return said(200, f'{{"idFlux": "{ID}", "statut": "{word}"}}')


def behind(tmp_path: Path, *answers: Answer, tokens: tuple[Answer, ...] = (GIVEN,)) -> DepotFlux:
    """A client of a gateway, whose waits take no time but count."""
    depot = DepotFlux(
        configuration_of(tmp_path), transport=Gateway(list(answers), list(tokens)),
    )  # fmt: skip
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds

    depot._clock.sleep = sleep
    depot._clock.now = lambda: waited[0]
    return depot


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    "spurious", [problem(404), said(404), problem(400), page(403), problem(403)]
)
def test_a_refusal_of_a_flux_of_ones_own_is_waited_out(tmp_path: Path, spurious: Answer) -> None:
    with behind(tmp_path, DONE, spurious, spurious, status("RECU"), status("RECEVABLE")) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        assert depot.attendre(flux).recevable
        assert depot._clock.now() < follow.PATIENCE


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    ("refused", "error"),
    [(problem(404), RequeteRefuseeError), (page(403), AuthentificationError),
     (page(404), ConfigurationError), (problem(400), RequeteRefuseeError)],
)  # fmt: skip
def test_a_refusal_that_stays_is_told_in_the_end(
    tmp_path: Path, refused: Answer, error: type[DepotFluxError]
) -> None:
    with behind(tmp_path, DONE, refused) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        with pytest.raises(error):
            depot.attendre(flux, timeout=600)
        assert follow.PATIENCE <= depot._clock.now() < 2 * follow.PATIENCE
    with behind(tmp_path, refused) as depot:  # of a flux of nobody's nothing is waited for
        with pytest.raises(error):
            depot.attendre("other", timeout=600)
        assert depot._clock.now() == 0


@pytest.mark.reconstruction
def test_each_refusal_has_a_patience_of_its_own(tmp_path: Path) -> None:
    seen = [status("RECU")] * 12
    answers = [DONE, seen[0], problem(404), *seen, problem(404), status("RECEVABLE")]
    with behind(tmp_path, *answers) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        assert depot.attendre(flux).recevable
        assert depot._clock.now() > 2 * follow.PATIENCE


@pytest.mark.reconstruction
def test_a_refusal_when_the_time_is_over_says_when_to_look_again(tmp_path: Path) -> None:
    with behind(tmp_path, DONE, problem(404)) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        with pytest.raises(RequeteRefuseeError, match="just now: look again in a minute"):
            depot.attendre(flux, timeout=0)


@pytest.mark.reconstruction
def test_a_platform_that_is_down_to_the_end_is_told_where_nothing_was_seen(tmp_path: Path) -> None:
    with behind(tmp_path, DONE, said(503), status("RECU")) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        with pytest.raises(IndisponibleError, match="503"):
            depot.attendre(flux, timeout=0)
    with behind(tmp_path / "seen", status("RECU"), said(503)) as depot:
        with pytest.raises(DelaiDepasse, match="still RECU") as caught:
            depot.attendre(ID, timeout=100)
        assert caught.value.dernier
        assert depot._clock.now() == pytest.approx(100)


@pytest.mark.reconstruction
@pytest.mark.parametrize("look", ["consulter", "attendre", "lot"])
def test_after_a_reset_the_book_says_that_the_flux_is_not_known_any_more(
    on_platform: Platform, invoice: bytes, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, look: str,
) -> None:  # fmt: skip
    (path,) = written(tmp_path / "in", "F1")
    path.write_bytes(invoice)
    with on_platform.client() as depot:
        (first,) = depot.deposer_lot(CODE, [path], timeout=0)
        assert first.flux
        on_platform.simulator.reset()
        # Right after the deposit nobody would take a 404 for the end.
        with pytest.raises(RequeteRefuseeError, match="deposited just now"):
            depot.consulter(first.flux)
        assert depot.livre.recus()[0].etat is Etat.DEPOSE
        monkeypatch.setattr(follow, "PATIENCE", 0.0)
        words = r"does not know flux .* any more.*deposit 1 .*--liberer 1"
        if look == "lot":
            (result,) = depot.deposer_lot(CODE, [path], timeout=0)
            assert "--liberer 1" in str(result.erreur)
        else:
            with pytest.raises(RequeteRefuseeError, match=words):
                depot.consulter(first.flux) if look == "consulter" else depot.attendre(first.flux)
        (recu,) = depot.livre.recus()
        assert (recu.etat, recu.incertain, recu.id_flux) == (Etat.INCONNU, True, first.flux.id)
        (result,) = depot.deposer_lot(CODE, [path], timeout=0)
        assert result.incertain
        assert "does not know any more" in str(result.erreur)
        depot.livre.liberer(1)
        (again,) = depot.deposer_lot(CODE, [path], timeout=0)
        assert again.flux
        assert not again.flux.repris
        assert set(on_platform.received().values()) == {1}


@pytest.mark.reconstruction
def test_a_flux_that_is_seen_again_is_deposited_as_before(tmp_path: Path) -> None:
    with behind(tmp_path, DONE, status("RECU")) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        depot._book.note_unknown(flux.numero_recu, "404")
        with pytest.raises(DepotIncertain, match="does not know any more"):
            depot.deposer(CODE, b"<a/>", nom="F.xml")
        depot.consulter(flux)
        assert depot.livre.recus()[0].etat is Etat.DEPOSE
        assert depot.deposer(CODE, b"<a/>", nom="F.xml").repris


@pytest.mark.reconstruction
def test_a_token_is_renewed_once_even_where_no_time_is_left(tmp_path: Path) -> None:
    with behind(tmp_path, DONE, said(401), status("RECEVABLE")) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        depot._clock.now = iter(range(100)).__next__
        assert depot.attendre(flux, timeout=0).recevable


@pytest.mark.reconstruction
def test_a_batch_that_only_looks_renews_a_token_once(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", "F1")
    on_platform.line.faults = [None, "expired"]
    (result,) = depot.deposer_lot(CODE, paths, timeout=0)
    assert (result.erreur, result.dernier is not None) == (None, True)


@pytest.mark.parametrize("place", ["api", "token"])
def test_a_date_of_retry_after_counts_up_to_the_cap(tmp_path: Path, place: str) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    late = format_datetime(datetime.now(UTC) + timedelta(seconds=500), usegmt=True)
    for date, least, most in ((soon, 30.0, 60.0), (late, 0.0, 0.0)):
        answer = said(429, Retry_After=date)
        answers, tokens = ([answer], (GIVEN,)) if place == "api" else ([DONE], (answer, GIVEN))
        with behind(tmp_path, *answers, DONE, tokens=tokens) as depot:
            name = f"{date[5:25].replace(':', '-')}.xml"
            if date == soon:
                assert depot.deposer(CODE, date.encode(), nom=name).id == ID
            else:
                with pytest.raises(IndisponibleError, match="more than 120 s is not") as caught:
                    depot.deposer(CODE, date.encode(), nom=name)
                assert 400 < float(caught.value.attendre or 0) <= 500
            assert least <= depot._clock.now() <= most


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a" * 253 + ".xml", b"<a/>", "has 257 characters, 256 at most"),
        ("a\tb.xml", b"<a/>", "cannot be seen"),
        ("a\x00b.xml", b"<a/>", "cannot be seen"),
        ("a/b.xml", b"<a/>", "holds /"),
        ("F.xml", b"", "empty"),
        ("F.xml", b" " * 30_000_001, "30000001 bytes, 30000000 at most"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_what_no_platform_takes_is_refused_before_it_is_sent(
    tmp_path: Path, name: str, content: bytes, words: str, force: bool
) -> None:
    with behind(tmp_path, DONE) as depot:
        with pytest.raises(FichierError, match=words):
            depot.deposer(CODE, content, nom=name, forcer=force)
        assert depot.livre.recus() == []
        gateway: Any = depot._shared.pool._transport
        assert gateway._transport.tokens == 0
        assert depot.deposer(CODE, b"<a/>", nom="a" * 252 + ".xml").id == ID


def envelopes(folder: Path, number: int) -> list[Path]:
    """Files of one name each in a folder of its own: as many envelopes."""
    paths = [folder / str(each) / "F.xml" for each in range(number)]
    for each, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        # Big in an envelope too, so that an upload has a middle.
        noise = f"<!--{Random(each).randbytes(400_000).hex()}--></Invoice>".encode()
        path.write_bytes(facture_ubl(f"E{each}").replace(b"</Invoice>", noise))
    return paths


@pytest.mark.reconstruction
def test_one_cut_upload_does_not_stop_a_batch(tmp_path: Path) -> None:
    cut = broken(httpx.WriteError, early=True)
    paths = envelopes(tmp_path / "in", 4)
    ids = [said(201, f'{{"idFlux": "{number}"}}') for number in range(4)]
    answers = [ids[0], *[cut] * 5, *ids[2:], status("RECU")]
    with behind(tmp_path, *answers) as depot:
        results = depot.deposer_lot(CODE, paths, timeout=0, simultanes=1)
        assert [result.flux is not None for result in results] == [True, False, True, True]
        assert not results[1].incertain
        assert len(depot.livre.recus()) == 3
    # Two in a row are no accident any more.
    with behind(tmp_path / "again", *[cut] * 10, DONE) as depot:
        results = depot.deposer_lot(CODE, paths, timeout=0, simultanes=1)
        assert [result.flux for result in results] == [None] * 4
        told = [str(result.erreur).startswith("not deposited") for result in results]
        assert told == [False, False, True, True]


@pytest.mark.parametrize("answer", [page(403), said(404), page(405), said(302, Location="/x")])
@pytest.mark.reconstruction
def test_a_batch_stops_at_what_the_next_envelope_would_meet(tmp_path: Path, answer: Answer) -> None:
    paths = envelopes(tmp_path / "in", 3)
    with behind(tmp_path, answer) as depot:
        results = depot.deposer_lot(CODE, paths, timeout=0, simultanes=1)
        gateway: Any = depot._shared.pool._transport
        assert gateway._transport.calls == 1
    assert [result.flux for result in results] == [None] * 3
    assert all(result.erreur for result in results)


@pytest.mark.reconstruction
def test_one_unreadable_answer_costs_its_own_files_alone(tmp_path: Path) -> None:
    paths = envelopes(tmp_path / "in", 3)
    answers = [
        said(201, '{"idFlux": "1"}'), page(201), said(201, '{"idFlux": "3"}'), status("RECU"),
    ]  # fmt: skip
    with behind(tmp_path, *answers) as depot:
        results = depot.deposer_lot(CODE, paths, timeout=0, simultanes=1)
    assert [r.flux and r.flux.id for r in results] == ["1", None, "3"]
    assert [r.incertain for r in results] == [False, True, False]


def test_whatever_goes_wrong_with_an_envelope_costs_its_own_files_alone(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / folder / "F.xml" for folder in "abc"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(facture_ubl(f"F-{path.parent.name}"))
    number, asked = depot._book.next_number, iter("abc")

    def fails(code: str) -> int:
        if next(asked) == "b":
            raise RuntimeError("nobody foresaw this")
        return number(code)

    monkeypatch.setattr(depot._book, "next_number", fails)
    results = depot.deposer_lot(CODE, paths, timeout=0, simultanes=1)
    assert [result.flux is not None for result in results] == [True, False, True]
    assert results[1].erreur == "F.xml: RuntimeError: nobody foresaw this"
    assert len(on_platform.flux()) == 2


def test_an_envelope_whose_turn_comes_after_the_end_stays_here(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    paths = [tmp_path / folder / "F.xml" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(facture_ubl(f"F-{path.parent.name}"))
    batch = depot._lot(CODE, paths).batch()
    batch.sort(map(str, paths), redeposit=False)
    first, second = batch.deposits()
    batch.stopped_by = AuthentificationError("no access")
    assert [*first, *second] == []  # nothing is asked for
    told = [str(result.erreur) for result in batch.settled()]
    assert told == ["not deposited: no access"] * 2
    assert on_platform.line.calls == []


def test_a_file_that_changed_since_it_was_looked_at_is_in_no_envelope(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    changing, _ = paths = written(tmp_path / "in", "F1", "F2")
    batch = depot._lot(CODE, paths).batch()
    batch.sort(map(str, paths), redeposit=False)
    changing.write_bytes(facture_ubl("F9"))
    next(batch.deposits()).close()
    (told,) = batch.settled()
    assert told.chemin == str(changing)
    assert "changed while it was read" in str(told.erreur)
    assert on_platform.line.calls == []


def test_too_many_open_files_is_told_as_ours(
    on_platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.EMFILE, "Too many open files")

    def fails(*_: Any, **__: Any) -> Any:
        raise full

    paths = written(tmp_path / "in", "F1", "F2")
    with on_platform.client() as depot:
        with monkeypatch.context() as patch:
            patch.setattr(httpx.Client, "send", fails)
            for call in (lambda: depot.deposer(CODE, b"<a/>", nom="F.xml"), depot.sante):
                with pytest.raises(IndisponibleError, match="ulimit"):
                    call()
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "TemporaryFile", fails)
            results = depot.deposer_lot(CODE, paths, timeout=0)
        assert all("ulimit" in str(result.erreur) for result in results)
        assert on_platform.flux() == {}
        assert all(result.flux for result in depot.deposer_lot(CODE, paths, timeout=0))


@pytest.mark.reconstruction
def test_a_date_without_an_offset_is_utc(tmp_path: Path) -> None:
    date = f'"{_date_name()}": "2026-11-27T03:00:00"'
    answer = said(200, f'{{"idFlux": "{ID}", "statut": "RECU", {date}}}')
    with behind(tmp_path, answer) as depot:
        assert depot.consulter(ID).date == datetime(2026, 11, 27, 3, tzinfo=UTC)


@pytest.mark.reconstruction
def test_a_date_nobody_knows_is_named_and_hides_no_status(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = said(200, f'{{"idFlux": "{ID}", "statut": "RECEVABLE", "{_date_name()}": "demain"}}')
    with behind(tmp_path, answer) as depot:
        told = depot.consulter(ID)
    assert (told.recevable, told.date) == (True, None)
    assert "'demain'" in caplog.text


def _date_name() -> str:
    from depot_flux._contract import contract

    (place,) = (p for p in contract().consulter.answers["200"] if p["role"] == "date_statut")
    return str(place["path"][-1])


def test_an_error_goes_from_one_process_to_another(tmp_path: Path) -> None:
    errors: list[DepotFluxError] = []
    with behind(tmp_path, said(504, "x"), page(403)) as depot:
        calls: list[Callable[[], object]] = [
            lambda: depot.deposer(CODE, b"<a/>", nom="F.xml"),
            lambda: depot.deposer(CODE, b"<b/>", nom="F.xml"),
            lambda: depot.consulter(ID),
        ]
        for call in calls:
            with pytest.raises(DepotFluxError) as caught:
                call()
            errors.append(caught.value)
    errors.append(DelaiDepasse("late", "1", None))
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert isinstance(errors[1], DoublonError)
    assert errors[1].semblable is Semblable.NOM


@pytest.mark.reconstruction
def test_an_asynchronous_client_waits_a_refusal_out_too(tmp_path: Path) -> None:
    gateway = Gateway([DONE, problem(404), status("RECEVABLE")], [GIVEN])

    async def program() -> bool:
        async with AsyncDepotFlux(configuration_of(tmp_path), transport=gateway) as depot:
            depot._clock.pause = lambda _: asyncio.sleep(0)
            flux = await depot.deposer(CODE, b"<a/>", nom="F.xml")
            return (await depot.attendre(flux)).recevable

    assert asyncio.run(program())


@pytest.mark.reconstruction
def test_the_hook_of_readme_lets_the_generated_client_cope_with_pages() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    found = re.search(
        r"^def refuse_pages.*?raise_for_status\(\)$", readme, re.DOTALL | re.MULTILINE
    )
    assert found
    names: dict[str, Any] = {}
    exec(found[0], names)
    for answer, error in ((page(403), httpx.HTTPStatusError), (page(403), ValueError)):
        hooks = [names["refuse_pages"]] if error is httpx.HTTPStatusError else []
        client = AuthenticatedClient(
            "https://x.example",
            "token",
            httpx_args={
                "transport": Gateway([answer], [GIVEN]), "event_hooks": {"response": hooks},
            },
        )  # fmt: skip
        with pytest.raises(error):
            consulter_flux.sync("1", client=client)
    client = AuthenticatedClient(
        "https://x.example",
        "token",
        httpx_args={
            "transport": Gateway([problem(404)], [GIVEN]),
            "event_hooks": {"response": [names["refuse_pages"]]},
        },
    )
    assert consulter_flux.sync_detailed("1", client=client).parsed is not None
