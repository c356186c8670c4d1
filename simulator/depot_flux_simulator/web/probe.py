"""Whether a simulator answers at all, for a script that waits for it: told to everybody.

It tells nothing else, looks at nothing and changes nothing. Whether the platform works is another
question, which the healthcheck answers to those whom it lets in.
"""

from flask import Flask, Response

PATH = "/_simulator/up"
UP = "up"


def register(app: Flask) -> None:
    """Add it to an application."""

    @app.get(PATH, provide_automatic_options=False)
    def up() -> Response:
        headers = {"Cache-Control": "no-store"}
        return Response(f"{UP}\n", headers=headers, content_type="text/plain; charset=utf-8")
