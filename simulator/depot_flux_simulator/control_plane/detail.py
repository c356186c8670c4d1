"""Everything known of one flux: its history, its motifs, its files."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.lifecycle import Instant
from depot_flux_simulator.services import Services
from depot_flux_simulator.steering.vue import Vue, look


def blueprint(services: Services) -> Blueprint:
    """The routes that tell about a flux."""
    routes = Blueprint("detail", __name__)

    @routes.get("/flux/<id_flux>")
    def detail(id_flux: str) -> dict[str, Any]:
        flux = services.store.flux(id_flux)
        if flux is None:
            raise ApiError(404, detail=f"Aucun flux {id_flux} n'a été déposé ici.")
        return as_json(look(services.store, flux, services.clock.now()))

    return routes


def as_json(vue: Vue) -> dict[str, Any]:
    """A flux as JSON values."""
    flux = vue.flux
    return {
        "id_flux": flux.id_flux,
        "code_application": flux.code_application,
        "code_interface": flux.code_interface,
        "nom": flux.nom,
        "taille": flux.taille,
        "sha256": flux.sha256,
        "statut": vue.statut,
        "historique": [
            {"statut": step.statut, "date": iso(step.depuis)} for step in vue.historique
        ],
        "motifs": [asdict(motif) for motif in vue.motifs],
        "fichiers": [asdict(fichier) for fichier in vue.verdict.fichiers],
        "remarques": list(vue.verdict.remarques),
        "force": bool(flux.forced.par),
        "force_par": list(flux.forced.par),
    }


def iso(instant: Instant) -> str:
    """An instant as ISO 8601 text, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
