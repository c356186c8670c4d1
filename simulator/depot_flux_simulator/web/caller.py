"""Who calls: looked at once for each call, however many ask."""

from wsgiref.types import WSGIEnvironment

from depot_flux_simulator.access.applications import Application
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.parts import Parts

_CALLER = "depot_flux.caller"


def caller(parts: Parts, environ: WSGIEnvironment) -> Application:
    """The application that calls.

    Raises:
        ApiError: nobody knows who does.
    """
    found: Application | ApiError | None = environ.get(_CALLER)
    if found is None:
        try:
            found = parts.piste.authenticate(
                environ.get("HTTP_AUTHORIZATION"),
                environ.get("HTTP_CPRO_ACCOUNT"),
                environ.get("REMOTE_ADDR"),
                account=parts.contract.demands_account,
            )
        except ApiError as error:
            found = error
        environ[_CALLER] = found
    if isinstance(found, ApiError):
        raise found
    return found
