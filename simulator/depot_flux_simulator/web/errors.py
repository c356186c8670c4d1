"""Every error in the contract's own body."""

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from depot_flux_simulator.contract import Answer
from depot_flux_simulator.errors import AccountError, ApiError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.errors import QuotaError, StoreError
from depot_flux_simulator.web.answers import to_response
from depot_flux_simulator.web.control_plane.api import PREFIX
from depot_flux_simulator.web.middleware import FAILED, UNFORESEEN, note
from depot_flux_simulator.web.reception import FULL, NO_ROOM, UNABLE, of_store

_DETAILS = {
    400: "La requête ne peut pas être lue ; vérifier le corps et ses en-têtes.",
    404: "Cette adresse n'est pas de celles du contrat ; voir /openapi.json.",
    405: "Cette adresse n'accepte pas cette méthode ; voir l'en-tête Allow.",
    413: "Le corps dépasse ce que la passerelle laisse passer ; un flux fait au plus 30 Mo.",
    415: "Le type de contenu n'est pas pris en charge.",
}
_log = logging.getLogger(__name__)


def register(app: Flask, parts: Parts) -> None:
    """Let an application answer its errors as the contract says."""
    contract = parts.contract
    operations = {operation.role.value: operation for operation in contract.operations}

    def problem(codes: tuple[int, ...], detail: str, headers: dict[str, str]) -> Response:
        operation = operations.get(request.endpoint or "")
        status = operation.first_declared(*codes) if operation else codes[0]
        note(request.environ, {"probleme": detail})
        return to_response(
            contract.problem(operation, status, detail, request.path, headers, parts.clock.now())
        )

    app.before_request(_raise_failed)

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

    @app.errorhandler(StoreError)
    def store_fails(error: StoreError) -> Response:
        _log.error("store: %s", error)
        said = of_store(error)
        return problem(said.codes, said.detail, {})

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        if isinstance(error, OSError) and error.errno is not None:
            _log.error("a file fails: %a", error)
            said = FULL if error.errno in NO_ROOM else UNABLE
            return problem(said.codes, said.detail, {})
        _log.error("unforeseen error on %a", request.path, exc_info=error)
        return problem((500,), UNFORESEEN, {})

    if parts.settings.gateway:
        _register_gateway(app)


def _raise_failed() -> None:
    """Answer what went wrong before a call came here."""
    error: StoreError | None = request.environ.get(FAILED)
    if error is not None:
        raise error


def _register_gateway(app: Flask) -> None:
    """Let the gateway answer what it does not let through to the API."""

    def answer(status: int, detail: str) -> Response:
        note(request.environ, {"probleme": detail})
        # Seen in public: its bodies do not follow the API's contract, and are often empty.
        return to_response(Answer(status))

    @app.errorhandler(AccountError)
    def not_the_callers(error: AccountError) -> Response:
        return answer(401, error.detail)

    @app.errorhandler(NotFound)
    def nowhere(_error: NotFound) -> Response:
        # The simulator's own addresses do not lie behind it.
        return answer(404 if request.path.startswith(PREFIX) else 403, _DETAILS[404])
