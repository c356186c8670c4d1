"""The application factory."""

from collections.abc import Iterable
from os import environ as machine
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import ENVIRONMENT, Settings
from depot_flux_simulator.web import (
    control_plane,
    errors,
    oauth,
    operations,
    page,
    probe,
    publication,
)
from depot_flux_simulator.web.bodies import request_class
from depot_flux_simulator.web.control_plane.admission import Admission
from depot_flux_simulator.web.middleware import Middleware
from depot_flux_simulator.web.shortcut import Shortcut


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """A simulator as a WSGI application; its parts are `app.extensions["depot_flux"]`.

    Args:
        settings: what to start with; defaults to the environment's, which is how the served
            simulator hands them to its processes.
        clock: a time of one's own, that the control plane does not move; the machine's, as
            steered, by default.

    Raises:
        ConfigurationError: a setting, the contract or the database cannot be used.
    """
    if settings is None:
        settings = Settings.from_json(machine.get(ENVIRONMENT, "{}"))
    parts = Parts.start(settings, clock)
    app = Flask(__name__, static_folder=None)
    own_request = app.request_class = request_class(parts)
    # A redirect would be an answer the contract does not know.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.extensions["depot_flux"] = parts
    app.wsgi_app = Shortcut(_exact(app.wsgi_app), parts, own_request)  # type: ignore[method-assign]
    errors.register(app, parts)
    operations.register(app, parts)
    oauth.register(app, parts)
    publication.register(app, parts)
    probe.register(app)
    if parts.settings.control_plane:
        admission = Admission(parts.settings.control_token, parts.throttle)
        page.register(app, parts, admission, control_plane.register(app, parts, admission))
        app.wsgi_app = Middleware(  # type: ignore[method-assign]
            app.wsgi_app,
            contract=parts.contract,
            base_path=parts.base_path,
            steering=parts.steering,
            journal=parts.journal,
            exchanges=parts.exchanges,
            clock=parts.clock,
            token_path=oauth.PATH,
            own=(control_plane.PREFIX, publication.PAGE, publication.DOCUMENT),
        )
    return app


def _exact(app: WSGIApplication) -> WSGIApplication:
    # Routing takes every slash at the beginning for one: what a proxy lets through by its path
    # would be another address here.
    def exact(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        # It takes small letters for great ones, too: to HTTP, "post" is none of its methods.
        if not method.isupper():
            environ = {**environ, "REQUEST_METHOD": f"-{method}"}
        if path.startswith("//"):
            environ = {**environ, "PATH_INFO": f"/.{path}"}
        return app(environ, start_response)

    return exact
