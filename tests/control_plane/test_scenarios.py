"""Every scenario, by the status a client reads; and what the control plane says of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depot_flux_simulator.flux import reserved
from depot_flux_simulator.flux.forced import Forced
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Scenario
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Calls, Simulator
from tests.support.contract import CONTRACT, names_the_file, states_the_interface
from tests.support.served import access
from tests.support.steering import steer

UBL = facture_ubl()
WRONG = b"<Invoice/>"


def ends(simulator: Simulator, nom: str = "facture.xml", content: bytes = UBL) -> str:
    """Deposit, wait a day, and read the status as a client does."""
    id_flux = simulator.deposit(content, name=nom)
    simulator.advance("1d")
    return str(simulator.status(id_flux))


def irrecevable(code: Code) -> Forced:
    return Forced((f"SIM-{code}",), Statut.IRRECEVABLE, (code,))


def test_without_a_scenario_the_controls_decide(depot_flux_simulator: Simulator) -> None:
    assert ends(depot_flux_simulator, content=UBL) == "RECEVABLE"
    assert ends(depot_flux_simulator, content=WRONG) == "IRRECEVABLE"
    assert not depot_flux_simulator.search()[0].flux.forced.par


@pytest.mark.parametrize("statut", ["RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE"])
@pytest.mark.parametrize("content", [UBL, WRONG])
def test_a_flux_ends_as_told(depot_flux_simulator: Simulator, statut: str, content: bytes) -> None:
    depot_flux_simulator.scenario(statut=statut)
    assert ends(depot_flux_simulator, content=content) == statut
    depot_flux_simulator.advance("36500d")
    assert depot_flux_simulator.search()[0].statut == statut


@pytest.mark.parametrize("code", Code)
def test_a_motif_is_forced(depot_flux_simulator: Simulator, code: Code) -> None:
    rule = depot_flux_simulator.scenario(motifs=[code])
    assert ends(depot_flux_simulator) == "IRRECEVABLE"
    (vue,) = depot_flux_simulator.search()
    assert vue.codes == (code,)
    assert vue.flux.forced.par == (f"scenario {rule.id}",)
    assert "forcé" in vue.motifs[0].message
    assert "recevable" in vue.verdict.remarques[0]  # what the controls really found


def test_delays_are_its_own(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.scenario(recu="1h", traitement=timedelta(days=2))
    id_flux = depot_flux_simulator.deposit(UBL)
    seen = []
    for step in ("59m59s999ms", "1ms", "47h59m59s999ms", "1ms"):
        depot_flux_simulator.advance(step)
        seen.append(depot_flux_simulator.status(id_flux))
    assert seen == ["RECU", "EN_COURS_DE_TRAITEMENT", "EN_COURS_DE_TRAITEMENT", "RECEVABLE"]


@pytest.mark.parametrize(
    ("match", "matching", "other"),
    [
        pytest.param(
            {"nom": "lot-*.xml"}, {"nom": "lot-7.xml"}, {"nom": "Lot-7.xml"}, marks=names_the_file
        ),
        ({"sha256": sha256(UBL).hexdigest().upper()}, {"content": UBL}, {"content": UBL + b"\n"}),
    ],
)
def test_it_matches_what_it_names(
    depot_flux_simulator: Simulator,
    match: dict[str, Any],
    matching: dict[str, Any],
    other: dict[str, Any],
) -> None:
    depot_flux_simulator.scenario(motifs=["IRR_ANTIVIRUS"], **match)
    assert ends(depot_flux_simulator, **other) == "RECEVABLE"
    assert ends(depot_flux_simulator, **matching) == "IRRECEVABLE"


@states_the_interface
def test_it_matches_an_interface_and_an_application(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.scenario(code_interface="FSO3117A", statut="RECU")
    depot_flux_simulator.scenario(code_application="BBB456", statut="RECU")
    first, second = depot_flux_simulator.applications
    for application, code, forced in [
        (first, "FSO3110A", False),
        (first, "FSO3117A", True),
        (second, "FSO3110A", True),
    ]:
        id_flux = depot_flux_simulator.deposit(UBL, code=code, application=application)
        depot_flux_simulator.advance("1d")
        vue = depot_flux_simulator.flux(id_flux)
        assert (vue.statut is Statut.RECU) is forced


@names_the_file
def test_next_n_and_nth(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.scenario(nom="a*", times=2, statut="RECU")
    depot_flux_simulator.scenario(nom="b*", nth=2, statut="RECU")
    depot_flux_simulator.scenario(nom="c*", nth=2, times=2, statut="RECU")
    ended = {
        name: [ends(depot_flux_simulator, f"{name}.xml") == "RECU" for _ in range(4)]
        for name in "abc"
    }
    assert ended == {
        "a": [True, True, False, False],
        "b": [False, True, False, False],
        "c": [False, True, True, False],
    }


def test_the_newest_has_the_last_word(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.scenario(motifs=["IRR_SYNTAX"], recu="1h")
    depot_flux_simulator.scenario(statut="RECEVABLE")
    id_flux = depot_flux_simulator.deposit(WRONG)
    depot_flux_simulator.advance("59m")
    assert depot_flux_simulator.flux(id_flux).statut is Statut.RECU
    depot_flux_simulator.advance("2m")
    assert depot_flux_simulator.flux(id_flux).statut is Statut.RECEVABLE


@pytest.mark.parametrize(
    "values",
    [
        {"statut": "IRRECEVABLE"},
        {"statut": "RECEVABLE", "motifs": ["IRR_SYNTAX"]},
        {"motifs": ["IRR_UNKNOWN"]},
        {"nth": 0},
        {"recu": "soon"},
    ],
)
def test_contradictions_are_refused(
    depot_flux_simulator: Simulator, values: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        depot_flux_simulator.scenario(**values)
    with depot_flux_simulator.client() as client:
        assert client.post("/_simulator/scenarios", json=values).status_code == 422
        assert client.get("/_simulator/scenarios").json() == []


def test_next_n_is_right_among_processes(granian: str) -> None:
    steer(granian, "reset")
    steer(granian, "scenarios", statut="RECU", times=7)
    steer(granian, "faults", kind="status", operations=["deposer"], nth=1, times=5)
    headers = access(granian)

    def one(_: int) -> int:
        with httpx.Client(base_url=granian, headers=headers) as client:
            return Calls(client, CONTRACT).deposer(WRONG).status

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(one, range(40)))
    assert (codes.count(503), codes.count(CONTRACT.deposer.success)) == (5, 35)
    page = httpx.get(f"{granian}/_simulator/flux?limit=200").json()
    assert sum(flux["force"] for flux in page["flux"]) == 7


@names_the_file
@pytest.mark.parametrize(("nom", "effect"), list(reserved.table()))
def test_reserved_names(depot_flux_simulator: Simulator, nom: str, effect: str) -> None:
    content = WRONG if nom == "SIM-RECEVABLE" else UBL
    file = f"facture_{nom}.xml"
    id_flux = depot_flux_simulator.deposit(content, name=file)
    depot_flux_simulator.advance("9m")
    early = depot_flux_simulator.status(id_flux)
    depot_flux_simulator.advance("1d")
    late = depot_flux_simulator.status(id_flux)
    vue = depot_flux_simulator.flux(id_flux)
    assert vue.flux.forced.par == (nom,)
    if nom.startswith("SIM-IRR"):
        assert (late, vue.codes) == ("IRRECEVABLE", (nom.removeprefix("SIM-"),))
    else:
        expected = {
            "SIM-RECEVABLE": ("RECEVABLE", "RECEVABLE"),
            "SIM-RECU": ("RECU", "RECU"),
            "SIM-EN_COURS": ("EN_COURS_DE_TRAITEMENT",) * 2,
            "SIM-LENT-10M": ("EN_COURS_DE_TRAITEMENT", "RECEVABLE"),
        }
        assert (early, late) == expected[nom]


@pytest.mark.parametrize(
    ("nom", "forced"),
    [
        ("facture.xml", Forced()),
        ("sim-recu.xml", Forced()),
        ("SIM-IRR_TAILLE_F.xml", irrecevable(Code.IRR_TAILLE_F)),
        ("SIM-IRR_TAILLE_2026", irrecevable(Code.IRR_TAILLE)),
        ("SIM-IRR_TAILLE_FACTURE", irrecevable(Code.IRR_TAILLE)),
        ("SIM-RECUPERE.xml", Forced()),
        ("SIM-LENT-1h30m.xml", Forced(("SIM-LENT-1h30m",), traitement_ms=5_400_000)),
        ("SIM-LENT-999999999D.xml", Forced()),
        ("SIM-LENT-10MO.xml", Forced()),
    ],
)
def test_reserved_names_are_whole_words(nom: str, forced: Forced) -> None:
    assert reserved.forced_by(nom) == forced


def test_reserved_names_add_up() -> None:
    forced = reserved.forced_by("SIM-IRR_VIDE SIM-IRR_TYPE SIM-LENT-3S.xml")
    assert forced.motifs == (Code.IRR_VIDE, Code.IRR_TYPE)
    assert forced.traitement_ms == 3_000


@given(st.text(max_size=300))
def test_no_name_is_too_much(nom: str) -> None:
    reserved.forced_by("SIM-" + nom)


@names_the_file
def test_reserved_names_can_be_switched_off() -> None:
    with Simulator(reserved_names=False) as simulator:
        assert ends(simulator, "SIM-IRR_ANTIVIRUS.xml") == "RECEVABLE"


@given(st.integers(1, 5), st.none() | st.integers(1, 5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_rule_applies_to_a_window(nth: int, times: int | None) -> None:
    applied = [n for n in range(1, 20) if Scenario(nth=nth, times=times).applies(n)]
    assert applied == list(range(nth, nth + (times or 1)))
