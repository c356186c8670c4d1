"""Batches as they come: lazily, of many accounts, at a pace, stopping where nothing can go on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux import ConfigurationError, DepotFlux, ResultatFichier
from depot_flux._programs import lots
from depot_flux._programs.lots import Pace
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_sessions import COMMUNES, communes
from tests.support.fake_platform import CODE, Platform, platform

__all__ = ["communes"]


def written(folder: Path, *numbers: str) -> list[Path]:
    folder.mkdir(exist_ok=True, parents=True)
    paths = [folder / f"{number}.xml" for number in numbers]
    for path in paths:
        path.write_bytes(facture_ubl(path.stem))
    return paths


def files(folder: Path) -> dict[str, list[Path]]:
    """A file of each commune."""
    return {login: written(folder, f"F{n}") for n, login in enumerate(COMMUNES)}


def counted(paths: list[Path], taken: list[Path]) -> Iterator[Path]:
    for path in paths:
        taken.append(path)
        yield path


def test_results_come_while_the_source_is_still_being_read(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "WINDOW", 2)
    monkeypatch.setattr(lots, "_IN_A_TURN", 1)
    paths, taken = written(tmp_path / "in", *(f"F{n}" for n in range(6))), list[Path]()
    results = depot.deposer_au_fil(CODE, counted(paths, taken), simultanes=1, timeout=0)
    assert taken == []
    first = next(results)
    assert first.chemin == str(paths[0])
    assert first.dernier is not None
    assert len(taken) < 5
    rest = list(results)
    assert [Path(each.chemin) for each in (first, *rest)] == paths
    assert set(on_platform.received().values()) == {1}
    assert len(on_platform.flux()) == 3


def test_whoever_stops_reading_stops_the_batch(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "WINDOW", 1)
    monkeypatch.setattr(lots, "_IN_A_TURN", 1)
    paths = written(tmp_path / "in", *(f"F{n}" for n in range(4)))
    for _ in depot.deposer_au_fil(CODE, iter(paths), simultanes=1, timeout=0):
        break
    sent = len(on_platform.flux())
    assert sent < len(paths)
    # What went is in the book: the next run goes on from there.
    assert all(each.flux for each in depot.deposer_au_fil(CODE, paths, timeout=0))
    assert set(on_platform.received().values()) == {1}


def test_the_asynchronous_client_gives_them_as_they_come_too(
    on_platform: Platform, tmp_path: Path
) -> None:
    paths = written(tmp_path / "in", "F1", "F2")

    async def program() -> list[ResultatFichier]:
        async with on_platform.async_client() as depot:
            found = [each async for each in depot.deposer_au_fil(CODE, iter(paths))]
            return found + [each async for each in depot.deposer_lots([(depot, CODE, paths)])]

    found = asyncio.run(program())
    assert [each.recevable for each in found] == [True] * 4
    assert len(on_platform.flux()) == 1


def test_lots_of_many_accounts_go_over_one_token_and_are_told_apart(
    communes: Platform, tmp_path: Path
) -> None:
    with communes.client() as depot:
        given = {
            login: written(tmp_path / login, f"F{n}-1", f"F{n}-2")
            for n, login in enumerate(COMMUNES)
        }
        results = list(
            depot.deposer_lots(
                (depot.pour(login=login), CODE, paths) for login, paths in given.items()
            )
        )
        assert {(each.compte, each.chemin) for each in results} == {
            (login, str(path)) for login, paths in given.items() for path in paths
        }
        assert all(each.recevable for each in results)
        assert [len(depot.pour(login=login).livre.recus()) for login in COMMUNES] == [1] * 4
    assert communes.line.calls.count("POST /api/oauth/token") == 1


@pytest.mark.deep
def test_an_account_that_is_refused_costs_its_own_files_alone(
    communes: Platform, tmp_path: Path
) -> None:
    passwords = ("demo-password", "wrong")
    with communes.client() as depot:
        made = [
            (depot.pour(login=login, mot_de_passe=passwords[n % 2]), CODE, paths)
            for n, (login, paths) in enumerate(files(tmp_path).items())
        ]
        nameless = depot.pour(code_application="")
        made.append((nameless, CODE, written(tmp_path / "n", "N1")))
        found = {each.compte: each for each in depot.deposer_lots(made, simultanes=1)}
    assert [found[login].recevable for login in COMMUNES] == [True, False, True, False]
    assert "40" in str(found[COMMUNES[1]].erreur)
    assert "application code" in str(found["demo@depot-flux.example"].erreur)


def test_a_platform_out_of_reach_stops_the_lots_of_all(communes: Platform, tmp_path: Path) -> None:
    communes.line.faults = ["refused"] * 5
    with communes.client() as depot:
        given = [(depot.pour(login=login), CODE, paths) for login, paths in files(tmp_path).items()]
        found = list(depot.deposer_lots(given, simultanes=1))
    assert len(found) == len(COMMUNES)
    assert all("cannot be reached" in str(each.erreur) for each in found)
    assert communes.line.count("POST") == 5


def test_two_lost_answers_in_a_row_stop_the_lots_of_all(communes: Platform, tmp_path: Path) -> None:
    communes.line.faults = ["reset_after"] * 4
    with communes.client() as depot:
        given = [(depot.pour(login=login), CODE, paths) for login, paths in files(tmp_path).items()]
        found = {each.compte: each for each in depot.deposer_lots(given, simultanes=1, timeout=0)}
    assert [found[login].incertain for login in COMMUNES] == [True, True, False, False]
    assert "not deposited" in str(found[COMMUNES[2]].erreur)


@pytest.mark.deep
def test_five_refused_accounts_in_a_row_stop_the_others(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    given = [
        (depot.pour(login=f"nobody{n}"), CODE, written(tmp_path / str(n), f"F{n}"))
        for n in range(8)
    ]
    found = list(depot.deposer_lots(given, simultanes=1))
    assert len(found) == 8
    assert all(each.erreur for each in found)
    # Each was signed anew once before its account was believed to be wrong.
    assert on_platform.line.count("POST") <= 10


@pytest.mark.deep
def test_flux_are_followed_for_hours_and_no_oftener_than_need_be(tmp_path: Path) -> None:
    with platform(tmp_path, pace=240) as running, running.client() as depot:
        paths = written(tmp_path / "in", "F1", "F2")
        given = ((depot, CODE, [path]) for path in paths)
        results = list(depot.deposer_lots(given, timeout=4 * 3600))
        assert all(each.recevable for each in results)
        # Twenty minutes, at growing intervals up to 30 s, for two flux.
        assert 90 < running.line.count("GET") < 110


def test_a_pace_holds_in_every_hour_and_makes_up_for_a_late_turn() -> None:
    pace, now, made = Pace(1000), 0.0, list[float]()
    while now < 3 * 3600:
        wait = pace.wait(now)
        if wait > 0:
            now += wait if len(made) % 1200 != 50 else wait + 60  # now and then a turn is late
            continue
        pace.take(now)
        made.append(now)
    assert all(later - first > 3599.999 for first, later in zip(made, made[1000:], strict=False))
    assert len(made) > 2_000
    assert Pace(None).wait(0.0) == 0.0


def test_deposits_go_at_the_pace_that_is_asked_for(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "WINDOW", 1)
    paths = written(tmp_path / "in", "F1", "F2", "F3")
    start = on_platform.seconds()
    assert len(list(depot.deposer_au_fil(CODE, iter(paths), timeout=0, par_heure=60))) == 3
    assert 120 <= on_platform.seconds() - start < 130
    for wrong in (0, -1):
        with pytest.raises(ConfigurationError, match="par_heure"):
            depot.deposer_lot(CODE, paths, par_heure=wrong)
