"""The three operations of the contract over HTTP, thin: the parts decide, this only carries."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import IO, Any

from flask import Flask, Request, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from depot_flux_simulator import lifecycle
from depot_flux_simulator.applications import Application
from depot_flux_simulator.contract import Answer, Breach, Operation
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.services import Services
from depot_flux_simulator.steering.front import note
from depot_flux_simulator.store import NewFlux

ENGINE_SILENCE_MS = 10_000
_MAX_PARTS = 50


class FluxRequest(Request):
    """A request whose file parts go straight to where the store keeps them."""

    max_form_parts = _MAX_PARTS

    @cached_property
    def contents(self) -> dict[int, str]:
        """Names of the stored parts, by the identity of their open file."""
        return {}

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        # The hook that werkzeug documents for choosing where an upload goes.
        services: Services = current_app.extensions["depot_flux"]
        key, file = services.store.new_content()
        self.contents[id(file)] = key
        return file


def to_response(answer: Answer) -> Response:
    """Flask's form of an answer."""
    response = Response(
        answer.body, answer.status, answer.headers, content_type=answer.content_type or None
    )
    if not answer.content_type:
        del response.headers["Content-Type"]
    return response


def register(app: Flask, services: Services) -> None:
    """Add the contract's operations to an application."""
    contract = services.contract

    def add(operation: Operation, handle: Callable[[dict[str, str]], Answer]) -> None:
        names = operation.path_parameters

        def view(**numbered: str) -> Response:
            path = {name: numbered[f"p{number}"] for number, name in enumerate(names)}
            return to_response(handle(path))

        app.add_url_rule(
            operation.flask_rule,
            endpoint=operation.role,
            view_func=view,
            methods=[operation.method],
            provide_automatic_options=False,
        )

    app.request_class = FluxRequest
    add(contract.deposer, lambda path: _deposer(services, path))
    add(contract.consulter, lambda path: _consulter(services, path))
    add(contract.superviser, lambda path: _superviser(services, path))


def _authenticate(services: Services) -> Application:
    headers = request.environ  # quicker than request.headers, on the way of every call
    application = services.piste.authenticate(
        headers.get("HTTP_AUTHORIZATION"), headers.get("HTTP_CPRO_ACCOUNT")
    )
    note(headers, {"code_application": application.code_application})
    return application


def _check(breaches: list[Breach]) -> None:
    if not breaches:
        return
    # What is absent or cannot be read is an invalid request; what breaks its format, invalid data.
    codes = (400, 422) if any(breach.missing for breach in breaches) else (422, 400)
    raise ApiError(*codes, detail=" ".join(breach.message for breach in breaches))


def _check_parameters(operation: Operation, path: dict[str, str]) -> None:
    if operation.parameters:
        places: dict[str, Callable[[str], str | None]] = {
            "path": path.get,
            "query": request.args.get,
            "header": request.headers.get,
        }
        _check(operation.breaches(places))


def _deposer(services: Services, path: dict[str, str]) -> Answer:
    application = _authenticate(services)
    operation, body = services.contract.deposer, services.contract.body
    _check_parameters(operation, path)
    if request.mimetype != body.media_type:
        raise ApiError(
            415,
            400,
            detail=f"Le corps est de type {request.mimetype or 'inconnu'} ; le contrat demande "
            f"{body.media_type}.",
        )
    try:
        return _store_deposit(services, application)
    finally:
        _drop_unclaimed(services)


def _store_deposit(services: Services, application: Application) -> Answer:
    body = services.contract.body
    fields, files = _read_form(body.fichier)
    _check(body.breaches(fields, files))
    part = files.get(body.fichier)
    if part is None:
        raise ApiError(
            400,
            422,
            detail=f"La partie {body.fichier} n'a pas de nom de fichier ; l'envoyer comme un "
            "fichier, avec filename.",
        )
    part.stream.flush()
    taille = part.stream.seek(0, 2)
    part.stream.close()
    flux = NewFlux(
        code_application=application.code_application,
        code_interface=fields.get(body.code_interface or "", ""),
        nom=part.filename or "",
        contenu=_claim(part.stream),
        taille=taille,
        depose_le=services.clock.now(),
        pace=services.pace,
    )
    note(request.environ, {"nom": flux.nom, "code_interface": flux.code_interface})
    identifier = services.deposit(flux)
    note(request.environ, {"id_flux": str(identifier)})
    if services.settings.inline:
        services.engine.step()
    return services.contract.deposer.answer({Role.ID_FLUX: identifier})


def _read_form(file_part: str) -> tuple[dict[str, str], dict[str, Any]]:
    try:
        return request.form.to_dict(), request.files.to_dict()
    except RequestEntityTooLarge:
        if (request.content_length or 0) > (request.max_content_length or 0):
            raise
        raise ApiError(
            413,
            400,
            detail=f"Une partie du formulaire est trop longue ; le flux s'envoie dans {file_part}, "
            f"avec filename, et le corps compte au plus {_MAX_PARTS} parties.",
        ) from None


def _claim(stream: Any) -> str:
    contents: dict[int, str] = request.contents  # type: ignore[attr-defined]
    return contents.pop(id(stream))


def _drop_unclaimed(services: Services) -> None:
    contents: dict[int, str] = request.contents  # type: ignore[attr-defined]
    for key in contents.values():
        services.store.drop_content(key)


def _consulter(services: Services, path: dict[str, str]) -> Answer:
    application = _authenticate(services)
    operation = services.contract.consulter
    id_flux = path[services.contract.id_parameter.name]
    facts = services.store.facts(id_flux, application.code_application)
    # An identifier that is known was formed by the contract: only others need checking.
    if facts is None or len(operation.parameters) > 1:
        _check_parameters(operation, path)
    if facts is None:
        raise ApiError(
            404, detail=f"Aucun flux {id_flux} n'a été déposé par l'application appelante."
        )
    step = lifecycle.current(facts, services.clock.now())
    return operation.answer(
        {Role.ID_FLUX: id_flux, Role.STATUT: step.statut, Role.DATE_STATUT: step.depuis}
    )


def _superviser(services: Services, path: dict[str, str]) -> Answer:
    _authenticate(services)
    _check_parameters(services.contract.superviser, path)
    try:
        beat = services.store.last_beat()
    except SQLAlchemyError:
        raise ApiError(503, 500, detail="La base des flux ne répond pas.") from None
    if not services.settings.inline and time.time() * 1000 - beat > ENGINE_SILENCE_MS:
        raise ApiError(
            503,
            500,
            detail="Le moteur de contrôle ne donne plus signe de vie ; les flux déposés attendent.",
        )
    return services.contract.superviser.answer({})
