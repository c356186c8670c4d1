"""The API called by role, over any httpx client, whatever contract stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from depot_flux_simulator.contract import Contract, Operation
from depot_flux_simulator.contract.document import Document, Node, at
from depot_flux_simulator.contract.roles import STATUSES, VALUES, Role, several
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.testing.requests import Requests

_MARK = "0identifiant0"


class RefusedError(Exception):
    """The API did not do what was asked.

    Attributes:
        status: the HTTP code it answered.
        detail: what happened, in its words; "" when it says nothing.
        response: the answer as it came.
    """

    def __init__(self, reply: "Reply") -> None:
        self.status = reply.status
        self.detail = reply.detail
        self.response = reply.response
        request = self.response.request
        said = f": {self.detail}" if self.detail else ""
        super().__init__(f"{request.method} {request.url.path} {self.status}{said}")


class Calls:
    """Deposits, consults and asks for the health of any server of a contract.

    Args:
        client: reaches the server and brings the access; its base URL holds no base path.
        contract: the server's.
        base_path: what stands before every path; None for what the contract says.
        given: values of what it requires beyond the roles, by the contract's own names.
    """

    def __init__(
        self,
        client: httpx.Client,
        contract: Contract,
        base_path: str | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._contract = contract
        path = contract.base_path if base_path is None else base_path
        self._requests = Requests(contract, path, given)

    def deposer(self, content: bytes, name: str = "facture.xml", code: str = "FSO3110A") -> "Reply":
        """Deposit bytes; their name and interface code are told where the contract has a place."""
        return self._send(self._contract.deposer, self._requests.deposit(content, name, code))

    def consulter(self, id_flux: object) -> "Reply":
        """Ask for the status of a flux."""
        operation = self._contract.consulter
        return self._send(operation, self._requests.of(operation, {Role.ID_FLUX: str(id_flux)}))

    def superviser(self) -> "Reply":
        """Ask whether the API works.

        Raises:
            LookupError: the contract has no such operation.
        """
        operation = self._contract.superviser
        if operation is None:
            raise LookupError("the contract has no operation of supervision")
        return self._send(operation, self._requests.of(operation, {}))

    def _send(self, operation: Operation, request: dict[str, Any]) -> "Reply":
        return Reply(self._client.request(**request), operation, self._contract)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read by role.

    Attributes:
        response: as it came.
    """

    response: httpx.Response
    _operation: Operation
    _contract: Contract

    @property
    def status(self) -> int:
        """The HTTP code."""
        return self.response.status_code

    @property
    def accepted(self) -> bool:
        """Whether it is the success that the contract declares."""
        return self.status == self._operation.success

    def accept(self) -> "Reply":
        """The same reply.

        Raises:
            RefusedError: it is none of success.
        """
        if not self.accepted:
            raise RefusedError(self)
        return self

    @property
    def id_flux(self) -> str:
        """The identifier, from the body or a header.

        Raises:
            LookupError: there is none.
        """
        for _, value, _ in self._told(Role.ID_FLUX):
            return str(value)
        for name, header in self._response_node.get("headers", {}).items():
            if self._document.role(header) == Role.ID_FLUX:
                value = self.response.headers[name]
                return self._located(value) if name.lower() == "location" else str(value)
        raise LookupError("the answer holds no identifier of a flux")

    @property
    def statut(self) -> Statut:
        """The status; the first in the life cycle where the contract has one word for several.

        Raises:
            LookupError: there is none.
        """
        return self.statuts[0]

    @property
    def statuts(self) -> tuple[Statut, ...]:
        """Every status that the answer may mean, in the order of the life cycle.

        Raises:
            LookupError: there is none.
        """
        found: dict[Role, tuple[Statut, ...]] = {}
        for role, value, schema in self._told(*STATUSES):
            spelling = self._document.whole(schema).get(VALUES, {})
            meant = tuple(statut for statut in Statut if value in several(spelling.get(statut)))
            found.update({role: meant} if meant else {})
        for role in (Role.STATUT_FINAL, Role.STATUT, Role.STATUT_TEMPORAIRE):
            if role in found:
                return found[role]
        raise LookupError("the answer holds no status that the contract knows")

    @property
    def detail(self) -> str:
        """What went wrong, in the API's words; "" when it says nothing."""
        for _, value, _ in self._told(Role.PROBLEME_DETAIL, Role.LIBELLE_RETOUR):
            return str(value)
        return ""

    def value(self, role: Role) -> Any:
        """What plays a role in the body, as the contract writes it; None when nothing does."""
        return next((value for _, value, _ in self._told(role)), None)

    def _told(self, *roles: Role) -> Iterator[tuple[Role, Any, Node]]:
        """What plays one of some roles in the body: role, value that is not null, schema."""
        body = self._body()
        for schema in self._schemas():
            for role, place in self._document.places(schema):
                value = at(body, place.path)
                if role in roles and value is not None:
                    yield Role(role), value, place.schema

    def _schemas(self) -> Iterator[Node]:
        """The schema of the answer; a code that is not declared takes the body of another error."""
        nodes = [self._response_node]
        if not nodes[0]:
            each = (operation.node["responses"] for operation in self._contract.operations)
            nodes = [node for responses in each for code, node in responses.items() if code >= "4"]
        for node in nodes:
            for media in self._document.resolve(node).get("content", {}).values():
                yield media.get("schema", {})

    @property
    def _response_node(self) -> Node:
        responses: Node = self._operation.node["responses"]
        declared = {code.upper(): node for code, node in responses.items()}
        for name in (str(self.status), f"{self.status // 100}XX", "DEFAULT"):
            if name in declared:
                return self._document.resolve(declared[name])
        return {}

    @property
    def _document(self) -> Document:
        return Document(self._contract.document)

    def _body(self) -> Any:
        try:
            return self.response.json()
        except ValueError:
            return self.response.text

    def _located(self, location: str) -> str:
        """The identifier in the address of a flux."""
        before, _, after = self._contract.location(_MARK, "").partition(_MARK)
        parts = urlsplit(location)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return unquote(address.rpartition(before)[2].removesuffix(after))
