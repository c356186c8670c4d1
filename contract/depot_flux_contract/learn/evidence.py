"""What was seen at each element of the contract, over any number of exchanges."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from depot_flux_contract.exchanges import Exchange, Held
from depot_flux_contract.exchanges.answers import of_the_gateway
from depot_flux_contract.exchanges.called import Called, called
from depot_flux_contract.exchanges.trails import declared, trail
from depot_flux_contract.learn.bodies import Bodies
from depot_flux_simulator.contract.document import Node
from depot_flux_simulator.contract.roles import OperationRole


@dataclass
class Evidence:
    """What was seen.

    Attributes:
        held: the contract.
        operations: how often each operation was called, by its JSON pointer.
        codes: how often each operation answered each code, by the operation's pointer.
        types: how often each answer had each media type, by the answer's pointer.
        requests: how often each pointer of a request was seen in a call that succeeded.
        bodies: what was seen in JSON bodies.
        first: when the first exchange began.
        last: when the last one did.
        exchanges: how many there were.
        foreign: how many of them called no operation of the contract.
    """

    held: Held
    bodies: Bodies
    operations: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Counter[int]] = field(default_factory=dict)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    exchanges: int = 0
    foreign: int = 0

    def see(self, exchange: Exchange, base: str | None = None) -> None:
        """Take an exchange into account.

        Args:
            exchange: the exchange.
            base: path before those of the contract; None where it is not known.
        """
        self.exchanges += 1
        self.first = min(filter(None, (self.first, exchange.moment)))
        self.last = max(filter(None, (self.last, exchange.moment)))
        call = called(self.held.contract, exchange, base)
        if call is None or of_the_gateway(exchange.received):
            # Who answers for the API says nothing of it.
            self.foreign += call is None
            return
        start = ["paths", call.operation.path, call.operation.method.lower()]
        here = trail(self.held.document, start)[-1]
        self.operations[here] += 1
        self.codes.setdefault(here, Counter())[exchange.received.status] += 1
        if 200 <= exchange.received.status < 300:
            self._request(call, exchange, start)
        self._answer(call, exchange, start)

    def _request(self, call: Called, exchange: Exchange, start: list[str]) -> None:
        sent, operation = exchange.sent, call.operation
        for name, scheme in _schemes(self.held):
            header = "Authorization" if scheme.get("type") == "http" else scheme.get("name", "")
            if sent.header(str(header)):
                self.requests[f"/components/securitySchemes/{name}"] += 1
        for number, node in enumerate(operation.node.get("parameters", ())):
            parameter = self.held.document.resolve(node)
            places: dict[str, Any] = {"path": call.path, "query": call.query}
            found = places.get(parameter["in"], {}).get(parameter["name"])
            if found or sent.header(parameter["name"]):
                way = [*start, "parameters", number]
                self.requests[trail(self.held.document, way)[-1]] += 1
                value = found[-1] if isinstance(found, list) else found
                if isinstance(value, str) and "schema" in parameter:
                    self.bodies.told(parameter["schema"], value, [*way, "schema"])
        content = self.held.document.resolve(operation.node.get("requestBody", {})).get("content")
        if operation.role is OperationRole.DEPOSER and content:
            name = next((each for each in content if each.startswith(sent.media_type or "?")), "")
            if name:
                way = [*start, "requestBody", "content", name]
                self.requests[trail(self.held.document, way)[-1]] += 1
                self.bodies.sent(content[name].get("schema", {}), [*way, "schema"])

    def _answer(self, call: Called, exchange: Exchange, start: list[str]) -> None:
        received, responses = exchange.received, call.operation.node["responses"]
        # An answer under another code than promised is held against the nearest that was.
        name = declared(responses, received.status) or _nearest(responses, received.status)
        if name is None:
            return
        key = next(each for each in responses if str(each) == name)
        here = trail(self.held.document, [*start, "responses", key])
        if received.media_type:
            self.types.setdefault(here[-1], Counter())[received.media_type] += 1
        node = self.held.document.resolve(responses[key])
        media_type = next((each for each in node.get("content", {}) if "json" in each), None)
        if media_type is None or received.body is None:
            return
        try:
            body = received.json()
        except ValueError:
            return
        steps = [*start, "responses", key, "content", media_type, "schema"]
        schema = node["content"][media_type].get("schema", {})
        self.bodies.see(schema, body, steps, error=received.status >= 400)


def evidence(held: Held, exchanges: Iterable[Exchange], base: str | None = None) -> Evidence:
    """What some exchanges show."""
    found = Evidence(held, Bodies(held))
    for exchange in exchanges:
        found.see(exchange, base)
    return found


def _nearest(responses: Node, status: int) -> str | None:
    kind = str(status)[0]
    alike = sorted(name for name in map(str, responses) if name[:1] == kind)
    errors = sorted(name for name in map(str, responses) if name[:1] in "45")
    return next(iter(alike or (errors if status >= 400 else [])), None)


def _schemes(held: Held) -> Iterable[tuple[str, Any]]:
    schemes: Node = held.contract.document.get("components", {}).get("securitySchemes", {})
    return schemes.items()
