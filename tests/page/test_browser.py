"""The page in a real Chromium: by clicks, by keys, in both languages, light and dark, narrow."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.page.language import TEXTS
from tests.page import pictures
from tests.page.browsing import PAGE, VIEWS
from tests.page.chromium import AXE, HOW, Window, chromium, executable

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(executable() is None, reason=HOW),
]
HOSTILE = "<img src=x onerror=alert(1)>\u202e" + "x" * 215 + ".xml"
BROKEN = facture_ubl("F1").replace(b"cbc:IssueDate>", b"cbc:DateEmission>")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        running.serve()
        yield running


@pytest.fixture
def url(simulator: Simulator) -> str:
    simulator.reset()
    return simulator.serve()


@pytest.fixture(params=["fr", "en"])
def window(request: pytest.FixtureRequest, browser: Any, url: str) -> Iterator[Window]:
    """A visit in either language; it must not complain, nor ask anybody else."""
    opened = Window(browser, url, locale={"fr": "fr-FR", "en": "en-GB"}[request.param])
    opened.language = request.param  # type: ignore[attr-defined]
    yield opened
    opened.close()


class Said:
    """The texts of a language, by key."""

    def __init__(self, window: Window) -> None:
        self._language = window.language  # type: ignore[attr-defined]

    def __call__(self, key: str) -> str:
        return TEXTS[key][self._language]


def expect(what: Any) -> Any:
    return playwright.expect(what)


def test_the_samples_the_list_and_a_flux(window: Window, simulator: Simulator) -> None:
    page, t = window.open(), Said(window)
    page.get_by_role("button", name=t("samples.do")).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label(t("field.statut"), exact=True).select_option(Statut.IRRECEVABLE)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "statut=IRRECEVABLE" in page.url
    page.get_by_label(t("field.nom"), exact=True).fill("nothing")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(0)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator(".counts .all a").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    # Live: what others deposit shows by itself.
    simulator.deposit(b"<a/>", name=HOSTILE, code="FSO3110A")
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.locator("tbody td.what a").first).to_contain_text("<img src=x onerror=alert(1)>")
    page.locator("tbody td.what a", has_text="-3.xml").click()
    expect(page.locator("tr.sought")).to_contain_text("DateEmission")
    expect(page.locator(".timeline li")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name=t("flux.download")).click()
    assert b"DateEmission" in Path(download.value.path()).read_bytes()
    with page.expect_download() as download:
        page.get_by_role("link", name=t("flux.cdar")).click()
    assert b">501<" in Path(download.value.path()).read_bytes()


def test_depositing(window: Window, simulator: Simulator, tmp_path: Path) -> None:
    page, t = window.open("/deposit"), Said(window)
    files = []
    for number in range(3):
        files.append(tmp_path / f"f{number}.xml")
        files[-1].write_bytes(facture_ubl(f"F{number}"))
    chooser = page.locator("#fichiers")
    chooser.set_input_files(files[0])
    expect(page.locator("#guessed")).to_contain_text("FSO3110A")
    page.get_by_role("button", name=t("deposit.check")).click()
    expect(page.get_by_text(t("deposit.only_checked"))).to_be_visible()
    assert simulator.search() == []
    page.get_by_role("link", name=t("nav.deposit"), exact=True).first.click()
    # Dropped, once the page says that it may be, and many: an envelope is made.
    expect(page.get_by_text(t("deposit.drop"))).to_be_visible()
    page.evaluate(
        """texts => {
          const data = new DataTransfer();
          texts.forEach((text, n) => data.items.add(new File([text], `d${n}.xml`)));
          const zone = document.querySelector("[data-drop]");
          zone.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        [path.read_text() for path in files],
    )
    expect(page.locator("[data-chosen] li")).to_have_count(4)
    page.get_by_role("button", name=t("deposit.do"), exact=True).click()
    expect(page.locator(".files li")).to_have_count(3)
    assert [view.statut for view in simulator.search()] == [Statut.RECEVABLE]
    # A big one shows how far it is.
    page.goto(f"{window.url}{PAGE}/deposit")
    big = tmp_path / "big.xml"
    big.write_bytes(b"<a>" + b" " * 20_000_000 + b"</a>")
    chooser.set_input_files(big)
    page.locator("#code_interface").fill("FSO3110A")
    page.evaluate(
        """() => {
          window.seen = false;
          new MutationObserver(() => { window.seen = true; sessionStorage.seen = "yes"; })
            .observe(document.querySelector("[data-progress]"), {attributes: true, subtree: true});
        }"""
    )
    page.get_by_role("button", name=t("deposit.do"), exact=True).click()
    expect(page.locator(".timeline")).to_be_visible(timeout=20_000)
    assert page.evaluate("sessionStorage.seen") == "yes"
    # What is refused is told on the form.
    simulator.quota(1)
    page.goto(f"{window.url}{PAGE}/deposit")
    chooser.set_input_files(files[1])
    page.get_by_role("button", name=t("deposit.do"), exact=True).click()
    expect(page.locator("[role=alert]")).to_contain_text("3600")
    # The browser itself notes an answer that is a refusal.
    window.complaints = [each for each in window.complaints if "429" not in each]


