"""A browser without a window and without JavaScript: addresses, cookies, forms."""

import re
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from depot_flux_simulator.testing import Simulator

PAGE = "/_simulator/page"
VIEWS = ("/", "/deposit", "/steering", "/journal", "/contract", "/health")
_SECRET = re.compile(r'name="jeton" content="([0-9a-f]{64})"')


class Browser:
    """One visit to the page of a simulator, in French unless it says otherwise."""

    def __init__(self, simulator: Simulator, language: str = "fr") -> None:
        self.simulator = simulator
        self.client = simulator.app.test_client()
        self.language = language

    def get(self, path: str = "/", **arguments: Any) -> TestResponse:
        headers = {"Accept-Language": self.language} | arguments.pop("headers", {})
        return self.client.get(PAGE + path, headers=headers, **arguments)

    def text(self, path: str = "/") -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:2_000]
        return answer.get_data(as_text=True)

    def tree(self, path: str = "/") -> html.HtmlElement:
        """What a view holds."""
        return html.document_fromstring(self.text(path))

    def secret(self) -> str:
        """What this visit's forms repeat."""
        found = _SECRET.search(self.get().get_data(as_text=True))
        assert found
        return found[1]

    def post(self, path: str, form: dict[str, Any] | None = None, **arguments: Any) -> TestResponse:
        """Send a form as the page's own forms are sent."""
        data = {"jeton": self.secret(), **(form or {})}
        return self.client.post(PAGE + path, data=data, **arguments)
