"""What a test sees and steers of the simulator, under `/_simulator`; never part of the contract."""

from flask import Flask

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.control_plane import factures, looking, steering
from depot_flux_simulator.web.control_plane.api import PREFIX, Api

__all__ = ["PREFIX", "register"]


def register(app: Flask, parts: Parts) -> None:
    """Add the control plane to an application."""
    api = Api(parts.settings.control_token)
    steering.add_to(api, parts)
    looking.add_to(api, parts)
    factures.add_to(api, parts)
    app.register_blueprint(api.blueprint())
