"""A flux: its life, its files, why it is irrecevable and where, its invoices, its calls."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import g, request
from werkzeug import Response

from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Constat
from depot_flux_simulator.flux.verdict import Motif, Verdict
from depot_flux_simulator.store.factures import FactureFilter
from depot_flux_simulator.store.view import FluxView
from depot_flux_simulator.web.control_plane.looking import stored
from depot_flux_simulator.web.page import repeating
from depot_flux_simulator.web.page.rendering import Page

if TYPE_CHECKING:
    from depot_flux_simulator.controls.excerpts import Line

CALLS = 20
EXCERPTS = 20
"""Places of a flux that are shown at most; one fault often makes many."""


def add_to(page: Page) -> None:
    """Add these views."""
    page.add("/flux/<id_flux>", "flux", lambda id_flux: _flux(page, id_flux))
    page.add("/flux/<id_flux>/live", "flux_live", lambda id_flux: _live(page, id_flux))
    for rule, name, operation in (
        ("/flux/<id_flux>/contenu", "content", "download_flux"),
        ("/flux/<id_flux>/cdar", "cdar", "download_cdar_flux"),
        ("/factures/<id>/cdar", "cdar_facture", "download_cdar_facture"),
    ):
        _add_download(page, rule, name, operation)


def _add_download(page: Page, rule: str, name: str, operation: str) -> None:
    page.add(rule, name, lambda **in_path: page.api.perform(operation, in_path))


def _flux(page: Page, id_flux: str) -> Response:
    view = _view(page, id_flux)
    return page.render("flux.html", **_shown(page, view))


def _live(page: Page, id_flux: str) -> Response:
    """What of a flux may have changed, nothing when none of it has."""
    view = _view(page, id_flux)
    if _version(view) == request.args.get("version"):
        return Response(status=204)
    return page.render("flux_live.html", **_shown(page, view))


def _view(page: Page, id_flux: str) -> FluxView:
    flux = stored(page.parts, {"id_flux": id_flux})
    return page.parts.store.view(flux, page.parts.clock.now())


def _version(view: FluxView) -> str:
    said = repr((view.historique, view.flux.ecarte, str(g.langue)))
    return sha256(said.encode()).hexdigest()[:16]


def _shown(page: Page, view: FluxView) -> dict[str, Any]:
    parts = page.parts
    wanted = FactureFilter(id_flux=view.id_flux)
    factures = parts.store.factures.search(wanted, parts.clock.now(), before=None, limit=None)
    named = {"id_flux": view.id_flux, "limit": str(CALLS)}
    # What ended the process that controlled it is not read again here.
    lines = {} if view.flux.echecs else _lines(page, view)
    return {
        "view": view,
        "version": _version(view),
        "nature": NATURES.get(view.flux.depot.code_interface),
        "verdict": view.verdict,
        "factures": [(told.pk, told.facture) for told in reversed(factures)],
        "lines": lines,
        "calls": page.api.perform("read_journal", named),
        "curl": repeating.curl_line(page, view.flux),
        "python": repeating.python_lines(page, view.flux),
    }


def _lines(page: Page, view: FluxView) -> "Mapping[tuple[str, int], tuple[Line, ...]]":
    """The same of a flux of the store, wherever its bytes lie."""
    depot = view.flux.depot
    try:
        with page.parts.store.contents.at_hand(depot.contenu.name) as path:
            return found_lines(replace(depot, contenu=path), view.verdict)
    except OSError:
        return {}  # it is set aside, which the page says


def found_lines(depot: Depot, verdict: Verdict) -> "Mapping[tuple[str, int], tuple[Line, ...]]":
    """The lines around each place of a flux that something was found at."""
    from depot_flux_simulator.controls.excerpts import around  # noqa: PLC0415 (heavy)

    found: list[Motif | Constat] = [*verdict.motifs, *verdict.constats]
    found += [constat for facture in verdict.factures for constat in facture.constats]
    places = dict.fromkeys(
        (each.fichier, each.ligne) for each in found if each.fichier and each.ligne
    )
    return around(depot, list(places)[:EXCERPTS]) if places else {}
