"""The flux, newest first, as filters in the address choose them; how many, and when they came."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import g, request, url_for
from werkzeug import Response

from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.flux.motifs import TABLE
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.overview import EXAMINED, MINUTE_MS, Count
from depot_flux_simulator.web.control_plane.looking import flux_filter
from depot_flux_simulator.web.page.rendering import Page

FILTERS = ("statut", "motif", "code_interface", "code_application", "nom", "depuis", "avant")
_TIMES = ("depuis", "avant")
_LONGEST = 256
_ROWS = 25
_MINUTES = 60


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for.

    Attributes:
        given: its filters, as they were given.
        wanted: the same, None when one of them is none.
        before: number of the flux the page ends before, None for the first page.
        fault: why it cannot be asked for, "" when it can.
    """

    given: dict[str, str]
    wanted: FluxFilter
    before: int | None
    fault: str = ""

    def address(self, view: str = "page.listing", **others: object) -> str:
        """The address of the same with other values; None leaves one away."""
        values = {**self.given, **others}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{url_for(view)}?{query}" if query else url_for(view)


def add_to(page: Page) -> None:
    """Add these views."""
    page.add("/", "listing", lambda: _listing(page))
    page.add("/live", "live", lambda: _live(page))


def _listing(page: Page) -> Response:
    asked = _asked()
    return page.render(
        "listing.html",
        400 if asked.fault else 200,
        asked=asked,
        statuts=list(Statut),
        motifs=TABLE,
        natures=NATURES,
        applications=sorted(page.parts.equipment.codes_application),
        **_shown(page, asked),
    )


def _live(page: Page) -> Response:
    """What of the list may have changed, nothing when none of it has."""
    stamp, _, seen = request.args.get("version", "").partition(".")
    if stamp and stamp == _stamp(page):
        return Response(status=204)
    asked = _asked()
    shown = _shown(page, asked)
    # A page that has a stamp to go by is given its new one.
    if shown["version"] == f".{seen}":
        return Response(status=204)
    return page.render("live.html", asked=asked, **shown)


def _stamp(page: Page) -> str:
    """What stays as long as no list can change, "" when time alone changes them."""
    now, settings = page.parts.clock.now(), page.parts.steering.state.settings
    newest = page.parts.store.overview.settled(now)
    return "" if newest is None else f"{newest}-{settings.generation}-{now // MINUTE_MS}"


def _asked() -> _Asked:
    given = {name: request.args.get(name, "").strip()[:_LONGEST] for name in FILTERS}
    before = request.args.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 19 else None
    parameters: dict[str, Any] = {name: value or None for name, value in given.items()}
    for name in _TIMES:
        # What a browser's field gives says no offset: it is meant as it is shown, in UTC.
        if given[name] and not given[name].endswith("Z") and "+" not in given[name]:
            parameters[name] = f"{given[name]}Z"
    try:
        return _Asked(given, flux_filter(parameters), number)
    except ApiError as error:
        return _Asked(given, FluxFilter(), number, error.detail)


def _shown(page: Page, asked: _Asked) -> dict[str, Any]:
    store, now = page.parts.store, page.parts.clock.now()
    stamp = _stamp(page)
    found = store.overview.page(asked.wanted, now, before=asked.before, limit=_ROWS)
    counts = store.overview.by_status(asked.wanted, now)
    rows = found.flux
    shown: dict[str, Any] = {
        "rows": rows,
        "following": found.following,
        "complete": found.complete,
        "counts": {statut: _count(counts[statut]) for statut in Statut},
        "total": _count(_sum(counts.values())),
        "chart": _chart(page, now),
        "filtered": any(asked.given.values()),
        "empty": not rows and not store.overview.page(FluxFilter(), now, before=None, limit=1).flux,
        "examined": _grouped(EXAMINED),
    }
    return {**shown, "version": f"{stamp}.{_version(shown)}"}


def _version(shown: dict[str, Any]) -> str:
    seen = [(view.id_flux, view.historique, view.flux.ecarte) for view in shown["rows"]]
    said = repr((seen, shown["counts"], shown["total"], shown["chart"], str(g.langue)))
    return sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _count(count: Count) -> str:
    return f"{_grouped(count.number)}{'+' if count.more else ''}"


def _sum(counts: Iterable[Count]) -> Count:
    numbers = list(counts)
    return Count(sum(each.number for each in numbers), any(each.more for each in numbers))


def _grouped(number: int) -> str:
    # A narrow space between thousands is read in both languages.
    return f"{number:,}".replace(",", "\u202f")


def _chart(page: Page, now: Instant) -> list[tuple[int, int]]:
    """The flux of each minute of the last hour: height in percent, how many."""
    epoch = page.parts.steering.state.settings.epoch
    counted = page.parts.store.overview.by_minute(now, _MINUTES, epoch)
    highest = max(counted)
    return [(-(-100 * count // highest) if highest else 0, count) for count in counted]