def test_what_is_chosen_before_the_script_has_come_is_shown_and_guessed(
    window: Window, tmp_path: Path
) -> None:
    page, t = window.page, Said(window)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/page.js*", hold)
    page.goto(f"{window.url}{PAGE}/deposit", wait_until="commit")
    early = tmp_path / "early.xml"
    early.write_bytes(facture_ubl("F1"))
    page.locator("#fichiers").set_input_files(early)
    expect(page.get_by_text(t("deposit.drop"))).to_be_hidden()
    held[0].continue_()
    expect(page.locator("[data-chosen] li")).to_have_text("early.xml")
    expect(page.locator("#guessed")).to_contain_text("FSO3110A")


def test_steering(window: Window, simulator: Simulator) -> None:
    page, t = window.open("/steering"), Said(window)
    before = simulator.now()
    for key in ("clock.minute", "clock.hour", "clock.day"):
        page.get_by_role("button", name=t(key)).click()
        expect(page.locator("[role=status]")).to_contain_text("simulator.advance")
    assert (simulator.now() - before).total_seconds() == 60 + 3_600 + 86_400
    page.get_by_role("button", name=t("clock.do_scaled")).click()
    expect(page.locator(".clock small")).to_contain_text(t("clock.scaled"))
    page.get_by_role("button", name=t("clock.do_manual")).click()
    expect(page.locator(".clock small")).to_contain_text(t("clock.manual"))
    page.get_by_role("button", name=t("clock.do_real")).click()
    expect(page.locator(".clock small")).to_contain_text(t("clock.real"))
    scenario = page.locator("section[aria-labelledby=h-scenarios]")
    scenario.locator("details.equivalent summary").click()
    scenario.get_by_label(t("scenario.nom")).fill("*avoir*")
    expect(scenario.locator("#lines-scenario")).to_contain_text("nom='*avoir*'")
    scenario.get_by_role("button", name=t("scenario.do")).click()
    expect(scenario.locator("tbody tr")).to_have_count(1)
    assert simulator.scenarios()[0].definition.nom == "*avoir*"
    fault = page.locator("section[aria-labelledby=h-faults]")
    fault.get_by_label(t("target.jeton")).check()
    fault.get_by_role("button", name=t("fault.do")).click()
    expect(fault.locator("tbody tr")).to_have_count(1)
    scenario.get_by_role("button", name=t("rules.remove"), exact=False).first.click()
    expect(scenario.locator("tbody tr")).to_have_count(0)
    page.locator("#quota").fill("7")
    page.locator("#quota").press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("simulator.quota(7)")
    # A reset asks first.
    page.get_by_role("button", name=t("reset.do")).click()
    assert simulator.faults()
    page.get_by_label(t("reset.confirm")).check()
    page.get_by_role("button", name=t("reset.do")).click()
    expect(page.locator("[role=status]")).to_contain_text("simulator.reset()")
    assert simulator.faults() == []


def test_journal_contract_health_and_choices(window: Window, simulator: Simulator) -> None:
    page, t = window.open("/journal"), Said(window)
    id_flux = simulator.deposit(b"<a/>", name="a.xml")
    simulator.status(id_flux)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label(t("journal.operation")).select_option("consulter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody summary").click()
    expect(page.locator("tbody pre")).to_contain_text("curl")
    page.locator("tbody td a").click()
    expect(page.locator("h1")).to_have_text("a.xml")
    page.get_by_role("link", name=t("nav.contract"), exact=True).click()
    page.locator(".class-documented a").first.click()
    assert "class=documented" in page.url
    expect(page.locator(".elements tbody tr").first).to_contain_text(t("class.documented"))
    page.get_by_role("link", name=t("nav.health"), exact=True).click()
    expect(page.get_by_text(t("health.engine_ok"))).to_be_visible()
    page.get_by_role("button", name=t("theme.dark")).click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    other = "en" if page.locator("html").get_attribute("lang") == "fr" else "fr"
    page.get_by_role("button", name=other.upper()).click()
    expect(page.locator("h1")).to_have_text(TEXTS["nav.health"][other])


def views(simulator: Simulator) -> list[str]:
    """Every view, with something on it."""
    simulator.scenario(nom="x", motifs=["IRR_VIDE"])
    simulator.fault("status", operations=["consulter"], times=1)
    id_flux = simulator.deposit(BROKEN, name="f.xml", code="FSO3110A")
    simulator.deposit(b"<a/>", name=HOSTILE, code="FSO3110A")
    simulator.status(id_flux) if not simulator.faults() else simulator.calls().consulter(id_flux)
    return [*VIEWS, f"/flux/{id_flux}", "/flux/none", "/steering?operation=reset", "/?statut=RECU"]


