"""A request held against the contract: its access, its parameters, its body."""

from collections.abc import Callable, Iterator, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from http.cookies import CookieError, SimpleCookie
from typing import Any

from depot_flux_contract.exchanges.called import Called
from depot_flux_contract.exchanges.contracts import Held
from depot_flux_contract.exchanges.exchange import Exchange, Sent
from depot_flux_contract.exchanges.findings import Finding, Rule, Side
from depot_flux_contract.exchanges.origins import Origin
from depot_flux_contract.exchanges.trails import trail
from depot_flux_simulator.contract import Breach, JsonBody, MultipartBody
from depot_flux_simulator.contract.asked import AskedInBody
from depot_flux_simulator.contract.document import Node
from depot_flux_simulator.contract.roles import OperationRole

_ACCESS = Origin(
    "documented", "Dossier de spécifications externes, document Chorus Pro v1.1 (AIFE)", "fig. 24"
)
TOKEN = Rule("every call carries its token in Authorization: Bearer", _ACCESS)
ACCOUNT = Rule("every call names its technical account in cpro-account", _ACCESS)


def hold_request(held: Held, call: Called, exchange: Exchange) -> Iterator[Finding]:
    """What is wrong with the request of an operation."""
    sent = exchange.sent
    where = f"{call.operation.method} {call.operation.path}"

    def finding(check: str, rule: Rule, came: str) -> Finding:
        return Finding(check, rule, came, Side.CLIENT, exchange)

    if not call.operation.public:
        if not (sent.header("Authorization") or "").lower().startswith("bearer "):
            yield finding("request-access", TOKEN, "no such header")
        if held.contract.demands_account and not sent.header("cpro-account"):
            yield finding("request-access", ACCOUNT, "no such header")
    for breach in call.operation.breaches(_places(call, sent)):
        says = f"{where}: the parameter {breach.where} is as the contract declares it"
        yield finding("request-parameters", _rule(held, call, says), _came(breach))
    if call.operation.role is OperationRole.DEPOSER:
        yield from _deposit(held, call, exchange)
    asked = held.contract.id_parameter
    if call.operation.role is OperationRole.CONSULTER and isinstance(asked, AskedInBody):
        yield from _asked(held, call, exchange, asked)


def _places(call: Called, sent: Sent) -> dict[str, Callable[[str], Sequence[str]]]:
    def cookies(name: str) -> list[str]:
        try:
            held = SimpleCookie(sent.header("Cookie") or "")
        except CookieError:
            return []
        return [held[name].value] if name in held else []

    return {
        "path": lambda name: [call.path[name]] if name in call.path else [],
        "query": lambda name: call.query.get(name, []),
        "header": lambda name: [v for n, v in sent.headers if n.lower() == name.lower()],
        "cookie": cookies,
    }


def _deposit(held: Held, call: Called, exchange: Exchange) -> Iterator[Finding]:
    sent, bodies = exchange.sent, held.contract.bodies
    where = f"{call.operation.method} {call.operation.path}"
    form = bodies.of(sent.media_type)
    if form is None:
        rule = _rule(held, call, f"{where} takes {bodies.media_types}", ["requestBody"])
        came = sent.media_type or "no type"
        yield Finding("request-content-type", rule, came, Side.CLIENT, exchange)
        return
    breaches: list[Breach] = []
    if isinstance(form, MultipartBody):
        if sent.body is None:
            return
        breaches = form.breaches(_parts(form, sent))
    elif isinstance(form, JsonBody):
        if sent.body is None:
            return
        try:
            breaches = form.breaches(sent.json())
        except ValueError as error:
            breaches = [Breach("corps", f"no JSON ({error})")]
    for breach in breaches:
        steps = ["requestBody", "content", form.media_type]
        rule = _rule(held, call, f"{where}: {breach.where} is as the contract declares it", steps)
        yield Finding("request-body", rule, _came(breach), Side.CLIENT, exchange)


def _asked(held: Held, call: Called, exchange: Exchange, asked: AskedInBody) -> Iterator[Finding]:
    if exchange.sent.body is None:
        return
    try:
        _, breaches = asked.of(exchange.sent.json())
    except ValueError as error:
        breaches = [Breach("corps", f"no JSON ({error})")]
    where = f"{call.operation.method} {call.operation.path}"
    for breach in breaches:
        rule = _rule(held, call, f"{where}: {breach.where} is as the contract declares it")
        yield Finding("request-body", rule, _came(breach), Side.CLIENT, exchange)


def _parts(form: MultipartBody, sent: Sent) -> dict[str, Any]:
    """The parts of a multipart body, as the contract's form of it reads them."""
    fields: dict[str, list[str]] = {}
    files: list[str] = []
    for name, filename, content in parts(sent):
        if name == form.fichier or (filename is not None and not form.is_text(name)):
            files.append(name)
        else:
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
    return form.body(fields, files)


def parts(sent: Sent) -> Iterator[tuple[str, str | None, bytes]]:
    """Name, name of the file if it is one, and content of every part of a multipart request."""
    head = f"Content-Type: {sent.header('Content-Type')}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + (sent.body or b""))
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str):
            yield name, part.get_filename(), content if isinstance(content, bytes) else b""


def _rule(held: Held, call: Called, says: str, steps: Sequence[object] = ()) -> Rule:
    start: list[object] = ["paths", call.operation.path, call.operation.method.lower()]
    known: Node = call.operation.node
    steps = steps if not steps or "requestBody" in known else ()
    return Rule(says, held.origins.of(trail(held.document, start, steps)))


def _came(breach: Breach) -> str:
    return "absent" if breach.missing else breach.message
