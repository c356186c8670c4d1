"""An answer held against the contract: its code, its type, its body, what plays a role in it."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from depot_flux_contract.exchanges.contracts import Held
from depot_flux_contract.exchanges.exchange import Exchange, Received
from depot_flux_contract.exchanges.findings import Finding, Rule
from depot_flux_contract.exchanges.origins import Origin
from depot_flux_contract.exchanges.trails import declared, trail
from depot_flux_simulator.contract import Operation
from depot_flux_simulator.contract.document import Node, at
from depot_flux_simulator.contract.roles import OperationRole, Role

# Any operation may be answered so, by the gateway or the access before it; domain [DG] table 1.
_ANYWHERE = frozenset({401, 403, 404, 405, 408, 413, 415, 429, 500, 501, 502, 503, 504})
_GATEWAY = frozenset({401, 403})
_LONGEST = 160

UTF8 = Rule("an answer in JSON is UTF-8", Origin("documented", "RFC 8259", "8.1"))
SERVES = Rule(
    "no call is answered by an internal error",
    Origin("documented", "Dossier général v3.2 (AIFE)", "tableau 1"),
)
RETRY_AFTER = Rule(
    "who is turned away with 429 is told in Retry-After when to come back",
    Origin("inferred", "RFC 6585", "4"),
)


def hold_answer(held: Held, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
    """What is wrong with the answer of an operation; `check` of each is named after its kind."""
    received = exchange.received
    if received.status == 429 and received.header("Retry-After") is None:
        yield Finding("retry-after", RETRY_AFTER, "429 without Retry-After", exchange=exchange)
    if received.status == 500:
        yield Finding("no-internal-error", SERVES, "500", exchange=exchange)
    answer = _Answer(held, operation, exchange)
    yield from answer.encoding()
    if answer.declared is None:
        yield from answer.undeclared()
    elif not of_the_gateway(received):
        yield from answer.headers()
        yield from answer.body()


def of_the_gateway(received: Received) -> bool:
    """Whether the gateway answered for itself: no body, or a page. Inferred, seen in public."""
    bare = received.size == 0 or received.media_type == "text/html"
    return received.status in _GATEWAY and bare


class _Answer:
    """An answer, and the response of the contract that it should be."""

    def __init__(self, held: Held, operation: Operation, exchange: Exchange) -> None:
        self._held, self._operation, self._exchange = held, operation, exchange
        self._received: Received = exchange.received
        self._responses: Node = operation.node["responses"]
        self.declared = declared(self._responses, self._received.status)
        self._where = f"{operation.method} {operation.path}"
        node = self._responses[self._key(self.declared)] if self.declared else {}
        self._node: Node = held.document.resolve(node)

    def encoding(self) -> Iterator[Finding]:
        """JSON in another encoding than UTF-8."""
        content_type = (self._received.header("Content-Type") or "").lower()
        if "json" not in self._received.media_type or self._received.body is None:
            return
        _, named, charset = content_type.partition("charset=")
        charset = charset.split(";")[0].strip(" \"'")
        try:
            self._received.body.decode("utf-8")
        except UnicodeDecodeError:
            yield self._finding("answer-charset", UTF8, "the body is no UTF-8")
        else:
            if named and charset not in {"utf-8", "utf8", "us-ascii"}:
                yield self._finding("answer-charset", UTF8, f"declared as {charset}")

    def undeclared(self) -> Iterator[Finding]:
        """A code that the contract does not declare here."""
        status = self._received.status
        errors = [name for name in map(str, self._responses) if name[:1] in "45d"]
        if status >= 400 and (status in _ANYWHERE or not errors):
            return
        kind = str(status)[0]
        alike = [name for name in map(str, self._responses) if name.startswith(kind)]
        known = ", ".join(alike or map(str, self._responses))
        rule = self._rule(f"{self._where} is answered {known}", [*alike, *self._responses][:1])
        yield self._finding("answer-code", rule, str(status))

    def headers(self) -> Iterator[Finding]:
        """A header that the contract requires and that is absent or of another form."""
        for name, header in self._node.get("headers", {}).items():
            node = self._held.document.resolve(header)
            value = self._received.header(name)
            steps = [self._key(self.declared), "headers", name]
            if value is None and node.get("required"):
                rule = self._rule(f"{self._at} has the header {name}", steps)
                yield self._finding("answer-headers", rule, "no such header")

    def body(self) -> Iterator[Finding]:
        """A body of another type, form or content than the contract says."""
        content: Node = self._node.get("content", {})
        if not content:
            return
        name = next((each for each in content if _same_type(each, self._received)), None)
        steps = [self._key(self.declared), "content"]
        if name is None:
            came = self._received.media_type or ("no type" if self._received.size else "no body")
            # Where a success without its body was promised nothing, the fields alone say so.
            rule = self._rule(f"{self._at} is {', '.join(content)}", [*steps, next(iter(content))])
            yield self._finding("answer-content-type", rule, came)
        elif "json" in self._received.media_type and "schema" in content[name]:
            yield from self._json(content[name]["schema"], [*steps, name, "schema"])

    def _json(self, schema: Node, steps: list[object]) -> Iterator[Finding]:
        if self._received.body is None:
            return
        check = "error-body" if self._received.status >= 400 else "answer-fields"
        try:
            body = self._received.json()
        except UnicodeDecodeError:
            return
        except ValueError as error:
            rule = self._rule(f"{self._at} is JSON", steps)
            yield self._finding(check, rule, f"no JSON ({error})")
            return
        errors = list(self._held.document.validator(schema).iter_errors(body))
        yield from (self._broken(check, error, steps) for error in errors)
        if self._received.status >= 400:
            yield from self._problem(schema, body, steps)
        elif not errors:
            yield from self._identifier(schema, body, steps)

    def _broken(self, check: str, error: Any, steps: list[object]) -> Finding:
        """The finding of a validator's error."""
        place = ".".join(str(part) for part in error.absolute_path) or "the body"
        path = [*error.absolute_schema_path]
        if error.validator == "required":
            absent = [name for name in error.validator_value if name not in error.instance]
            path = [*path[:-1], "properties", *absent[:1]]
            says = f"{self._at} has {', '.join(absent)}"
            if error.absolute_path:
                says += f" in {place}"
            rule = self._rule(says, [*steps, *path])
            return self._finding(check, rule, f"{', '.join(absent)} is absent")
        says = f"{self._at}: {place} keeps {error.validator} {_short(error.validator_value)}"
        return self._finding(check, self._rule(says, [*steps, *path]), _short(error.instance))

    def _problem(self, schema: Node, body: Any, steps: list[object]) -> Iterator[Finding]:
        """An error in another body than the contract's, though its schema may leave all open."""
        places = [
            (Role(role), place)
            for role, place in self._held.document.places(schema)
            if role.startswith("probleme_") or role in {Role.CODE_RETOUR, Role.LIBELLE_RETOUR}
        ]
        told = {role: at(body, place.path) for role, place in places}
        if places and all(value is None for value in told.values()):
            names = ", ".join(".".join(place.path) for _, place in places)
            keys = ", ".join(map(str, body)) if isinstance(body, dict) else _short(body)
            rule = self._rule(f"{self._at} tells the error in {names}", [*steps])
            yield self._finding("error-body", rule, f"it has {_short(keys, str)}")
            return
        code = told.get(Role.PROBLEME_STATUT)
        if code is not None and str(code) != str(self._received.status):
            rule = self._rule(f"{self._where}: an error repeats its HTTP code in its body", steps)
            came = f"{_short(code)} in the body of a {self._received.status}"
            yield self._finding("error-body", rule, came)

    def _identifier(self, schema: Node, body: Any, steps: list[object]) -> Iterator[Finding]:
        """A deposit without the identifier that everything else needs."""
        if self._operation.role is not OperationRole.DEPOSER:
            return
        places = [p for role, p in self._held.document.places(schema) if role == Role.ID_FLUX]
        if places and all(at(body, place.path) in {None, ""} for place in places):
            rule = self._rule(f"{self._at} gives the identifier of the flux", steps)
            yield self._finding("answer-fields", rule, "no identifier")

    @property
    def _at(self) -> str:
        return f"{self._where} {self.declared}"

    def _key(self, name: str | None) -> object:
        return name if name in self._responses else int(name or 0)

    def _rule(self, says: str, steps: Sequence[object]) -> Rule:
        start = ["paths", self._operation.path, self._operation.method.lower(), "responses"]
        found = trail(self._held.document, start, steps)
        return Rule(says, self._held.origins.of(found))

    def _finding(self, check: str, rule: Rule, came: str) -> Finding:
        return Finding(check, rule, came, exchange=self._exchange)


def _same_type(declared_type: str, received: Received) -> bool:
    bare = declared_type.split(";", maxsplit=1)[0].strip().lower()
    return fnmatchcase(received.media_type, bare)


def _short(value: Any, show: Any = repr) -> str:
    shown: str = show(value)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
