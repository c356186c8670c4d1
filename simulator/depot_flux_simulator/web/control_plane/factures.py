"""What became of the invoices, and the life-cycle documents that tell it."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from depot_flux_simulator import cdar
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.facture import Raison, StatutFacture
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.factures import FactureFilter, StoredFacture
from depot_flux_simulator.web.control_plane.api import PREFIX, Api
from depot_flux_simulator.web.control_plane.looking import paged, stored
from depot_flux_simulator.web.control_plane.steering import iso


def add_to(api: Api, parts: Parts) -> None:
    """Add these operations."""
    api.handle("list_factures", lambda parameters, _body: _list(parts, parameters))
    api.handle("read_facture", lambda parameters, _body: as_json(_facture(parts, parameters)))
    api.handle("download_cdar_facture", lambda parameters, _body: _cdar(parts, parameters))
    api.handle("download_cdar_flux", lambda parameters, _body: _cdar_of_flux(parts, parameters))


def _list(parts: Parts, parameters: Mapping[str, Any]) -> dict[str, Any]:
    now = parts.clock.now()
    wanted, limit = _filter(parameters), parameters["limit"]
    found = parts.store.factures.search(wanted, now, before=parameters["before"], limit=limit + 1)
    page, following = paged(found, limit)
    return {
        "total": parts.store.factures.total(wanted, now),
        "factures": [as_json(each) for each in page],
        "suivant": following,
    }


def _filter(parameters: Mapping[str, Any]) -> FactureFilter:
    statut, raison = parameters["statut"], parameters["raison"]
    return FactureFilter(
        numero=parameters["numero"],
        siren=parameters["siren"],
        statut=statut and StatutFacture(statut),
        raison=raison and Raison(raison),
        id_flux=parameters["flux"],
    )


def as_json(told: StoredFacture) -> dict[str, Any]:
    """An invoice as JSON values."""
    address = f"{PREFIX}/factures/{told.pk}/cdar" if told.facture.annoncee else None
    return {
        "id": told.pk,
        "id_flux": told.id_flux,
        "date": iso(told.le),
        **told.facture.as_dict(),
        "cdar": address,
    }


def _facture(parts: Parts, parameters: Mapping[str, Any]) -> StoredFacture:
    number = parameters["id"]
    found = parts.store.factures.get(number, parts.clock.now())
    if found is None:
        raise ApiError(404, detail=f"Aucune facture {number} n'est connue ici.")
    return found


def _cdar(parts: Parts, parameters: Mapping[str, Any]) -> Response:
    told = _facture(parts, parameters)
    try:
        content = cdar.of_facture(told.facture, told.le)
    except cdar.NotToldError as error:
        raise ApiError(404, detail=str(error)) from None
    return _file(content, f"CDAR_{told.facture.statut.code}_{told.pk}.xml")


def _cdar_of_flux(parts: Parts, parameters: Mapping[str, Any]) -> Response:
    view = parts.store.view(stored(parts, parameters), parts.clock.now())
    flux = view.flux
    try:
        content = cdar.of_flux(flux.id_flux, flux.depot, view.motifs, view.historique[-1])
    except cdar.NotToldError as error:
        raise ApiError(404, detail=str(error)) from None
    return _file(content, f"CDAR_{cdar.IRRECEVABLE}_{flux.pk}.xml")


def _file(content: bytes, name: str) -> Response:
    return Response(
        content,
        content_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
