"""A real Chromium, the system's own, that reaches the simulator and nobody else."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HOW = "no Chromium: apt-get install chromium, or name one in CHROMIUM"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def executable() -> str | None:
    """The browser that is there, None when there is none."""
    named = os.environ.get("CHROMIUM", "")
    # Without a window the first takes half the time of the others.
    names = (named, "chromium-headless-shell", "chromium", "chromium-browser")
    found = (shutil.which(name) for name in names)
    return next(filter(None, found), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=_ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """A visit in a browser: what it asks for and complains of is kept.

    Args:
        browser: the browser.
        url: where the simulator is served.
        options: of the visit: `locale`, `color_scheme`, `viewport`.
    """

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.asked: list[str] = []
        chosen = {"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}} | options
        self.context: BrowserContext = browser.new_context(**chosen)  # type: ignore[arg-type]
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self._complain(said.type, said.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))
        self.page.on("dialog", lambda dialog: self._complain("error", dialog.message))
        self.page.on("request", lambda request: self._ask(request.url))

    def open(self, view: str = "/") -> Page:
        """Go to a view."""
        self.page.goto(f"{self.url}/_simulator/page{view}")
        return self.page

    def close(self) -> None:
        """Close it; whoever complained or asked somebody else is told."""
        self.context.close()
        assert self.complaints == []
        assert self.elsewhere == []

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _ask(self, url: str) -> None:
        self.asked.append(url)
        if urlsplit(url).netloc != urlsplit(self.url).netloc:
            self.elsewhere.append(url)
