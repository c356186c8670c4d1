"""The flux and the calls, as a test may see them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from flask import Response, request, send_file

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.factures import StoredFacture
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.journal import Entry
from depot_flux_simulator.store.view import FluxView
from depot_flux_simulator.web import har
from depot_flux_simulator.web.control_plane import curl
from depot_flux_simulator.web.control_plane.api import Api
from depot_flux_simulator.web.control_plane.steering import instant, iso

_LONGEST_NAME = 200
Row = TypeVar("Row", StoredFlux, StoredFacture)


def add_to(api: Api, parts: Parts) -> None:
    """Add these operations."""
    api.handle("read_flux", lambda parameters, _body: _read_flux(parts, parameters))
    api.handle("list_flux", lambda parameters, _body: _list_flux(parts, parameters))
    api.handle("download_flux", lambda parameters, _body: _download(parts, parameters))
    api.handle("read_journal", lambda parameters, _body: _journal(parts, parameters))
    api.handle("export_journal", lambda _parameters, _body: _har(parts))


def stored(parts: Parts, parameters: Mapping[str, Any]) -> StoredFlux:
    """The flux that a call names."""
    id_flux = parameters["id_flux"]
    flux = parts.store.flux.get(id_flux)
    if flux is None:
        raise ApiError(404, detail=f"Aucun flux {id_flux} n'a été déposé ici.")
    return flux


def _read_flux(parts: Parts, parameters: Mapping[str, Any]) -> dict[str, Any]:
    flux = stored(parts, parameters)
    return as_json(parts.store.view(flux, parts.clock.now()))


def as_json(view: FluxView) -> dict[str, Any]:
    """A flux as JSON values."""
    flux, depot = view.flux, view.flux.depot
    return {
        "id_flux": flux.id_flux,
        "code_application": depot.code_application,
        "code_interface": depot.code_interface,
        "nom": depot.nom,
        "taille": flux.taille,
        "sha256": flux.sha256,
        "statut": view.statut,
        "ecarte": flux.ecarte,
        "historique": [{"statut": s.statut, "date": iso(s.depuis)} for s in view.historique],
        "motifs": [motif.as_dict() for motif in view.motifs],
        "fichiers": [asdict(fichier) for fichier in view.verdict.fichiers],
        "remarques": list(view.verdict.remarques),
        "factures": [facture.as_dict() for facture in view.verdict.factures],
        "constats": [asdict(constat) for constat in view.verdict.constats],
        "force": bool(flux.forced.par),
        "force_par": list(flux.forced.par),
    }


def _list_flux(parts: Parts, parameters: Mapping[str, Any]) -> dict[str, Any]:
    now = parts.clock.now()
    wanted, limit = flux_filter(parameters), parameters["limit"]
    found = parts.store.flux.search(wanted, now, before=parameters["before"], limit=limit + 1)
    page, following = paged(found, limit)
    return {
        "total": parts.store.flux.total(wanted, now),
        "flux": [as_json(parts.store.view(flux, now)) for flux in page],
        "suivant": following,
    }


def paged(found: list[Row], limit: int) -> tuple[list[Row], int | None]:
    """A page of what was found, and the number that the next one ends before, if there is one.

    Args:
        found: one more than the page holds, where there are as many.
        limit: how many the page holds.
    """
    page = found[:limit]
    return page, page[-1].pk if len(found) > limit else None


def flux_filter(parameters: Mapping[str, Any]) -> FluxFilter:
    """Which flux a call asks for.

    Raises:
        ApiError: an instant is none.
    """
    statut, motif = parameters["statut"], parameters["motif"]
    depuis, avant = parameters["depuis"], parameters["avant"]
    try:
        return FluxFilter(
            statut=statut and Statut(statut),
            motif=motif and Code(motif),
            code_interface=parameters["code_interface"],
            code_application=parameters["code_application"],
            nom=parameters["nom"],
            depuis=instant(depuis) if depuis else None,
            avant=instant(avant) if avant else None,
        )
    except ValueError as error:
        raise ApiError(400, detail=str(error)) from None


def _download(parts: Parts, parameters: Mapping[str, Any]) -> Response:
    flux = stored(parts, parameters)
    try:
        with parts.store.contents.at_hand(flux.depot.contenu.name) as path:
            response = send_file(
                path,
                mimetype="application/octet-stream",
                as_attachment=True,
                download_name=_plain(flux.depot.nom) or flux.id_flux,
            )
    except FileNotFoundError:
        raise ApiError(404, detail=f"Le contenu du flux {flux.id_flux} a été effacé.") from None
    # Bytes from anywhere: no browser may take them for a page.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _plain(nom: str) -> str:
    """A name that a header can hold, of no folder and not hidden, whatever the flux was called."""
    plain = (c if c.isprintable() and c not in "/\\" else "_" for c in nom[:_LONGEST_NAME])
    return "".join(plain).lstrip(".")


def _journal(parts: Parts, parameters: Mapping[str, Any]) -> dict[str, Any]:
    wanted = [(key, value) for key, value in parameters.items() if value is not None]
    wanted = [(key, value) for key, value in wanted if key not in ("before", "limit")]
    before, limit = parameters["before"], parameters["limit"]
    found = [
        entry
        for entry in parts.journal.read()
        if all(getattr(entry, key) == value for key, value in wanted)
    ]
    later = [entry for entry in found if before is None or entry.id < before]
    base, body = request.host_url.rstrip("/"), next(iter(parts.contract.bodies))
    return {
        "total": len(found),
        "appels": [_call_as_json(entry, curl.line(entry, base, body)) for entry in later[:limit]],
        "suivant": later[limit - 1].id if len(later) > limit else None,
    }


def _har(parts: Parts) -> dict[str, Any]:
    """The calls as HAR, oldest first: whole where they are kept."""
    if parts.exchanges is not None:
        return har.document(parts.exchanges.read())
    base = request.host_url.rstrip("/")
    entries = [har.of_entry(entry, base, iso(entry.date)) for entry in parts.journal.read()]
    return har.document(entries[::-1])


def _call_as_json(entry: Entry, line: str) -> dict[str, Any]:
    values = asdict(entry)
    del values["epoch"]
    values["date"] = iso(entry.date)
    values["duree_ms"] = values.pop("duree_us") / 1_000
    return {**values, "curl": line}
