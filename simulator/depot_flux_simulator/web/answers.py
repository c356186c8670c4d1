"""Answers of the contract as Flask sends them."""

from flask import Response

from depot_flux_simulator.contract import Answer


def to_response(answer: Answer) -> Response:
    """Flask's form of an answer."""
    response = Response(
        answer.body, answer.status, answer.headers, content_type=answer.content_type or None
    )
    if not answer.content_type:
        del response.headers["Content-Type"]
    return response
