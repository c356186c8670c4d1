"""A plugin of pytest that holds every call into a simulator of this process to the contract."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from depot_flux_contract.testing import Exchange, Watch

_watch = Watch()
_carry = httpx.WSGITransport.handle_request


def _watched(self: httpx.WSGITransport, request: httpx.Request) -> httpx.Response:
    request.read()
    response = _carry(self, request)
    response.read()
    _watch.see(Exchange.of_httpx(request, response))
    return response


def pytest_configure(config: pytest.Config) -> None:
    del config
    httpx.WSGITransport.handle_request = _watched  # type: ignore[method-assign]


def pytest_sessionfinish(session: Any) -> None:
    del session
    report = _watch.report() if _watch.findings else ""
    text = f"{len(_watch.exchanges)}\n{report}"
    Path(os.environ["DEPOT_FLUX_WATCHED"]).write_text(text, encoding="utf-8")
