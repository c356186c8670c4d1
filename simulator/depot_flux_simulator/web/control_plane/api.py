"""Serves the control plane's own OpenAPI document: who may call, and requests held to it."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from depot_flux_simulator.access.throttle import Throttle
from depot_flux_simulator.contract.contract import TITLES
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.requests import without_repetition
from depot_flux_simulator.errors import ApiError, ConfigurationError

PREFIX = "/_simulator"
DOCUMENT = Path(__file__).with_name("openapi.json")

_BODY_BYTES = 1_000_000
# What proxies add, beside all that says "forwarded".
_PROXIES = {
    "HTTP_VIA",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_FASTLY_CLIENT_IP",
    "HTTP_X_ORIGINAL_HOST",
    "HTTP_X_ORIGINAL_URL",
    "HTTP_X_PROXY_USER_IP",
}
_INTEGER = re.compile(r"-?[0-9]{1,20}")

Handler = Callable[[Mapping[str, Any], Any], Any]
"""Takes the parameters and the JSON body; gives JSON values, None, or a response."""


class Api:
    """The operations of the document and what handles them.

    Args:
        token: what callers must show; "" answers this machine alone.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._throttle = Throttle()
        self._document = Document.load(DOCUMENT)
        self._blueprint = Blueprint("control_plane", __name__, url_prefix=PREFIX)
        self._operations = {
            node["operationId"]: (path, method, node)
            for path, method, node in self._document.operations()
        }
        self._missing = set(self._operations)

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
        self._blueprint.before_request(self._admit)
        self._blueprint.register_error_handler(ApiError, _problem)
        return self._blueprint

    def handle(self, operation_id: str, handler: Handler) -> None:
        """Let a function answer an operation, once its request is known to be sound."""
        path, method, node = self._operations[operation_id]
        self._missing.remove(operation_id)
        success = int(min(node["responses"]))
        read_parameters = self._parameters(node)
        read_body = self._body(node)

        def view(**in_path: str) -> Response:
            result = handler(read_parameters(in_path), read_body())
            if isinstance(result, Response):
                return result
            if result is None:
                return Response(status=success)
            content = json.dumps(result, ensure_ascii=False)
            return Response(content, success, content_type="application/json")

        rule = path.replace("{", "<").replace("}", ">")
        self._blueprint.add_url_rule(
            rule, operation_id, view, methods=[method], provide_automatic_options=False
        )

    def _parameters(self, node: Node) -> Callable[[Mapping[str, str]], dict[str, Any]]:
        declared = []
        for parameter in node.get("parameters", ()):
            schema = self._document.inlined(parameter["schema"])
            declared.append((parameter["name"], schema, self._document.validator(schema)))

        def read(in_path: Mapping[str, str]) -> dict[str, Any]:
            values: dict[str, Any] = {}
            for name, schema, validator in declared:
                given = in_path.get(name, request.args.get(name))
                if given is None:
                    values[name] = schema.get("default")
                    continue
                value = int(given) if _is_integer(schema, given) else given
                for error in validator.iter_errors(value):
                    raise ApiError(400, detail=f"{name} : {_say(error)}")
                values[name] = value
            return values

        return read

    def _body(self, node: Node) -> Callable[[], Any]:
        if "requestBody" not in node:
            return lambda: None
        schema = node["requestBody"]["content"]["application/json"]["schema"]
        validator = self._document.validator(schema)

        def read() -> Any:
            body = _json_body()
            for error in validator.iter_errors(body):
                where = "/".join(map(str, error.absolute_path)) or "corps"
                raise ApiError(422, detail=f"{where} : {_say(error)}")
            return body

        return read

    def _admit(self) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise ApiError(403, detail="Le plan de contrôle ne répond pas à un autre site.")
        if self._token:
            self._check_token()
        elif not (
            _is_loopback(request.remote_addr or "")
            and _is_local_name(request.host)
            and not _was_forwarded(request.environ)
        ):
            raise ApiError(
                403,
                detail="Le plan de contrôle ne répond qu'à cette machine ; l'ouvrir aux autres "
                "par --control-token.",
            )

    def _check_token(self) -> None:
        who = request.remote_addr
        if wait := self._throttle.wait(who):
            raise ApiError(
                429,
                detail=f"Trop de mauvais jetons de suite ; réessayer dans {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())
        if scheme.lower() == "bearer" and same:
            self._throttle.right(who)
        else:
            if given:
                self._throttle.wrong(who)
            raise ApiError(
                401,
                detail="Le plan de contrôle demande Authorization: Bearer et le jeton donné à "
                "--control-token.",
                headers={"WWW-Authenticate": "Bearer"},
            )


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


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


def _was_forwarded(environ: Mapping[str, Any]) -> bool:
    """Whether a proxy says that it speaks for another: the address is then not the caller's."""
    return any(
        name.startswith("HTTP_") and ("FORWARD" in name or name in _PROXIES) for name in environ
    )


def _is_local_name(host: str) -> bool:
    # Another name that leads here is a page's trick: the browser believes it to be its own site.
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