def test_axe_finds_nothing_on_any_view_light_or_dark(
    browser: Any, url: str, simulator: Simulator
) -> None:
    if not AXE.exists():
        pytest.skip("no node_modules: npm ci")
    source = AXE.read_text(encoding="utf-8")
    # Nothing but colours is another in the dark.
    ways: dict[Literal["light", "dark"], Any] = {
        "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
        "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
    }
    # What passes is not described node by node.
    for options in ways.values():
        options["resultTypes"] = ["violations"]
    window = Window(browser, url)
    window.open()
    found: dict[tuple[str, str], Any] = {}
    for view in ["/", *views(simulator)]:
        page = window.open(view)
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.evaluate(source)
        for scheme, options in ways.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = page.evaluate(f"axe.run(document, {json.dumps(options)})")
            assert result["passes"], (view, scheme)
            told = [
                (each["id"], node["html"][:200], node["failureSummary"][:300])
                for each in result["violations"]
                for node in each["nodes"]
            ]
            found |= {(view, scheme): told} if told else {}
    window.complaints = [each for each in window.complaints if "404" not in each]
    window.close()
    assert found == {}


def test_everything_is_reached_and_done_by_keys(window: Window, simulator: Simulator) -> None:
    page, t = window.open(), Said(window)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(t("app.skip"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name=t("samples.do")).focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    for view in VIEWS:
        page = window.open(view)
        wanted = page.evaluate(
            """() => [...document.querySelectorAll("a[href], button, input, select, summary")]
              .filter(e => e.type !== "hidden" && e.checkVisibility() && !e.disabled)
              .map((e, n) => { e.dataset.n = n; return n; })"""
        )
        page.evaluate(
            """() => {
              window.reached = {};
              document.addEventListener("focusin", ({target: e}) => {
                const seen = getComputedStyle(e).outlineStyle !== "none";
                window.reached[e.dataset.n ?? ""] = seen ? "" : e.outerHTML.slice(0, 90);
              });
            }"""
        )
        reached: dict[str, str] = {}
        for _ in range(5):
            for _ in range(len(wanted) + 8):
                page.keyboard.press("Tab")
            reached = page.evaluate("window.reached")
            if set(map(str, wanted)) <= set(reached):
                break
        unreached = set(map(str, wanted)) - set(reached)
        assert not unreached, (view, unreached)
        assert {name: plain for name, plain in reached.items() if name and plain} == {}, view
    page = window.open("/steering")
    page.get_by_label(t("reset.confirm")).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_be_visible()
    assert simulator.search() == []


def test_it_fits_a_narrow_window_and_a_picture_is_taken(
    browser: Any, url: str, simulator: Simulator, tmp_path: Path
) -> None:
    window = Window(browser, url, viewport={"width": 360, "height": 740})
    for view in views(simulator):
        page = window.open(view)
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        wide = page.evaluate(
            """() => [...document.querySelectorAll("main *, header *")]
              .filter(e => !e.closest(".sr, .skip, pre, .excerpt, thead, caption, datalist"))
              .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
              .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert wide == [], view
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    window.complaints = [each for each in window.complaints if "404" not in each]
    window.close()
    pictures.take(browser, tmp_path)
    for name in pictures.NAMES:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert (pictures.FOLDER / name).exists()


def test_it_is_read_and_deposited_on_without_javascript(
    browser: Any, url: str, simulator: Simulator, tmp_path: Path
) -> None:
    window = Window(browser, url, java_script_enabled=False)
    page = window.open()
    page.get_by_role("button", name=TEXTS["samples.do"]["fr"]).click()
    assert page.locator("tbody tr").count() == 3
    page.locator("#f-statut").select_option("IRRECEVABLE")
    page.get_by_role("button", name=TEXTS["filter.do"]["fr"]).click()
    assert page.locator("tbody tr").count() == 1
    page.locator("tbody td.what a").click()
    assert "DateEmission" in page.locator("tr.sought").inner_text()
    path = tmp_path / "f.xml"
    path.write_bytes(facture_ubl("F9"))
    page = window.open("/deposit")
    page.locator("#fichiers").set_input_files(path)
    page.get_by_role("button", name=TEXTS["deposit.do"]["fr"], exact=True).click()
    assert page.locator("h1").inner_text() == "f.xml"
    window.close()


def test_an_idle_page_asks_little_and_a_hidden_one_nothing(browser: Any, url: str) -> None:
    window = Window(browser, url)
    page = window.open()
    page.wait_for_timeout(4_500)
    looks = [each for each in window.asked if "/live" in each]
    assert 1 <= len(looks) <= 2
    window.asked.clear()
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.wait_for_timeout(2_600)
    assert window.asked == []
    window.close()
