"""Answers of the contract as Flask sends them."""

from flask import Response

from depot_flux_simulator.contract import Answer


def to_response(answer: Answer) -> Response:
    """Flask's form of an answer."""
    headers = {name: _on_the_wire(value) for name, value in answer.headers.items()}
    response = Response(
        answer.body, answer.status, headers, content_type=answer.content_type or None
    )
    if not answer.content_type:
        del response.headers["Content-Type"]
    return response


def _on_the_wire(value: str) -> str:
    """A header's value as WSGI has it: UTF-8 read as Latin-1, on one line."""
    line = "".join(c if c.isprintable() else " " for c in value)
    return line.encode("utf-8", "replace").decode("latin-1")
