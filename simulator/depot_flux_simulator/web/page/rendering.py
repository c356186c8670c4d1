"""How views are served: their address, their language, and what every one of them shows."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from depot_flux_simulator.controls.names import readable
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.errors import QuotaError, StoreError
from depot_flux_simulator.web.bodies import current_request
from depot_flux_simulator.web.control_plane.api import Api
from depot_flux_simulator.web.door import DEPOSIT, FIELD, HEADERS, Door, NotEnteredError
from depot_flux_simulator.web.page.language import Langue, chosen, said
from depot_flux_simulator.web.reception import of_store

STATIC = Path(__file__).with_name("static")
PARTS = 520
"""Parts of a form at most: as many files as a flux should have, and what is said of them."""
THEMES = ("auto", "light", "dark")

View = Callable[..., Response | str]


class Page:
    """What views are made with.

    Args:
        blueprint: where their routes go.
        parts: those of the simulator.
        api: the control plane's operations.
        door: who may see them.
    """

    def __init__(self, blueprint: Blueprint, parts: Parts, api: Api, door: Door) -> None:
        self.parts = parts
        self.api = api
        self.door = door
        self._blueprint = blueprint
        blueprint.before_request(self._begin)
        blueprint.after_request(self._end)
        blueprint.teardown_request(lambda _error: current_request().drop_unclaimed())
        for error in (ApiError, HTTPException, StoreError):
            blueprint.register_error_handler(error, self._failed)
        blueprint.register_error_handler(NotEnteredError, self._ask_token)

    def add(self, rule: str, name: str, view: View, *, method: str = "GET") -> None:
        """Add a view, for those who are let in."""

        def entered(**in_path: Any) -> Response | str:
            self.door.check_entered()
            return view(**in_path)

        self.add_open(rule, name, entered, method=method)

    def add_open(self, rule: str, name: str, view: View, *, method: str = "GET") -> None:
        """Add a view that is the way in."""
        self._blueprint.add_url_rule(
            rule, name, view, methods=[method], provide_automatic_options=False
        )

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A view as HTML."""
        langue = g.langue
        text = render_template(
            template,
            t=partial(_text, langue),
            langue=langue,
            langues=list(Langue),
            theme=_theme(),
            themes=THEMES,
            static=_static,
            champ=FIELD,
            jeton=self.door.form_secret,
            can_leave=self.door.asks_token and g.visit.entered,
            clock=self.parts.steering.reading(),
            now=self.parts.clock.now(),
            nom=nom,
            lignes=lignes,
            quand=quand,
            octets=partial(octets, langue),
            **values,
        )
        # Half a pair of surrogates is a character to Python, and none to UTF-8.
        body = text.encode("utf-8", "replace")
        return Response(body, status, content_type="text/html; charset=utf-8")

    def text(self, key: str, **values: object) -> Markup:
        """A text in the language of the current request."""
        return _text(g.langue, key, **values)

    def _begin(self) -> None:
        g.langue = chosen(request)
        if request.path == DEPOSIT:
            current_request().max_form_parts = PARTS
        self.door.check()

    def _end(self, response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        if "static" not in (request.endpoint or ""):
            self.door.leave_word(response)
        return response

    def _failed(self, error: Exception) -> Response:
        status, detail, headers = _told(error)
        if not hasattr(g, "visit"):
            # Nothing of the page for whom it is not.
            refused = f"{status} {detail}\n"
            return Response(refused, status, headers, content_type="text/plain; charset=utf-8")
        response = self.render("error.html", status, statut=status, detail=detail)
        response.headers.update(headers)
        return response

    def _ask_token(self, _error: Exception) -> Response:
        return self.render("entry.html", 401, refus="", suite=request.full_path.rstrip("?"))


def _told(error: Exception) -> tuple[int, str, dict[str, str]]:
    if isinstance(error, StoreError):
        error = of_store(error)
    if isinstance(error, ApiError):
        return error.codes[0], error.detail, error.headers
    if isinstance(error, QuotaError):
        return 429, "L'application a déposé trop de flux en une heure.", {}
    assert isinstance(error, HTTPException)  # noqa: S101 (no other comes here)
    return error.code or 500, error.description or "", {}


def _text(langue: Langue, key: str, **values: object) -> Markup:
    return said(langue, key, values)


def _theme() -> str:
    theme = request.cookies.get("theme", "auto")
    return theme if theme in THEMES else "auto"


def _static(name: str) -> str:
    return url_for("page.static", version=_version(name), name=name)


@cache
def _version(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def nom(text: object) -> Markup:
    """A name or content from anywhere: as text, whatever it holds, apart from what is around."""
    return Markup('<bdi class="nom">{}</bdi>').format(readable(str(text)))


def lignes(text: object) -> str:
    """Lines of code, in which nothing is hidden: what is invisible is spelt out."""
    return "\n".join(readable(line) for line in str(text).split("\n"))


def quand(instant: Instant, *, millis: bool = False) -> Markup:
    """An instant as people read it, UTC."""
    moment = datetime.fromtimestamp(instant / 1_000, UTC)
    shown = moment.strftime("%d/%m/%Y %H:%M:%S")
    if millis:
        shown += f",{instant % 1_000:03}"
    iso = moment.isoformat(timespec="milliseconds")
    return Markup('<time datetime="{}">{}</time>').format(iso, escape(shown))


_UNITS = {Langue.FR: ("o", "ko", "Mo"), Langue.EN: ("B", "kB", "MB")}


def octets(langue: Langue, count: int | None) -> str:
    """A number of bytes as people read it."""
    if count is None:
        return ""
    size, units = float(count), list(_UNITS[langue])
    while size >= 1_000 and len(units) > 1:
        size /= 1_000
        units.pop(0)
    shown = f"{size:.1f}" if units[0] != _UNITS[langue][0] else f"{size:.0f}"
    return f"{shown.replace('.', ',') if langue is Langue.FR else shown} {units[0]}"
