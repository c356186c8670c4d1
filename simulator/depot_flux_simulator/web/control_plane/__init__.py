"""What a test sees and steers of the simulator, under `/_simulator`; never part of the contract."""

from flask import Flask

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.control_plane import factures, looking, steering
from depot_flux_simulator.web.control_plane.admission import Admission
from depot_flux_simulator.web.control_plane.api import PREFIX, Api

__all__ = ["PREFIX", "register"]


def register(app: Flask, parts: Parts, admission: Admission) -> Api:
    """Add the control plane to an application, and give its operations."""
    api = Api(admission)
    steering.add_to(api, parts)
    looking.add_to(api, parts)
    factures.add_to(api, parts)
    app.register_blueprint(api.blueprint())
    return api
