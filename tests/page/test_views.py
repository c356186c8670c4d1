"""What the page shows, without JavaScript: the facts of the control plane, as text."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.page import contract
from depot_flux_simulator.web.page.rendering import STATIC
from tests.page import pictures
from tests.page.browsing import PAGE, VIEWS, Browser

ROOT = Path(__file__).parents[2]
BROKEN = facture_ubl("F1").replace(b"cbc:IssueDate>", b"cbc:DateEmission>")


def words(tree: html.HtmlElement) -> str:
    return " ".join(tree.text_content().split())


def names(browser: Browser, query: str = "") -> list[str]:
    """The flux of a list, by name."""
    found = browser.tree(f"/{query}").xpath("//tbody//td[contains(@class, 'what')]/a")
    return [words(each) for each in found]


# The list


def test_an_empty_simulator_offers_the_three_samples(browser: Browser) -> None:
    form = browser.tree().xpath("//div[contains(@class, 'empty')]//form")[0]
    assert form.get("action") == f"{PAGE}/samples"
    answer = browser.post("/samples")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/")
    codes = [view.codes for view in browser.simulator.search()]
    assert codes == [("IRR_SYNTAX",), (), ()]
    assert [name.rpartition(".")[2] for name in names(browser)] == ["xml", "pdf", "xml"]
    # Once more: nothing of them is a duplicate.
    browser.simulator.advance("1s")
    browser.post("/samples")
    assert [view.codes for view in browser.simulator.search()][:3] == codes


def test_each_filter_stands_in_the_address_and_they_add_up(browser: Browser) -> None:
    simulator = browser.simulator
    simulator.deposit(facture_ubl("F1"), name="one_a.xml", code="FSO3110A")
    simulator.advance("1h")
    simulator.deposit(BROKEN, name="two%b.xml", code="FSO3110A")
    simulator.deposit(b"<Report/>", name="SIM-IRR_TAILLE.xml", code="FSO6000A")
    every = ["SIM-IRR_TAILLE.xml", "two%b.xml", "one_a.xml"]
    asked = {
        "": every,
        "?statut=RECEVABLE": every[2:],
        "?statut=RECU": [],
        "?motif=IRR_TAILLE": every[:1],
        "?code_interface=FSO6000A": every[:1],
        "?code_application=BBB456": [],
        "?code_application=AAA123": every,
        "?nom=two": every[1:2],
        "?nom=e_*.xml": every[2:],
        "?nom=t?o": every[1:2],
        "?nom=%25": every[1:2],
        "?nom=_": every[:1] + every[2:],
        "?depuis=2026-09-01T09:00:00": every[:2],
        "?avant=2026-09-01T09:00": every[2:],
        "?statut=IRRECEVABLE&code_interface=FSO3110A&nom=xml": every[1:2],
        "?nom=two&motif=IRR_TAILLE": [],
        "?before=1": [],
    }
    assert {query: names(browser, query) for query in asked} == asked
    counts = words(browser.tree("/?code_interface=FSO3110A").xpath("//ul[@class='counts']")[0])
    assert counts == "2 en tout 0 Reçu 0 En cours 1 Recevable 1 Irrecevable"
    chart = browser.tree().xpath("//svg[@role='img']")[-1]
    assert chart.get("aria-label").startswith("2 flux")


@pytest.mark.parametrize("query", ["?statut=X", "?motif=IRR", "?depuis=hier", "?avant=2026-13-01"])
def test_a_filter_that_is_none_is_told(browser: Browser, query: str) -> None:
    answer = browser.get(f"/{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_long_list_has_pages(browser: Browser) -> None:
    for number in range(27):
        browser.simulator.deposit(b"<a/>", name=f"{number:02}.xml", code="FSO3110A")
    assert names(browser)[0] == "26.xml"
    assert len(names(browser)) == 25
    (older,) = browser.tree("/?nom=xml").xpath("//nav[@class='pager']/a")
    second = older.get("href").removeprefix(PAGE)
    assert "nom=xml" in second
    assert names(browser, second.removeprefix("/")) == ["01.xml", "00.xml"]
    assert words(browser.tree(second).xpath("//nav[@class='pager']/a")[0]).endswith("récents")


def test_what_is_live_costs_nothing_as_long_as_nothing_changes(browser: Browser) -> None:
    simulator = browser.simulator
    simulator.pace(1)
    id_flux = simulator.deposit(b"<a/>", name="a.xml")
    for view in ("/", f"/flux/{id_flux}", "/journal"):
        (live,) = browser.tree(view).xpath("//*[@data-live]")
        again = live.get("data-hx-get").removeprefix(PAGE)
        assert browser.get(again).status_code == 204
    (live,) = browser.tree().xpath("//*[@data-live]")
    simulator.advance("3s")
    told = browser.get(live.get("data-hx-get").removeprefix(PAGE))
    assert told.status_code == 200
    assert "En cours" in told.get_data(as_text=True)
    (call,) = browser.tree("/journal").xpath("//*[@data-live]")
    simulator.status(id_flux)
    assert browser.get(call.get("data-hx-get").removeprefix(PAGE)).status_code == 200
    simulator.advance("1h")
    assert not browser.tree(f"/flux/{id_flux}").xpath("//*[@data-live]")


def test_a_list_is_looked_at_again_only_when_it_may_have_changed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = browser.simulator
    simulator.pace(1)
    simulator.deposit(b"<a/>", name="a.xml")
    parts = browser.client.application.extensions["depot_flux"]
    start = parts.clock.now()

    def look() -> str:
        (live,) = browser.tree().xpath("//*[@data-live]")
        return str(live.get("data-hx-get")).removeprefix(PAGE)

    def after(milliseconds: int) -> None:
        monkeypatch.setattr(type(parts.clock), "now", lambda _: start + milliseconds)

    again = look()
    after(3_000)  # by then it is on its way, though nobody steered
    assert browser.get(again).status_code == 200
    after(10_000)
    again = look()
    with monkeypatch.context() as closed:
        closed.setattr(type(parts.store.overview), "page", None)
        assert browser.get(again).status_code == 204
    after(70_000)  # the chart goes on
    assert browser.get(again).status_code == 200
    again = look()
    simulator.reset()
    simulator.deposit(b"<b/>", name="b.xml")
    after(80_000)  # all of them are settled again, within the same minute
    assert browser.get(again).status_code == 200


# A flux


def test_a_flux_tells_its_life_its_files_its_motifs_and_where(browser: Browser) -> None:
    simulator = browser.simulator
    simulator.pace(1)
    id_flux = simulator.deposit(BROKEN, name="f.xml", code="FSO3110A")
    assert "IRR_SYNTAX" not in browser.text(f"/flux/{id_flux}").replace("value=", "")
    simulator.advance("1h")
    simulator.status(id_flux)
    tree = browser.tree(f"/flux/{id_flux}")
    steps = [words(each) for each in tree.xpath("//ol[@class='timeline']/li")]
    assert steps == [
        "○ Reçu 01/09/2026 08:00:00,000",
        "◔ En cours 01/09/2026 08:00:02,000",
        "✕ Irrecevable 01/09/2026 08:00:05,000",
    ]
    view = simulator.flux(id_flux)
    (motif,) = view.motifs
    shown = words(tree)
    for fact in (motif.code, motif.message, motif.regle, motif.source, motif.remede, motif.lieu):
        assert fact in shown
    assert view.flux.sha256
    assert shown.count(view.flux.sha256) == 2
    (sought,) = tree.xpath("//tr[@class='sought']")
    line = BROKEN.decode().splitlines()[(motif.ligne or 0) - 1]
    assert words(sought) == f"{motif.ligne} ligne en cause {line.strip()}"
    assert len(tree.xpath("//div[@class='excerpt']//tr")) == 7
    calls = [words(each) for each in tree.xpath("//ul[@class='calls']/li")]
    assert len(calls) == 2
    assert browser.get(f"/flux/{id_flux}/contenu").data == BROKEN
    assert b">501<" in browser.get(f"/flux/{id_flux}/cdar").data


def test_what_was_forced_says_by_what(browser: Browser) -> None:
    rule = browser.simulator.scenario(nom="*", statut="RECU")
    id_flux = browser.simulator.deposit(b"<a/>", name="SIM-IRR_VIDE")
    assert f"SIM-IRR_VIDE, scenario {rule.id}" in words(browser.tree(f"/flux/{id_flux}"))
    assert browser.tree().xpath("//span[@class='tag']")[0].text == "forcé"


def test_the_outcome_of_each_invoice_is_told() -> None:
    pytest.importorskip("saxonche")
    with Simulator(pace=0, fonctionnel=True) as simulator:
        browser = Browser(simulator)
        wrong = facture_ubl("F1").replace(b">30.00<", b">31.00<")
        id_flux = simulator.deposit(wrong, name="f.xml")
        tree = browser.tree(f"/flux/{id_flux}")
        shown = words(tree.xpath("//article[contains(@class, 'facture')]")[0])
        for fact in ("F1", "Rejetée (213)", "REJ_COH", "BR-CO-15", "Que faire"):
            assert fact in shown
        (cdar,) = tree.xpath("//article//a[contains(@href, 'cdar')]/@href")
        assert b">213<" in browser.get(cdar.removeprefix(PAGE)).data
        # Only looked at, it says the same.
        from io import BytesIO

        form = {"fichiers": (BytesIO(wrong), "g.xml"), "action": "check"}
        form["code_application"] = "AAA123"
        assert "REJ_COH" in browser.post("/deposit", form).get_data(as_text=True)
        assert "Schematrons" in browser.text("/health")


HOSTILE = [
    "<img src=x onerror=alert(1)>.xml",
    '"><script>alert(1)</script>.xml',
    "{{ 7*7 }}{% raw %}.xml",
    "\u202egpj.exe",
    "\u2066a\u2069\u200f.xml",
    "x" * 256,
    "\ud800.xml",
    "a\x00b\x1b[31m.xml",
    "javascript:alert(1)",
    "é\u0301\u2028.xml",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_contents_are_text(browser: Browser, name: str) -> None:
    simulator = browser.simulator
    content = f"<Invoice>\n<a b='{name}'>\n</Invoice>".encode("utf-8", "replace") + b"\xff\xfe\x00"
    id_flux = simulator.deposit(content, name="plain.xml", code="FSO3110A")
    parts = simulator.app.extensions["depot_flux"]
    with parts.store._database.writing() as connection:
        for table, column in (("flux", "nom"), ("motif", "message"), ("motif", "lieu")):
            text = name.encode("utf-8", "replace").decode()
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ?", (text,))
        connection.exec_driver_sql("UPDATE motif SET ligne = 2, fichier = 'plain.xml'")
    for view in ("/", f"/flux/{id_flux}", "/journal"):
        answer = browser.get(view)
        assert answer.status_code == 200
        text = answer.data.decode("utf-8")
        assert not set(text) & set("\u202e\u2066\u2069\u200f\x00\x1b\u2028")
        tree = html.document_fromstring(text)
        assert not tree.xpath("//img | //script[not(@src)]")
        assert "49" not in tree.xpath("string(//h1)")
        for found in tree.xpath("//bdi"):
            assert found.get("class") == "nom"
    assert len(browser.tree(f"/flux/{id_flux}").xpath("//h1/bdi")) == 1


def test_a_journal_of_hostile_calls_is_text(browser: Browser) -> None:
    browser.client.get("/<script>alert(1)</script>?q=<img src=x>%ff\u202e")
    browser.client.get("/%ff%fe", headers={"User-Agent": "<b>"})
    tree = browser.tree("/journal")
    assert not tree.xpath("//img | //script[not(@src)]")
    assert "<script>alert(1)</script>" in words(tree)


# Journal, contract, health


def test_the_journal_is_filtered_and_leads_to_the_flux(browser: Browser) -> None:
    simulator = browser.simulator
    id_flux = simulator.deposit(b"<a/>", name="a.xml")
    simulator.fault("status", status=503, times=1, operations=["consulter"])
    for _ in range(2):
        simulator.calls().consulter(id_flux)
    tree = browser.tree("/journal")
    assert len(tree.xpath("//tbody/tr")) == 3
    assert tree.xpath(f"//tbody//a[@href='{PAGE}/flux/{id_flux}']")
    assert "curl" in words(tree)
    (row,) = browser.tree("/journal?statut=503&operation=consulter").xpath("//tbody/tr")
    assert "un code d'erreur" in words(row)
    assert len(browser.tree(f"/journal?id_flux={id_flux}").xpath("//tbody/tr")) == 2
    assert not browser.tree("/journal?code_application=BBB456").xpath("//tbody/tr")
    assert browser.get("/journal?statut=abc").status_code == 400
    assert len(json.loads(browser.get("/journal/har").data)["log"]["entries"]) == 3


def test_the_contract_tells_every_element_with_its_source_and_class(browser: Browser) -> None:
    told = contract.read(ROOT / "generated" / contract.PROVENANCE)
    elements = [(e["class"], element) for e in told["entries"] for element in e["elements"]]
    assert len(elements) > 50
    tree = browser.tree("/contract")
    assert len(tree.xpath("//table//tbody/tr")) == len(elements)
    for name in contract.CLASSES:
        shown = browser.tree(f"/contract?class={name}").xpath("//table//tbody/tr")
        assert len(shown) == sum(each == name for each, _ in elements)
    for operation in browser.client.application.extensions["depot_flux"].contract.operations:
        assert operation.path in words(tree)


def test_a_contract_without_provenance_says_so(tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    path.write_bytes((ROOT / "generated" / "openapi.json").read_bytes())
    with Simulator(contract=path) as simulator:
        assert "provenance.json" in words(Browser(simulator).tree("/contract"))
    told: dict[str, Any] = {
        "sources": {"o": "Observed"},
        "entries": [
            {"class": "observed", "source": "o", "section": "x", "elements": ["/paths/~1flux/post"]}
        ],
    }
    path.with_name(contract.PROVENANCE).write_text(json.dumps(told))
    with Simulator(contract=path) as simulator:
        shown = words(Browser(simulator).tree("/contract"))
        assert "1 éléments viennent d'une adoption ou d'une observation" in shown
        assert "POST /flux" in shown


def test_health_tells_what_the_controls_are_given(browser: Browser) -> None:
    shown = words(browser.tree("/health"))
    for fact in ("suit", "répond", "factur-x", "CDAR", "absent : --schemas DIR", "--fonctionnel"):
        assert fact in shown


@pytest.mark.parametrize(("waited", "said"), [(30_000, "suit"), (30_001, "ne suit plus")])
def test_health_says_that_an_engine_does_not_keep_up(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, waited: int, said: str
) -> None:
    store = browser.simulator.app.extensions["depot_flux"].store
    monkeypatch.setattr(store, "oldest_wait_ms", lambda: waited)
    (told,) = browser.tree("/health").xpath("//dt[. = 'Moteur de contrôle']/following-sibling::dd")
    assert said + " le plus ancien flux attend depuis 30.0 s" in words(told)


def test_a_view_is_small_and_what_it_is_made_of_is_the_packages_own(browser: Browser) -> None:
    browser.post("/samples")
    files = sum(path.stat().st_size for path in STATIC.glob("*.[jcs][svs]*"))
    for view in VIEWS:
        assert len(browser.get(view).data) + files < 150_000
    package = ROOT / "node_modules" / "htmx.org"
    if not package.exists():
        pytest.skip("no node_modules: npm ci")
    for name, source in (("htmx.min.js", "dist/htmx.min.js"), ("htmx.LICENSE", "LICENSE")):
        assert (STATIC / name).read_bytes() == (package / source).read_bytes()


def test_statuses_have_a_name_in_every_view_that_shows_them(browser: Browser) -> None:
    options = browser.tree().xpath("//select[@name='statut']/option/@value")
    assert options == ["", *Statut]


def test_readme_and_guide_show_the_page_as_it_is_served(browser: Browser) -> None:
    for page, folder in (("README.md", "docs/images"), ("docs/page.md", "images")):
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in pictures.NAMES:
            assert f"]({folder}/{name})" in text
            assert (pictures.FOLDER / name).read_bytes().startswith(b"\x89PNG")
    for language, name in (("en", "page.md"), ("fr", "page.fr.md")):
        told = (ROOT / "docs" / name).read_text(encoding="utf-8")
        browser.language = language
        for link in browser.tree().xpath("//header/nav/a"):
            assert f"**{words(link)}**" in told
