"""What is done on the page is done by the control plane, and the lines shown do the same."""

import io
import json
import shlex
import tarfile
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from lxml import html
from werkzeug.datastructures import MultiDict

from depot_flux_simulator.flux.clock import Mode
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_facturx, facture_ubl
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.page.actions import ACTIONS, Form
from depot_flux_simulator.web.page.rendering import PARTS
from tests.page.browsing import PAGE, Browser
from tests.support.stores import kept_bytes

BROKEN = facture_ubl("F1").replace(b"cbc:IssueDate>", b"cbc:DateEmission>")


def deposit(browser: Browser, *files: tuple[bytes, str], **fields: Any) -> Any:
    filled = {name: value for name, value in fields.items() if value}
    form: dict[str, Any] = {"code_application": "AAA123", "action": "deposit", **filled}
    form["fichiers"] = [(BytesIO(content), name) for content, name in files]
    return browser.post("/deposit", form)


def stored(browser: Browser) -> int:
    """Of how many flux the store keeps the bytes."""
    parts = browser.client.application.extensions["depot_flux"]
    return len(kept_bytes(parts.store))


# Deposit


def test_a_file_is_deposited_under_the_code_that_is_guessed_or_chosen(browser: Browser) -> None:
    for content, name, chosen, code in (
        (facture_ubl("F1"), "a.xml", "", "FSO3110A"),
        (facture_facturx("F2"), "b.pdf", "", "FSO3117A"),
        (facture_ubl("F3"), "c.xml", "FSO3300A", "FSO3300A"),
        (b"nothing", "d.txt", "", ""),
    ):
        answer = deposit(browser, (content, name), code_interface=chosen)
        assert answer.status_code == 303
        id_flux = answer.location.rpartition("/")[2]
        view = browser.simulator.flux(id_flux)
        assert (view.flux.depot.nom, view.flux.depot.code_interface) == (name, code)
        assert browser.simulator.content(id_flux) == content
    guessed = {"nom": "a.xml", "debut": (BytesIO(facture_ubl("F1")[:2_000]), "debut")}
    assert browser.post("/deposit/guess", guessed).get_data(as_text=True).startswith("FSO3110A ")
    unknown = {"nom": "a.txt", "debut": (BytesIO(b"x"), "debut")}
    assert browser.post("/deposit/guess", unknown).data == b""


def test_only_checking_says_the_same_and_keeps_nothing(browser: Browser) -> None:
    before = stored(browser)
    told = deposit(browser, (BROKEN, "a.xml"), action="check")
    assert told.status_code == 200
    assert stored(browser) == before
    assert browser.simulator.search() == []
    deposited = deposit(browser, (BROKEN, "a.xml")).location.removeprefix(PAGE)
    checked, shown = (
        html.document_fromstring(each).xpath("//article")[0].text_content()
        for each in (told.get_data(as_text=True), browser.text(deposited))
    )
    assert checked == shown
    # No key was claimed by looking.
    (view,) = browser.simulator.search()
    assert view.codes == ("IRR_SYNTAX",)


