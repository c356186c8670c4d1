"""The contract for whoever reads it: the document, and a page that shows it."""

import json
from pathlib import Path

import flask_swagger_ui
from flask import Flask, Response, send_from_directory

from depot_flux_simulator.contract import Answer
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.answers import to_response

DOCUMENT = "/openapi.json"
PAGE = "/docs"

# The page's own files and nothing else: whatever a contract says, it runs nothing and asks nobody.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_HTML = f"""<!DOCTYPE html>
<html lang="fr">
<head>
  <meta charset="UTF-8">
  <title>API Dépôt Flux G2B</title>
  <link rel="stylesheet" href="{PAGE}/swagger-ui.css">
  <link rel="icon" type="image/png" href="{PAGE}/favicon-32x32.png">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="{PAGE}/swagger-ui-bundle.js"></script>
  <script src="{PAGE}/start.js"></script>
</body>
</html>
"""
# Without validatorUrl the page would ask a validator elsewhere about every document.
_START = f"""SwaggerUIBundle({{
  url: "{DOCUMENT}",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null
}});
"""


def register(app: Flask, parts: Parts) -> None:
    """Add both to an application."""
    published = parts.contract.document
    if parts.settings.base_path is not None:
        published = {**published, "servers": [{"url": parts.base_path or "/"}]}
    document = json.dumps(published, ensure_ascii=False).encode()
    folder = Path(str(flask_swagger_ui.__file__)).with_name("dist")

    @app.get(DOCUMENT, provide_automatic_options=False)
    def contract() -> Response:
        return to_response(Answer(200, document, "application/json"))

    @app.get(f"{PAGE}/", provide_automatic_options=False)
    def page() -> Response:
        return Response(_HTML, headers=_HEADERS, content_type="text/html; charset=utf-8")

    @app.get(f"{PAGE}/start.js", provide_automatic_options=False)
    def start() -> Response:
        return Response(_START, headers=_HEADERS, content_type="text/javascript; charset=utf-8")

    @app.get(f"{PAGE}/<path:name>", provide_automatic_options=False)
    def page_file(name: str) -> Response:
        response = send_from_directory(folder, name)
        response.headers.update(_HEADERS)
        return response
