"""The operations of the contract over HTTP, thin: the parts decide, this only carries."""

from collections.abc import Callable
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request

from depot_flux_simulator.contract import Answer, Operation
from depot_flux_simulator.contract.asked import AskedInBody
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.web.answers import to_response
from depot_flux_simulator.web.bodies import check_parameters, current_request, read_asked
from depot_flux_simulator.web.caller import caller
from depot_flux_simulator.web.consultation import consulted
from depot_flux_simulator.web.depot import deposited
from depot_flux_simulator.web.middleware import note
from depot_flux_simulator.web.shortcut import OUTCOME

LONGEST_WAIT_MS = 30_000


def register(app: Flask, parts: Parts) -> None:
    """Add the contract's operations to an application."""
    contract = parts.contract

    def add(operation: Operation, handle: Callable[[dict[str, str]], Answer]) -> None:
        names = operation.path_parameters

        def view(**numbered: str) -> Response:
            path = {name: numbered[f"p{number}"] for number, name in enumerate(names)}
            return to_response(handle(path))

        app.add_url_rule(
            parts.base_path + operation.flask_rule,
            endpoint=operation.role,
            view_func=view,
            methods=[operation.method],
            provide_automatic_options=False,
        )

    add(contract.deposer, lambda path: _deposer(parts, path))
    add(contract.consulter, lambda path: _consulter(parts, path))
    if contract.superviser is not None:
        supervision = contract.superviser
        add(supervision, lambda path: _superviser(parts, supervision, path))


def _known(environ: WSGIEnvironment) -> Answer | None:
    """The answer to a call, where it is known already; what it ended in is raised."""
    outcome: Answer | Exception | None = environ.get(OUTCOME)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _authenticate(parts: Parts) -> None:
    application = caller(parts, request.environ)
    note(request.environ, {"code_application": application.code_application})


def _deposer(parts: Parts, path: dict[str, str]) -> Answer:
    return _known(request.environ) or deposited(parts, current_request(), path)


def _consulter(parts: Parts, path: dict[str, str]) -> Answer:
    known = _known(request.environ)
    if known is not None:
        return known
    _authenticate(parts)
    id_flux = _asked(parts, path)
    answer = consulted(parts, request.environ, id_flux)
    # An identifier that is known was formed by the contract: only others need checking.
    if answer is None or parts.contract.asks_beside_id:
        check_parameters(parts.contract.consulter, request, path)
    if answer is None:
        raise ApiError(
            404, detail=f"Aucun flux {id_flux} n'a été déposé par l'application appelante."
        )
    return answer


def _asked(parts: Parts, path: dict[str, str]) -> str:
    parameter = parts.contract.id_parameter
    if isinstance(parameter, AskedInBody):
        return read_asked(parameter, request)
    if parameter.place == "path":
        return path[parameter.name]
    given = request.args if parameter.place == "query" else request.headers
    return given.get(parameter.name, "")


def _superviser(parts: Parts, operation: Operation, path: dict[str, str]) -> Answer:
    if not operation.public:
        _authenticate(parts)
    check_parameters(operation, request, path)
    try:
        read_only = parts.store.is_read_only()
        wait_ms = parts.store.oldest_wait_ms()
        aside = len(parts.store.flux.aside())
    except StoreError:
        raise ApiError(503, 500, detail="La base des flux ne répond pas.") from None
    if read_only:
        raise ApiError(
            503,
            500,
            detail="La base des flux est en lecture seule ; aucun flux ne peut être déposé.",
        )
    if wait_ms > LONGEST_WAIT_MS:
        raise ApiError(
            503,
            500,
            detail=f"Le moteur de contrôle ne suit plus : un flux attend depuis {wait_ms // 1_000} "
            "s.",
        )
    if aside:
        raise ApiError(
            503,
            500,
            detail=f"Le contenu de {aside} flux manque ou a changé ; ils sont mis de côté, les "
            "autres suivent leur cours.",
        )
    if not parts.equipment.antivirus_answers:
        raise ApiError(503, 500, detail="L'antivirus ne répond pas ; les flux déposés attendent.")
    return operation.answer({})
