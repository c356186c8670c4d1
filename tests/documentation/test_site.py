"""The documentation's site is whole, and asks no other host for anything."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from lxml import html

from tests.support import public_api

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it, where whoever asks the network is refused."""
    folder = tmp_path_factory.mktemp("documentation") / "site"
    nobody = "http://127.0.0.1:9"
    done = subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "http_proxy": nobody, "https_proxy": nobody, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pages(site: Path) -> Iterator[tuple[str, html.HtmlElement]]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 20
    for path in found:
        yield path.relative_to(site).as_posix(), html.fromstring(path.read_bytes())


def links(page: html.HtmlElement) -> Iterator[tuple[str, str, str]]:
    """Element, attribute and address, of all that leads or asks somewhere."""
    for element, attribute, address, _ in page.iterlinks():
        yield str(element.tag), str(attribute), address


def test_no_link_is_dead(site: Path) -> None:
    targets = {name: {*page.xpath("//@id")} for name, page in pages(site)}
    for name, page in pages(site):
        for _, _, address in links(page):
            told = urlsplit(urljoin(f"http://site/{name}", address))
            if told.netloc != "site":
                continue
            path = unquote(told.path).lstrip("/")
            assert (site / path).is_file(), f"{name}: {address}"
            # `__` opens the menus of the theme.
            if told.fragment and path in targets and not told.fragment.startswith("__"):
                assert unquote(told.fragment) in targets[path], f"{name}: {address}"


def test_nothing_is_asked_of_another_host(site: Path) -> None:
    for name, page in pages(site):
        for tag, attribute, address in links(page):
            if urlsplit(address).netloc:  # a reader may follow it; no browser does so unasked
                assert (tag, attribute) == ("a", "href"), f"{name}: {address}"
        # What a script of the theme would load from elsewhere, for pages that have such a thing.
        assert not page.xpath("//*[contains(@class, 'mermaid') or @data-md-component='source']")
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text("utf-8")), (
            sheet
        )


def test_a_reader_of_either_language_finds_the_other_on_every_page(site: Path) -> None:
    for name, page in pages(site):
        if name != "404.html":
            other = "en" if name.startswith("fr/") else "fr"
            (address,) = page.xpath(f"//head/link[@rel='alternate'][@hreflang='{other}']/@href")
            assert (site / name).parent.joinpath(address).is_file(), name
            assert page.get("lang") == ("fr" if name.startswith("fr/") else "en"), name


def test_a_browser_that_opens_it_from_the_disk_asks_for_files_alone(site: Path) -> None:
    pytest.importorskip("playwright.sync_api")
    from tests.page.chromium import HOW, chromium, executable

    if not executable():
        pytest.skip(HOW)
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "fr/client.html"):
            page.goto((site / name).as_uri())
            page.wait_for_load_state("networkidle")
    assert len(asked) > 4
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data", "blob"}


@pytest.mark.parametrize("page", ["reference.html", "fr/reference.html"])
def test_the_reference_holds_all_that_is_public(site: Path, page: str) -> None:
    places = {*html.fromstring((site / page).read_bytes()).xpath("//@id")}
    for module in public_api.MODULES:
        for name in import_module(module).__all__:
            assert f"{module}.{name}" in places, (
                f"{name} has no docstring, or the page not its module"
            )
