"""What a test sees and steers of the simulator, under `/_simulator`; never part of the contract."""

from flask import Flask

from depot_flux_simulator.control_plane import detail
from depot_flux_simulator.services import Services

PREFIX = "/_simulator"


def register(app: Flask, services: Services) -> None:
    """Add the control plane to an application."""
    app.register_blueprint(detail.blueprint(services), url_prefix=PREFIX)
