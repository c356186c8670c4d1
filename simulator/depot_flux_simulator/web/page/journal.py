"""The calls on the API, newest first."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import g, request, url_for
from werkzeug import Response

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.web.page.rendering import Page

FILTERS = ("operation", "statut", "code_application", "id_flux")
_ROWS = 50


def add_to(page: Page) -> None:
    """Add these views."""
    page.add("/journal", "journal", lambda: _journal(page))
    page.add("/journal/live", "journal_live", lambda: _live(page))
    page.add("/journal/har", "har", lambda: _har(page))


def _journal(page: Page) -> Response:
    given = _given()
    try:
        shown = _shown(page, given)
    except ApiError as error:
        empty = {"total": 0, "appels": [], "suivant": None}
        return page.render(
            "journal.html", 400, fault=error.detail, calls=empty, **_around(page, given)
        )
    return page.render("journal.html", fault="", **shown)


def _live(page: Page) -> Response:
    """What of the journal may have changed, nothing when no call came."""
    given = _given()
    if _version(page) == request.args.get("version"):
        return Response(status=204)
    return page.render("journal_live.html", **_shown(page, given))


def _given() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:256] for name in (*FILTERS, "before")}


def _shown(page: Page, given: dict[str, str]) -> dict[str, Any]:
    around = _around(page, given)
    wanted = {name: value for name, value in given.items() if value} | {"limit": str(_ROWS)}
    return {**around, "calls": page.api.perform("read_journal", wanted)}


def _around(page: Page, given: dict[str, str]) -> dict[str, Any]:
    asked = {name: value for name, value in given.items() if value and name != "before"}
    return {
        "given": given,
        "asked": asked,
        "version": _version(page),
        "targets": list(Target),
        "applications": sorted(page.parts.equipment.codes_application),
        "filtered": bool(asked),
        "home": f"{url_for('page.journal')}?{urlencode(asked)}",
    }


def _version(page: Page) -> str:
    return f"{page.parts.journal.mark()} {g.langue}"


def _har(page: Page) -> Response:
    har = page.api.perform("export_journal")
    content = json.dumps(har, ensure_ascii=False).encode("utf-8", "replace")
    response = Response(content, content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="journal.har"'
    return response
