"""Status as a pure function of facts and time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from depot_flux_simulator.flux.lifecycle import Facts, Pace, Statut, current, history, steps

instants = st.integers(0, 10_000)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Facts, Pace]:
    """Facts and the pace they were settled under."""
    pace = Pace(draw(st.integers(0, 5_000)), draw(st.integers(0, 5_000)))
    deposited = Facts.deposited(draw(instants), pace)
    if draw(st.booleans()):
        return deposited, pace
    verdict_le = deposited.depose_le + draw(st.integers(0, 20_000))
    return deposited.judged(recevable=draw(st.booleans()), le=verdict_le), pace


def facts() -> st.SearchStrategy[Facts]:
    return lives().map(lambda life: life[0])


ORDER = {
    Statut.RECU: 0,
    Statut.EN_COURS_DE_TRAITEMENT: 1,
    Statut.RECEVABLE: 2,
    Statut.IRRECEVABLE: 2,
}


@given(facts(), instants, instants)
def test_a_status_never_goes_backwards(known: Facts, t1: int, t2: int) -> None:
    earlier, later = sorted((t1, t2))
    before, after = current(known, earlier), current(known, later)
    assert ORDER[before.statut] <= ORDER[after.statut]
    assert before.depuis <= after.depuis
    if before.statut.final:
        assert after == before


@given(facts(), instants)
def test_a_status_has_taken_effect_once_it_shows(known: Facts, now: int) -> None:
    shown = history(known, now)
    assert shown[0].statut is Statut.RECU
    assert shown[0].depuis == known.depose_le
    assert all(step.depuis <= now for step in shown[1:])
    assert all(one.depuis <= other.depuis for one, other in pairwise(shown))


@given(lives())
def test_it_ends_as_the_verdict_says_and_not_before_it(life: tuple[Facts, Pace]) -> None:
    known, pace = life
    *_, last = steps(known)
    if known.recevable is None or known.verdict_le is None:
        assert last.statut is Statut.EN_COURS_DE_TRAITEMENT
        return
    assert last.statut is (Statut.RECEVABLE if known.recevable else Statut.IRRECEVABLE)
    assert last.depuis >= known.verdict_le
    delays = (pace.recu or 0) + (pace.traitement or 0)
    assert last.depuis >= known.depose_le + delays


def test_the_delays_are_kept_to_the_millisecond() -> None:
    known = Facts.deposited(1_000, Pace(2_000, 3_000)).judged(recevable=True, le=1_500)
    assert current(known, 2_999).statut is Statut.RECU
    assert current(known, 3_000).statut is Statut.EN_COURS_DE_TRAITEMENT
    assert current(known, 5_999).statut is Statut.EN_COURS_DE_TRAITEMENT
    assert current(known, 6_000).statut is Statut.RECEVABLE


def test_without_pace_the_end_shows_with_the_verdict() -> None:
    known = Facts.deposited(1_000, Pace() * 0).judged(recevable=False, le=1_004)
    assert current(known, 1_003).statut is Statut.EN_COURS_DE_TRAITEMENT
    assert current(known, 1_004).statut is Statut.IRRECEVABLE
