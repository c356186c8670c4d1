"""The way in: the control token, once; language and theme."""

from flask import redirect, request, url_for
from werkzeug import Response

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.web.door import COOKIE
from depot_flux_simulator.web.page.language import Langue
from depot_flux_simulator.web.page.rendering import THEMES, Page

_YEAR = 365 * 86_400
_CHOICES = {"langue": tuple(Langue), "theme": THEMES}


def add_to(page: Page) -> None:
    """Add these views."""
    page.add_open("/entry", "enter", lambda: _enter(page), method="POST")
    page.add_open("/leave", "leave", _leave, method="POST")
    page.add_open("/choices", "choose", _choose, method="POST")


def _enter(page: Page) -> Response:
    try:
        page.door.enter(request.form.get("control_token", ""))
    except ApiError as error:
        response = page.render(
            "entry.html", error.codes[0], refus=error.detail, suite=request.form.get("suite", "")
        )
        response.headers.update({k: v for k, v in error.headers.items() if k == "Retry-After"})
        return response
    return _back()


def _leave() -> Response:
    response = redirect(url_for("page.listing"), 303)
    response.delete_cookie(COOKIE, path=url_for("page.listing").rstrip("/"))
    return response


def _choose() -> Response:
    response = _back()
    for name, values in _CHOICES.items():
        value = request.form.get(name)
        if value in values:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                path=url_for("page.listing").rstrip("/"),
                samesite="Strict",
                httponly=True,
                secure=request.is_secure,
            )
    return response


def _back() -> Response:
    """Back to where it was asked from, which is of the page."""
    home = url_for("page.listing")
    suite = request.form.get("suite", "")
    # An address that a browser reads otherwise than it looks leads home.
    inside = suite.startswith(home) and suite.isprintable() and "\\" not in suite
    return redirect(suite if inside else home, 303)