def test_many_files_get_an_envelope(browser: Browser) -> None:
    files = [(facture_ubl(f"F{n}"), f"f{n}.xml") for n in range(3)]
    answer = deposit(browser, *files)
    id_flux = answer.location.rpartition("/")[2]
    view = browser.simulator.flux(id_flux)
    assert view.statut is Statut.RECEVABLE
    assert view.flux.depot.nom.startswith("FSO3110A_AAA123_AAA1233110")
    with tarfile.open(fileobj=io.BytesIO(browser.simulator.content(id_flux))) as archive:
        assert archive.getnames() == ["f0.xml", "f1.xml", "f2.xml"]
    # A browser names the files of a folder by their whole path.
    told = deposit(
        browser, *((content, f"dossier/{name}") for content, name in files), action="check"
    )
    assert "✓" in told.get_data(as_text=True)


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([], {}),
        ([(b"<a/>", "a.xml")], {"code_application": "ZZZ999"}),
        ([(facture_ubl(), "a.xml"), (facture_facturx(), "b.pdf")], {}),
        ([(facture_ubl(), "a.xml"), (b"x", "b.txt")], {}),
        ([(facture_ubl(), "a.xml"), (facture_ubl(), "b.xml")], {"code_interface": "../x"}),
    ],
)
def test_what_cannot_be_deposited_is_told_and_leaves_nothing(
    browser: Browser, files: Any, fields: dict[str, str]
) -> None:
    before = stored(browser)
    answer = deposit(browser, *files, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert stored(browser) == before
    assert browser.simulator.search() == []


def test_more_files_than_a_flux_should_have_are_refused(browser: Browser) -> None:
    before = stored(browser)
    answer = deposit(browser, *[(b"<a/>", f"{n}.xml") for n in range(PARTS + 1)])
    assert answer.status_code == 413
    assert stored(browser) == before


def test_quota_and_scenarios_hold_for_what_is_deposited_by_hand(browser: Browser) -> None:
    browser.simulator.quota(1)
    browser.simulator.scenario(nom="*.xml", motifs=["IRR_ANTIVIRUS"])
    assert deposit(browser, (b"<a/>", "a.xml")).status_code == 303
    assert browser.simulator.search()[0].codes == ("IRR_ANTIVIRUS",)
    before = stored(browser)
    answer = deposit(browser, (b"<b/>", "b.xml"))
    assert answer.status_code == 429
    assert "3600 s" in answer.get_data(as_text=True)
    assert stored(browser) == before


# Steering


STEERED = [
    ("clock", "advance=1m"),
    ("clock", "advance=1h30m"),
    ("clock", "to=2026-10-01T08:00:00"),
    ("clock", "mode=real"),
    ("clock", "mode=manual"),
    ("clock", "mode=scaled&factor=60"),
    ("pace", "pace=0,5"),
    ("quota", "flux_per_hour=12"),
    ("quota", "flux_per_hour="),
    ("scenario", "nom=*d'avoir*&motifs=IRR_VIDE&motifs=IRR_TYPE&times=2"),
    ("scenario", "statut=RECU&recu=10m&code_application=AAA123"),
    ("fault", "kind=status&status=429&retry_after=3&operations=deposer&operations=jeton"),
    ("fault", "kind=latency&delay=5s&sigma=0.5&seed=7&nth=2"),
    ("fault", "kind=gateway&answer=maintenance&lasting=10m"),
    ("fault", "kind=reset_after_store&probability=0.5"),
    ("remove_scenario", "id=1"),
    ("remove_scenario", ""),
    ("remove_fault", "id=2"),
    ("remove_fault", ""),
    ("reset", "confirmation=REINITIALISER"),
]


def state(simulator: Simulator) -> Any:
    parts = simulator.app.extensions["depot_flux"]
    steered = parts.steering.state.settings
    frozen = steered.clock.mode is Mode.MANUAL
    return (
        parts.steering.reading().factor,
        parts.clock.now() if frozen else None,
        steered.pace,
        steered.flux_per_hour,
        [(rule.id, rule.definition) for rule in simulator.scenarios()],
        [(rule.id, rule.definition) for rule in simulator.faults()],
    )


def prepared() -> Simulator:
    simulator = Simulator().start()
    simulator.scenario(nom="x", motifs=["IRR_FORM"])
    simulator.fault("status")
    return simulator


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        pytest.param(*form, marks=[pytest.mark.deep] if number % 5 else [])
        for number, form in enumerate(STEERED)
    ],
)
def test_a_form_its_curl_line_and_its_python_line_do_the_same(name: str, filled: str) -> None:
    by_form, by_curl, by_python = (prepared() for _ in range(3))
    try:
        browser = Browser(by_form)
        data = MultiDict([("jeton", browser.secret()), *parse_qsl(filled)])
        answer = browser.client.post(f"{PAGE}/steering/{name}", data=data)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        told = browser.client.get(answer.location).get_data(as_text=True)
        (done,) = html.document_fromstring(told).xpath("//div[@role='status']")
        line, program = (each.text_content() for each in done.xpath(".//code"))
        words = shlex.split(line)
        method = words[words.index("-X") + 1]
        (url,) = [word for word in words if word.startswith("http")]
        content = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        transport = httpx.WSGITransport(app=by_curl.app)
        with httpx.Client(transport=transport) as client:
            assert client.request(method, url, json=content).is_success
        exec(program, {"simulator": by_python})
        assert state(by_form) == state(by_curl) == state(by_python)
    finally:
        for simulator in (by_form, by_curl, by_python):
            simulator.stop()


def test_every_form_is_tried() -> None:
    assert {name for name, _ in STEERED} == set(ACTIONS)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("clock", {"advance": "yesterday"}),
        ("clock", {}),
        ("clock", {"to": "2020-01-01T00:00:00"}),
        ("clock", {"mode": "scaled", "factor": "0"}),
        ("pace", {"pace": "quick"}),
        ("pace", {"pace": "nan"}),
        ("quota", {"flux_per_hour": "-1"}),
        ("scenario", {"statut": "IRRECEVABLE"}),
        ("scenario", {}),
        ("fault", {"kind": "latency"}),
        ("fault", {"kind": "<b>"}),
        ("remove_scenario", {"id": "99"}),
        ("remove_fault", {"id": "x"}),
        ("reset", {}),
        ("reset", {"confirmation": "non"}),
    ],
)
def test_what_the_control_plane_refuses_is_told_beside_its_form(
    browser: Browser, name: str, form: dict[str, str]
) -> None:
    before = state(browser.simulator)
    answer = browser.post(f"/steering/{name}", form)
    assert answer.status_code in (404, 409, 422, 400)
    tree = html.document_fromstring(answer.get_data(as_text=True))
    (alert,) = tree.xpath("//section//p[@role='alert']")
    assert alert.text_content().strip()
    assert state(browser.simulator) == before


def test_the_lines_follow_a_form_as_it_is_filled_in(browser: Browser) -> None:
    told = browser.post("/steering/fault/lines", {"kind": "latency", "delay": "7s"})
    tree = html.fragment_fromstring(told.get_data(as_text=True))
    assert tree.get("id") == "lines-fault"
    assert "simulator.fault('latency', delay='7s')" in tree.text_content()
    assert browser.simulator.faults() == []
    assert browser.post("/steering/nothing/lines").status_code == 404
    assert browser.post("/steering/nothing").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "operation=<b>&body={}",
        "operation=add_fault&body=[1]",
        "operation=add_fault&body={",
        'operation=add_fault&body={"a":1,"a":2}',
        "operation=remove_fault&id=__import__('os')",
        "operation=read_clock",
    ],
)
def test_an_address_that_somebody_made_up_shows_nothing_as_done(
    browser: Browser, query: str
) -> None:
    assert not browser.tree(f"/steering?{query}").xpath("//div[@role='status']")


def test_a_form_says_what_its_body_says_whatever_was_typed() -> None:
    form: Form = MultiDict([("kind", " status "), ("status", "x"), ("times", ""), ("nom", "no")])
    assert ACTIONS["fault"](form).body == {"kind": "status", "status": "x"}


def test_the_clock_is_shown_as_it_runs(browser: Browser) -> None:
    browser.simulator.move_to(datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC))
    for view in ("/", "/steering", "/journal"):
        (shown, *_) = browser.tree(view).xpath("//span[@data-clock]")
        assert shown.text_content() == "02/01/2027 03:04:05"
        assert float(shown.get("data-factor")) == 0
