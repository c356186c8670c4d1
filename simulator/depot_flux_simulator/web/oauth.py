"""The token endpoint, as PISTE has it."""

import json
from collections.abc import Mapping

from flask import Flask, Response, request

from depot_flux_simulator.access.piste import OAuthError
from depot_flux_simulator.contract import Answer
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.answers import to_response
from depot_flux_simulator.web.middleware import note

PATH = "/api/oauth/token"


def register(app: Flask, parts: Parts) -> None:
    """Add the endpoint to an application."""

    @app.post(PATH, provide_automatic_options=False)
    def token() -> Response:
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        try:
            status, body = 200, parts.piste.token(_form(), request.remote_addr)
        except OAuthError as error:
            status, body = 400, {"error": str(error)}
            if error.wait_seconds:
                status, headers["Retry-After"] = 429, str(error.wait_seconds)
            note(request.environ, {"probleme": str(error)})
        content = json.dumps(body).encode()
        return to_response(Answer(status, content, "application/json", headers))


def _form() -> Mapping[str, str]:
    """What the request says, nothing when it is no form.

    Raises:
        OAuthError: it says something twice (RFC 6749, 3.2).
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        return {}
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise OAuthError("invalid_request")
    return request.form
