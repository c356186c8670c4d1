"""Servers with a single fault each: a proxy in this process before a simulator that has none.

What a fault touches is found by role, so that it holds under any contract.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx

from depot_flux_contract.exchanges import Exchange
from depot_flux_contract.exchanges.called import called
from depot_flux_simulator.contract import Contract
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.contract.roles import OperationRole, Role
from depot_flux_simulator.testing import Simulator

Answer = httpx.Response
Forward = Callable[[httpx.Request], Answer]


class Wrong(httpx.BaseTransport):
    """A proxy before a simulator; a fault is a subclass that overrides `answer`."""

    check = ""
    """The check that finds it."""

    deep = False
    """Whether --deep alone does."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.contract: Contract = simulator.contract
        self.document = Document(self.contract.document)
        self.seen = 0

    def handle_request(self, request: httpx.Request) -> Answer:
        request.read()
        self.seen += 1
        answer = self.answer(request)
        answer.read()
        return answer

    def answer(self, request: httpx.Request) -> Answer:
        return self.forward(request)

    def forward(self, request: httpx.Request, **headers: str) -> Answer:
        """The simulator's own answer, the request's headers replaced where given."""
        kept = {**dict(request.headers), **{k.replace("_", "-"): v for k, v in headers.items()}}
        copy = httpx.Request(request.method, request.url, headers=kept, content=request.content)
        answer = self.simulator.transport.handle_request(copy)
        answer.read()
        return answer

    def let_in(self, request: httpx.Request, application: int = 0) -> Answer:
        """The answer to the same request with an access that counts."""
        access = self.simulator.headers(self.simulator.applications[application])
        kept = {k: v for k, v in request.headers.items() if k.lower() not in
                {"authorization", "cpro-account"}}  # fmt: skip
        copy = httpx.Request(
            request.method, request.url, headers={**kept, **access}, content=request.content
        )
        answer = self.simulator.transport.handle_request(copy)
        answer.read()
        return answer

    def role(self, request: httpx.Request) -> OperationRole | None:
        """The operation that is called, None for the token and whatever else."""
        exchange = Exchange.of_httpx(request, httpx.Response(200, content=b""))
        call = called(self.contract, exchange, self.simulator.base_path)
        return call.operation.role if call else None

    def is_token(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/oauth/token")

    def is_consult(self, request: httpx.Request) -> bool:
        return self.role(request) is OperationRole.CONSULTER

    def is_deposit(self, request: httpx.Request) -> bool:
        return self.role(request) is OperationRole.DEPOSER

    def is_health(self, request: httpx.Request) -> bool:
        return self.role(request) is OperationRole.SUPERVISER

    def path(self, role: Role) -> tuple[str, ...]:
        """Where a role stands in a body of success."""
        for operation in (self.contract.consulter, self.contract.deposer):
            for media in operation.success_node.get("content", {}).values():
                for found, place in self.document.places(media.get("schema", {})):
                    if found == role:
                        return place.path
        raise LookupError(role)

    def changed(
        self, answer: Answer, role: Role, change: Callable[[Any], Any] | None = None
    ) -> Answer:
        """An answer in which what plays a role is changed, or gone."""
        body = answer.json()
        *before, name = self.path(role)
        node = body
        for key in before:
            node = node[key]
        if name not in node:
            return answer
        if change is None:
            del node[name]
        else:
            node[name] = change(node[name])
        return with_body(answer, json.dumps(body).encode())

    def value(self, answer: Answer, role: Role) -> Any:
        node = answer.json()
        for key in self.path(role):
            node = node[key]
        return node


def with_body(answer: Answer, body: bytes, **headers: str) -> Answer:
    """An answer with another body."""
    kept = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
    kept |= {k.replace("_", "-").lower(): v for k, v in headers.items()}
    return httpx.Response(answer.status_code, headers=kept, content=body)


def with_status(answer: Answer, status: int) -> Answer:
    """An answer with another code."""
    return httpx.Response(status, headers=answer.headers, content=answer.content)


def as_json(status: int, body: Any, media_type: str = "application/json") -> Answer:
    return httpx.Response(
        status, content=json.dumps(body).encode(), headers={"Content-Type": media_type}
    )
