"""What a test sees and steers of the simulator, under `/_simulator`; never part of the contract."""

from flask import Flask

from depot_flux_simulator.control_plane import looking, steering
from depot_flux_simulator.control_plane.api import PREFIX, Api
from depot_flux_simulator.services import Services

__all__ = ["PREFIX", "register"]


def register(app: Flask, services: Services) -> None:
    """Add the control plane to an application."""
    api = Api(services.settings.control_token)
    steering.add_to(api, services)
    looking.add_to(api, services)
    app.register_blueprint(api.blueprint())
