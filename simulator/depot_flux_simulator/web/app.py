"""The application factory."""

import json
import logging
from os import environ

from flask import Flask, Response, request
from flask_swagger_ui import get_swaggerui_blueprint
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from depot_flux_simulator.access.piste import OAuthError
from depot_flux_simulator.contract import Answer
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import ENVIRONMENT, Settings
from depot_flux_simulator.store.flux import QuotaError
from depot_flux_simulator.web import control_plane
from depot_flux_simulator.web import operations as routes
from depot_flux_simulator.web.middleware import Middleware, note

TOKEN_PATH = "/api/oauth/token"  # noqa: S105 (a path, not a secret)

_log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """A simulator as a WSGI application.

    Args:
        settings: what to start with; defaults to the environment's, which is how the served
            simulator hands them to its processes.
        clock: a time of one's own, that the control plane does not move; the machine's, as
            steered, by default.

    Raises:
        ConfigurationError: a setting, the contract or the database cannot be used.
    """
    if settings is None:
        settings = Settings.from_json(environ.get(ENVIRONMENT, "{}"))
    parts = Parts.start(settings, clock)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = parts.settings.body_bytes
    # A redirect would be an answer the contract does not know.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.extensions["depot_flux"] = parts
    _register_errors(app, parts)
    routes.register(app, parts)
    _register_token(app, parts)
    _register_contract(app, parts)
    if parts.settings.control_plane:
        control_plane.register(app, parts)
        _put_front(app, parts)
    return app


def _put_front(app: Flask, parts: Parts) -> None:
    app.wsgi_app = Middleware(  # type: ignore[method-assign]
        app.wsgi_app,
        contract=parts.contract,
        base_path=parts.base_path,
        steering=parts.steering,
        journal=parts.journal,
        clock=parts.clock,
        token_path=TOKEN_PATH,
        own=(control_plane.PREFIX, "/docs", "/openapi.json"),
    )


def _register_errors(app: Flask, parts: Parts) -> None:
    contract = parts.contract
    operations = {operation.role.value: operation for operation in contract.operations}

    def problem(codes: tuple[int, ...], detail: str, headers: dict[str, str]) -> Response:
        operation = operations.get(request.endpoint or "")
        status = operation.first_declared(*codes) if operation else codes[0]
        note(request.environ, {"probleme": detail})
        answer = contract.problem(
            operation, status, detail, request.path, headers, parts.clock.now()
        )
        return routes.to_response(answer)

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return problem(error.codes, error.detail, error.headers)

    @app.errorhandler(QuotaError)
    def over_quota(error: QuotaError) -> Response:
        wait = max(1, -(-error.wait_ms // 1_000))
        detail = f"L'application a déposé trop de flux en une heure ; réessayer dans {wait} s."
        return problem((429, 503), detail, {"Retry-After": str(wait)})

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        headers = {k: v for k, v in error.get_headers() if k not in ("Content-Type",)}
        return problem((error.code or 500,), _DETAILS.get(error.code or 500, ""), headers)

    @app.errorhandler(OperationalError)
    def store_unreachable(error: OperationalError) -> Response:
        _log.error("store: %s", error.orig)
        return problem((503, 500), "La base des flux ne répond pas ; réessayer plus tard.", {})

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        _log.error("unforeseen error on %s", request.path, exc_info=error)
        return problem((500,), "Une erreur imprévue s'est produite ; elle est au journal.", {})


_DETAILS = {
    400: "La requête ne peut pas être lue ; vérifier le corps et ses en-têtes.",
    404: "Cette adresse n'est pas de celles du contrat ; voir /openapi.json.",
    405: "Cette adresse n'accepte pas cette méthode ; voir l'en-tête Allow.",
    413: "Le corps dépasse ce que la passerelle laisse passer ; un flux fait au plus 30 Mo.",
    415: "Le type de contenu n'est pas pris en charge.",
}


def _register_token(app: Flask, parts: Parts) -> None:
    @app.post(TOKEN_PATH, provide_automatic_options=False)
    def token() -> Response:
        is_form = request.mimetype == "application/x-www-form-urlencoded"
        try:
            status, body = 200, parts.piste.token(request.form if is_form else {})
        except OAuthError as error:
            status, body = 400, {"error": str(error)}
            note(request.environ, {"probleme": str(error)})
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        content = json.dumps(body).encode()
        return routes.to_response(Answer(status, content, "application/json", headers))


def _register_contract(app: Flask, parts: Parts) -> None:
    published = parts.contract.document
    if parts.settings.base_path is not None:
        published = {**published, "servers": [{"url": parts.base_path or "/"}]}
    document = json.dumps(published, ensure_ascii=False).encode()

    @app.get("/openapi.json", provide_automatic_options=False)
    def contract() -> Response:
        return routes.to_response(Answer(200, document, "application/json"))

    title = parts.contract.document.get("info", {}).get("title", "API Dépôt Flux G2B")
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": title})
    )
