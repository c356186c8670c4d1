"""Clock, settings, quota, reset and journal over HTTP; and who may use them."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator.flux.clock import LAST, BackwardsError, Mode, Reading
from depot_flux_simulator.flux.lifecycle import Statut, current
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.journal import Journal
from depot_flux_simulator.store.rings import Rings
from depot_flux_simulator.testing import Application, Calls, RefusedError, Simulator
from depot_flux_simulator.web.app import create_app
from tests.support.contract import CONTRACT, names_the_file, states_the_interface, unknown
from tests.support.served import access
from tests.support.steering import steer
from tests.support.stores import database_of

instants = st.integers(0, LAST)


def test_every_process_sees_the_clock_move_at_once(granian: str) -> None:
    steer(granian, "reset")
    before = datetime.fromisoformat(steer(granian, "clock", mode="manual")["now"])
    seen = steer(granian, "clock", advance="1h")["now"]
    assert datetime.fromisoformat(seen) - before == timedelta(hours=1)

    def read(_: int) -> str:
        return str(httpx.get(f"{granian}/_simulator/clock").json()["now"])

    with ThreadPoolExecutor(4) as pool:  # new connections, so both processes answer
        assert set(pool.map(read, range(16))) == {seen}


def test_the_engine_lives_by_the_same_clock(granian: str) -> None:
    steer(granian, "reset")
    steer(granian, "clock", mode="manual")
    with httpx.Client(base_url=granian, headers=access(granian)) as client:
        api = Calls(client, CONTRACT)
        id_flux = api.deposer(facture_ubl()).id_flux
        deadline = time.monotonic() + 20
        assert api.consulter(id_flux).statut == "RECU"
        steer(granian, "clock", advance=5)
        while api.consulter(id_flux).statut != "RECEVABLE":
            assert time.monotonic() < deadline


@given(instants, instants, st.floats(0, 1e5), instants, instants)
def test_time_never_goes_backwards(
    real: int, simulated: int, factor: float, one: int, other: int
) -> None:
    early, late = sorted((max(one, real), max(other, real)))
    reading = Reading(real, simulated, factor)
    if reading.mode is not Mode.REAL:
        assert reading.at(early) <= reading.at(late) <= max(LAST, simulated)
    assert reading.paced(late, 0).at(late + 5) == reading.at(late)
    with pytest.raises(BackwardsError):
        reading.moved(late, reading.at(late) - 1)


WRONG_MOVES: list[tuple[dict[str, Any], int]] = [
    ({"to": "2020-01-01T00:00:00Z"}, 409),
    ({"to": "3001-01-01T00:00:00Z"}, 422),
    ({"to": "tomorrow"}, 422),
    ({"advance": -1}, 422),
    ({"advance": "1 hour"}, 422),
    ({"mode": "manual", "factor": 2}, 422),
    ({}, 422),
    ({"speed": 2}, 422),
]


@pytest.mark.parametrize(("body", "status"), WRONG_MOVES)
def test_a_wrong_move_moves_nothing(
    depot_flux_simulator: Simulator, body: dict[str, Any], status: int
) -> None:
    before = depot_flux_simulator.now()
    with depot_flux_simulator.client() as client:
        answer = client.post("/_simulator/clock", json=body)
    assert answer.status_code == status
    assert answer.json()["statut"] == status
    assert depot_flux_simulator.now() == before


def test_modes(depot_flux_simulator: Simulator) -> None:
    with depot_flux_simulator.client() as client:

        def move(**body: Any) -> Any:
            return client.post("/_simulator/clock", json=body).json()

        assert (move(mode="scaled")["factor"], move(factor=7)["mode"]) == (60, "scaled")
        assert move(mode="real")["factor"] == 1
        stopped = move(mode="manual")["now"]
        assert client.get("/_simulator/clock").json()["now"] == stopped


def test_quota(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.quota(3)
    first, second = depot_flux_simulator.applications

    def deposit(seconds: str | None = None, application: Application = first) -> None:
        """Deposit, or be told to come back in so many seconds."""
        if seconds is None:
            depot_flux_simulator.deposit(b"<x/>", application=application)
            return
        with pytest.raises(RefusedError) as refused:
            depot_flux_simulator.deposit(b"<x/>", application=application)
        assert refused.value.status == 429
        assert refused.value.response.headers["Retry-After"] == seconds

    for _ in range(3):
        deposit()
        depot_flux_simulator.advance("10m")
    deposit("1800")
    deposit(application=second)
    depot_flux_simulator.advance(1799)
    deposit("1")
    depot_flux_simulator.advance(1)
    deposit()
    deposit("600")
    depot_flux_simulator.quota(None)
    deposit()
    assert len(depot_flux_simulator.search(code_application="AAA123")) == 5


def test_settings_over_http(depot_flux_simulator: Simulator, calls: Calls) -> None:
    with depot_flux_simulator.client() as client:
        changed = client.patch("/_simulator/settings", json={"flux_per_hour": 1, "pace": 0})
        assert changed.json() == {"pace": 0, "flux_per_hour": 1}
        assert calls.deposer(b"<x/>").accepted
        assert calls.deposer(b"<x/>").status == 429
        client.patch("/_simulator/settings", json={"flux_per_hour": None})
        assert calls.deposer(b"<x/>").accepted
        assert client.get("/_simulator/settings").json() == {"pace": 0, "flux_per_hour": None}


def test_a_page_of_flux(depot_flux_simulator: Simulator) -> None:
    ids = [depot_flux_simulator.deposit(b"<x/>", name=f"{n}.xml") for n in range(5)]
    with depot_flux_simulator.client() as client:
        url = "/_simulator/flux?limit=2"
        found: list[str] = []
        page: dict[str, Any] = {"suivant": ""}
        while page["suivant"] is not None:
            page = client.get(f"{url}&before={page['suivant']}" if found else url).json()
            assert page["total"] == 5
            found += [flux["id_flux"] for flux in page["flux"]]
    assert found == ids[::-1]


def test_filters(depot_flux_simulator: Simulator) -> None:
    depot_flux_simulator.deposit(b"")
    depot_flux_simulator.advance("1m")
    depot_flux_simulator.deposit(facture_ubl())
    with depot_flux_simulator.client() as client:

        def names(query: str) -> list[int]:
            answer = client.get(f"/_simulator/flux?{query}")
            assert answer.status_code == 200, answer.text
            return [flux["taille"] for flux in answer.json()["flux"]]

        assert names("statut=IRRECEVABLE") == [0]
        assert names("motif=IRR_VIDE") == [0]
        assert names("motif=IRR_SYNTAX") == []
        assert names("statut=RECU&code_application=AAA123") == [len(facture_ubl())]
        assert names("depuis=2026-09-01T08:00:01Z") == [len(facture_ubl())]
        assert names("avant=2026-09-01T08:00:01Z") == [0]
        assert client.get("/_simulator/flux?depuis=2026").status_code == 400


@names_the_file
@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "SIM-RECU", "SIM-EN_COURS", "SIM-RECEVABLE", "SIM-IRR_VIDE"]),
            st.sampled_from(["", "SIM-LENT-3S", "SIM-LENT-1M"]),
        ),
        max_size=4,
    ),
    st.sampled_from(["0s", "1999ms", "2s", "4999ms", "5s", "61s", "62s"]),
)
@settings(deadline=None, max_examples=30)
def test_the_filter_agrees_with_the_life_cycle(
    shared: Simulator, names: list[tuple[str | None, str]], later: str
) -> None:
    shared.reset()
    for pair in names:
        shared.deposit(b"<x/>", name="-".join(filter(None, pair)) or "plain.xml")
        shared.advance("500ms")
    now = int(shared.advance(later).timestamp() * 1_000)
    every = shared.search()
    for statut in Statut:
        expected = [vue.id_flux for vue in every if current(vue.flux.facts, now).statut is statut]
        assert [vue.id_flux for vue in shared.search(statut=statut)] == expected


@pytest.fixture(scope="module")
def shared() -> Any:
    with Simulator() as simulator:
        yield simulator


def test_download(depot_flux_simulator: Simulator) -> None:
    id_flux = depot_flux_simulator.deposit(b"<script>", name='<script>".html')
    with depot_flux_simulator.client() as client:
        answer = client.get(f"/_simulator/flux/{id_flux}/contenu")
        assert answer.content == b"<script>"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert client.get("/_simulator/flux/1/contenu").status_code == 404


class TestJournal:
    def test_a_call(self, depot_flux_simulator: Simulator, calls: Calls) -> None:
        deposited = calls.deposer(b"<x/>")
        id_flux = deposited.id_flux
        calls.consulter(id_flux)
        calls.consulter(nobodys := unknown())
        with depot_flux_simulator.client() as client:
            address = CONTRACT.location(id_flux, CONTRACT.base_path)
            mark = "&" if "?" in address else "?"
            client.get(f"{address}{mark}x=1&client_secret=hush")
            told = client.get("/_simulator/journal").json()["appels"]
        (secret, unknown_one, read, written) = told
        assert (written["operation"], written["statut"]) == ("deposer", CONTRACT.deposer.success)
        assert (written["id_flux"], written["code_application"]) == (id_flux, "AAA123")
        assert written["taille_requete"] == len(deposited.response.request.content) >= 4
        assert written["taille_reponse"] == len(deposited.response.content)
        assert written["date"] == "2026-09-01T08:00:00.000Z"
        assert (read["operation"], read["id_flux"]) == ("consulter", id_flux)
        assert secret["requete"].endswith("x=1&client_secret=***")
        assert unknown_one["id_flux"] == nobodys

    @names_the_file
    @states_the_interface
    def test_what_a_deposit_said(self, depot_flux_simulator: Simulator) -> None:
        depot_flux_simulator.deposit(b"<x/>", name="é.xml")
        (written,) = depot_flux_simulator.journal()
        assert (written.nom, written.code_interface) == ("é.xml", "FSO3110A")

    @pytest.mark.reconstruction
    def test_refused_calls(self, depot_flux_simulator: Simulator) -> None:
        with depot_flux_simulator.client() as client:
            client.post("/flux", files={"fichier": ("a.xml", b"")})
            client.get("/flux/none", headers={"cpro-account": "x"})
        refused, strange = depot_flux_simulator.journal()
        assert (refused.statut, refused.id_flux) == (400, None)
        assert "codeInterface" in (refused.probleme or "")
        assert strange.id_flux == "none"

    def test_it_is_told_oldest_first_and_newest_first_over_http(
        self, depot_flux_simulator: Simulator
    ) -> None:
        ids = [depot_flux_simulator.deposit(b"<x/>") for _ in range(3)]
        assert [call.id_flux for call in depot_flux_simulator.journal()] == ids
        with depot_flux_simulator.client() as client:
            told = client.get("/_simulator/journal").json()["appels"]
        assert [call["id_flux"] for call in told] == ids[::-1]

    def test_faults_are_noted(self, depot_flux_simulator: Simulator, calls: Calls) -> None:
        depot_flux_simulator.fault("status", times=1)
        depot_flux_simulator.fault("reset_after_store", nth=2)
        assert calls.deposer(b"<x/>").status == 503
        with pytest.raises(httpx.ReadError):
            calls.deposer(b"<x/>")
        refused, cut = depot_flux_simulator.journal()
        assert (refused.statut, refused.pannes) == (503, ["status"])
        assert (cut.statut, cut.pannes) == (0, ["reset_after_store"])
        assert cut.id_flux == depot_flux_simulator.search()[0].id_flux

    def test_filters_and_pages(self, depot_flux_simulator: Simulator, calls: Calls) -> None:
        for _ in range(3):
            calls.deposer(b"<x/>")
            calls.consulter(unknown())
        with depot_flux_simulator.client() as client:
            url = "/_simulator/journal?operation=consulter&statut=404&limit=2"
            first = client.get(url).json()
            second = client.get(f"{url}&before={first['suivant']}").json()
        assert first["total"] == second["total"] == 3
        assert (len(first["appels"]), len(second["appels"])) == (2, 1)
        assert second["suivant"] is None

    def test_no_secret_is_kept(self, depot_flux_simulator: Simulator, calls: Calls) -> None:
        application = depot_flux_simulator.applications[0]
        headers = depot_flux_simulator.headers()
        form = {"client_secret": application.client_secret, "grant_type": "client_credentials"}
        with depot_flux_simulator.client() as client:
            client.post("/api/oauth/token", data=form | {"client_id": application.client_id})
            calls.consulter(unknown())
            shown = client.get("/_simulator/journal").text
        written = b"".join(
            path.read_bytes() for path in Path(depot_flux_simulator.folder).glob("**/*.ring")
        )
        for secret in (application.client_secret, headers["cpro-account"], "eyJ"):
            assert secret not in shown
            assert secret.encode() not in written

    @pytest.mark.reconstruction
    def test_curl_repeats_the_call(
        self, depot_flux_simulator: Simulator, depot_flux_simulator_url: str
    ) -> None:
        headers = depot_flux_simulator.headers()
        name = 'l\'é "1" $HOME.xml'
        with httpx.Client(base_url=depot_flux_simulator_url, headers=headers) as client:
            Calls(client, CONTRACT).deposer(b"<x>'\"</x>", name)
            call = client.get("/_simulator/journal").json()["appels"][0]
        environment = {
            "PATH": "/usr/bin:/bin",
            "TOKEN": headers["Authorization"].removeprefix("Bearer "),
            "CPRO_ACCOUNT": headers["cpro-account"],
        }
        subprocess.run(call["curl"], shell=True, check=True, env=environment, capture_output=True)
        again, first = depot_flux_simulator.search()
        assert again.flux.depot.nom == first.flux.depot.nom == name
        assert depot_flux_simulator.content(again.id_flux) == b"<x>'\"</x>"

    def test_it_is_bounded_and_survives_its_own_turns(self, tmp_path: Path) -> None:
        journal = Journal(Rings(tmp_path), lambda: 1)
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/" + '\u20ac"\\\n' * 200}
        for number in range(12_000):
            journal.write(
                environ, {"statut": 200}, epoch=1, date=number, operation=None, duree_us=1
            )
        found = journal.read()
        dates = [entry.date for entry in found]
        # The newest without a gap, as many as the ring holds.
        assert dates == list(range(11_999, 11_999 - len(dates), -1))
        assert len(dates) > 1_000
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 << 20

    def test_processes_share_it(self, granian: str) -> None:
        steer(granian, "reset")

        def call(_: int) -> int:
            with httpx.Client(base_url=granian) as client:
                return Calls(client, CONTRACT).consulter(unknown()).status

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(call, range(40))) == {401}
        assert httpx.get(f"{granian}/_simulator/journal").json()["total"] == 40


class TestAccess:
    @pytest.mark.parametrize(
        ("environ", "status"),
        [
            ({}, 200),
            ({"REMOTE_ADDR": "::1"}, 200),
            ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, 200),
            ({"REMOTE_ADDR": "192.0.2.1"}, 403),
            ({"REMOTE_ADDR": ""}, 403),
            ({"HTTP_HOST": "evil.example"}, 403),
            ({"HTTP_ORIGIN": "http://evil.example"}, 403),
            ({"HTTP_ORIGIN": "null"}, 403),
            ({"HTTP_ORIGIN": "http://localhost"}, 200),
        ],
    )
    def test_only_this_machine(
        self, depot_flux_simulator: Simulator, environ: dict[str, str], status: int
    ) -> None:
        client = depot_flux_simulator.app.test_client()
        for path in ("clock", "openapi.json"):
            answer = client.get(f"/_simulator/{path}", environ_overrides=environ)
            assert answer.status_code == status

    def test_a_token_opens_it(self, tmp_path: Path) -> None:
        chosen = Settings(database=database_of(tmp_path), inline=True, control_token="sesame")
        assert "sesame" not in repr(chosen)
        client = create_app(chosen).test_client()
        afar = {"REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "simulator"}
        for token, status in [("sesame", 200), ("Sesame", 401), ("", 401), ("é", 401)]:
            headers = {"Authorization": f"Bearer {token}"}
            answer = client.get("/_simulator/clock", headers=headers, environ_overrides=afar)
            assert answer.status_code == status
        assert client.get("/_simulator/clock").status_code == 401

    def test_it_can_be_left_out(self, tmp_path: Path) -> None:
        chosen = Settings(database=database_of(tmp_path), control_plane=False)
        client = create_app(chosen).test_client()
        for path in ("clock", "flux", "openapi.json"):
            assert client.get(f"/_simulator/{path}").status_code == 404

    def test_a_form_from_elsewhere_is_no_json(self, depot_flux_simulator: Simulator) -> None:
        with depot_flux_simulator.client() as client:
            answer = client.post("/_simulator/clock", content=b'{"advance": 1}')
        assert answer.status_code == 415
