"""Serves the control plane's own OpenAPI document: who may call, and requests held to it."""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from depot_flux_simulator.contract.contract import TITLES
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.requests import without_repetition
from depot_flux_simulator.errors import ApiError, ConfigurationError
from depot_flux_simulator.web.control_plane.admission import Admission

PREFIX = "/_simulator"
DOCUMENT = Path(__file__).with_name("openapi.json")

_BODY_BYTES = 1_000_000
_INTEGER = re.compile(r"-?[0-9]{1,20}")

Handler = Callable[[Mapping[str, Any], Any], Any]
"""Takes the parameters and the JSON body; gives JSON values, None, or a response."""

Given = Callable[[str], str | None]
"""The value that a call gives a parameter, as text, None where it gives none."""


class Api:
    """The operations of the document and what handles them.

    Args:
        admission: who may call.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._document = Document.load(DOCUMENT)
        self._blueprint = Blueprint("control_plane", __name__, url_prefix=PREFIX)
        self._operations = {
            node["operationId"]: (path, method, node)
            for path, method, node in self._document.operations()
        }
        self._missing = set(self._operations)
        self._performed: dict[str, Callable[[Given, Any], Any]] = {}

    def blueprint(self) -> Blueprint:
        """The routes of every operation.

        Raises:
            ConfigurationError: an operation of the document has no handler.
        """
        if self._missing:
            raise ConfigurationError(f"control plane: nothing handles {sorted(self._missing)}")
        content = json.dumps(self._document.root, ensure_ascii=False)
        self._blueprint.get("/openapi.json", provide_automatic_options=False)(
            lambda: Response(content, content_type="application/json")
        )
        self._blueprint.before_request(self._admission.check)
        self._blueprint.before_request(_check_whole)
        self._blueprint.register_error_handler(ApiError, _problem)
        return self._blueprint

    def handle(self, operation_id: str, handler: Handler) -> None:
        """Let a function answer an operation, once its request is known to be sound."""
        path, method, node = self._operations[operation_id]
        self._missing.remove(operation_id)
        success = int(min(node["responses"]))
        read_parameters, check_body = self._parameters(node), self._body(node)
        takes_body = "requestBody" in node

        def perform(given: Given, body: Any) -> Any:
            return handler(read_parameters(given), check_body(body))

        def view(**in_path: str) -> Response:
            def given(name: str) -> str | None:
                return in_path.get(name, request.args.get(name))

            result = perform(given, _json_body() if takes_body else None)
            if isinstance(result, Response):
                return result
            if result is None:
                return Response(status=success)
            content = json.dumps(result, ensure_ascii=False)
            return Response(content, success, content_type="application/json")

        self._performed[operation_id] = perform
        rule = path.replace("{", "<").replace("}", ">")
        self._blueprint.add_url_rule(
            rule, operation_id, view, methods=[method], provide_automatic_options=False
        )

    def address(self, operation_id: str) -> tuple[str, str]:
        """Method and path of an operation, its parameters in braces."""
        path, method, _ = self._operations[operation_id]
        return method.upper(), f"{PREFIX}{path}"

    def perform(
        self, operation_id: str, parameters: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """What an operation answers, held to the document as any call is.

        Raises:
            ApiError: the operation refuses it.
        """
        return self._performed[operation_id]((parameters or {}).get, body)

    def _parameters(self, node: Node) -> Callable[[Given], dict[str, Any]]:
        declared = []
        for parameter in node.get("parameters", ()):
            schema = self._document.inlined(parameter["schema"])
            declared.append((parameter["name"], schema, self._document.validator(schema)))

        def read(given: Given) -> dict[str, Any]:
            values: dict[str, Any] = {}
            for name, schema, validator in declared:
                text = given(name)
                if text is None:
                    values[name] = schema.get("default")
                    continue
                value = int(text) if _is_integer(schema, text) else text
                for error in validator.iter_errors(value):
                    raise ApiError(400, detail=f"{name} : {_say(error)}")
                values[name] = value
            return values

        return read

    def _body(self, node: Node) -> Callable[[Any], Any]:
        if "requestBody" not in node:
            return lambda _body: None
        schema = node["requestBody"]["content"]["application/json"]["schema"]
        validator = self._document.validator(schema)

        def check(body: Any) -> Any:
            for error in validator.iter_errors(body):
                where = "/".join(map(str, error.absolute_path)) or "corps"
                raise ApiError(422, detail=f"{where} : {_say(error)}")
            return body

        return check


def _check_whole() -> None:
    """What did not come to its end is not carried out, though its body may say nothing."""
    _ = request.stream  # raises what ended its reading


def _problem(error: ApiError) -> Response:
    """An error in the form of this document: the contract's may have no body to say it in."""
    status = error.codes[0]
    told = {
        "type": "about:blank",
        "titre": TITLES.get(status, HTTPStatus(status).phrase),
        "statut": status,
        "detail": error.detail,
        "instance": request.path,
    }
    content = json.dumps(told, ensure_ascii=False)
    return Response(content, status, error.headers, content_type="application/problem+json")


def _json_body() -> Any:
    # A browser sends other types across sites without asking first.
    if request.mimetype != "application/json":
        raise ApiError(415, detail="Le corps s'envoie en application/json.")
    if (request.content_length or 0) > _BODY_BYTES:
        raise ApiError(413, detail=f"Le corps fait au plus {_BODY_BYTES} octets.")
    try:
        text = request.stream.read(_BODY_BYTES + 1)
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=without_repetition)
    except (ValueError, RecursionError):
        raise ApiError(400, detail="Le corps n'est pas du JSON bien formé.") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_integer(schema: Node, given: str) -> bool:
    return schema.get("type") == "integer" and bool(_INTEGER.fullmatch(given))


def _say(error: Any) -> str:
    shown = repr(error.instance)
    shown = shown if len(shown) <= 100 else shown[:100] + "…"
    return f"{shown} ne respecte pas la règle {error.validator} ({error.validator_value})."
