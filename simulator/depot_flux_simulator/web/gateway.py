"""What PISTE's gateway answers in the API's place: never in the contract's words.

Empty bodies and HTML were seen in public; the texts are ours, assumed.
"""

from http import HTTPStatus

from depot_flux_simulator.flux.rules import Fault, GatewayAnswer

_PAGE = """<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p></body>
</html>
"""
_MAINTENANCE = "Service momentanément indisponible"
_STATUSES = {
    GatewayAnswer.EMPTY: 403,
    GatewayAnswer.HTML: 502,
    GatewayAnswer.MAINTENANCE: 503,
}


def answer(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """The code, the headers and the body that a fault of kind `gateway` answers."""
    kind = fault.answer or (GatewayAnswer.EMPTY if fault.status is None else GatewayAnswer.HTML)
    status = fault.status or _STATUSES[kind]
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if kind is GatewayAnswer.EMPTY:
        return status, headers, b""
    title, text = f"{status} {_phrase(status)}", "La passerelle n'a pas transmis la requête."
    if kind is GatewayAnswer.MAINTENANCE:
        title, text = _MAINTENANCE, "Une opération de maintenance est en cours."
    headers["Content-Type"] = "text/html; charset=utf-8"
    return status, headers, _PAGE.format(title=title, text=text).encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
