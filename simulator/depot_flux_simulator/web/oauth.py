"""The token endpoint, as PISTE has it."""

import json

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
        is_form = request.mimetype == "application/x-www-form-urlencoded"
        try:
            status, body = 200, parts.piste.token(request.form if is_form else {})
        except OAuthError as error:
            status, body = 400, {"error": str(error)}
            note(request.environ, {"probleme": str(error)})
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        content = json.dumps(body).encode()
        return to_response(Answer(status, content, "application/json", headers))
