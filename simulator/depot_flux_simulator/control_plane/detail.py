"""Everything known of one flux: its history, its motifs, its files."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint

from depot_flux_simulator import lifecycle
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.lifecycle import Instant
from depot_flux_simulator.motifs import Verdict
from depot_flux_simulator.services import Services
from depot_flux_simulator.store import StoredFlux


def blueprint(services: Services) -> Blueprint:
    """The routes that tell about a flux."""
    routes = Blueprint("detail", __name__)

    @routes.get("/flux/<id_flux>")
    def detail(id_flux: str) -> dict[str, Any]:
        flux = services.store.flux(id_flux)
        if flux is None:
            raise ApiError(404, detail=f"Aucun flux {id_flux} n'a été déposé ici.")
        now = services.clock.now()
        final = lifecycle.current(flux.facts, now).statut.final
        # What the controls found shows when the status does, as on the platform.
        verdict = services.store.verdict(flux.pk) if final else Verdict()
        return _as_json(flux, verdict, now)

    return routes


def _as_json(flux: StoredFlux, verdict: Verdict, now: Instant) -> dict[str, Any]:
    history = lifecycle.history(flux.facts, now)
    return {
        "id_flux": flux.id_flux,
        "code_application": flux.code_application,
        "code_interface": flux.code_interface,
        "nom": flux.nom,
        "taille": flux.taille,
        "sha256": flux.sha256,
        "statut": history[-1].statut,
        "historique": [{"statut": step.statut, "date": iso(step.depuis)} for step in history],
        "motifs": [asdict(motif) for motif in verdict.motifs],
        "fichiers": [asdict(fichier) for fichier in verdict.fichiers],
        "remarques": list(verdict.remarques),
    }


def iso(instant: Instant) -> str:
    """An instant as ISO 8601 text, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
