"""The contract for whoever reads it: the document, and a page that shows it."""

import json

from flask import Flask, Response
from flask_swagger_ui import get_swaggerui_blueprint

from depot_flux_simulator.contract import Answer
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.answers import to_response

DOCUMENT = "/openapi.json"
PAGE = "/docs"


def register(app: Flask, parts: Parts) -> None:
    """Add both to an application."""
    published = parts.contract.document
    if parts.settings.base_path is not None:
        published = {**published, "servers": [{"url": parts.base_path or "/"}]}
    document = json.dumps(published, ensure_ascii=False).encode()

    @app.get(DOCUMENT, provide_automatic_options=False)
    def contract() -> Response:
        return to_response(Answer(200, document, "application/json"))

    title = parts.contract.document.get("info", {}).get("title", "API Dépôt Flux G2B")
    app.register_blueprint(get_swaggerui_blueprint(PAGE, DOCUMENT, config={"app_name": title}))
