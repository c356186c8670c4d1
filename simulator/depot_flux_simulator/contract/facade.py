"""The contract put together: three operations, found by their roles."""

import re
from collections.abc import Callable, Mapping
from http import HTTPMethod, HTTPStatus
from pathlib import Path
from typing import Any

from depot_flux_simulator.contract.answers import Answer, AnswerEncoder, Values
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.identifiers import identifier_source
from depot_flux_simulator.contract.requests import Breach, MultipartBody, Parameter
from depot_flux_simulator.contract.roles import ROLE, OperationRole, Role
from depot_flux_simulator.errors import ConfigurationError

_PROBLEM = {role for role in Role if role.startswith("probleme_")}
_METHODS = {method.lower() for method in HTTPMethod}
_AVAILABLE = {
    OperationRole.DEPOSER: {Role.ID_FLUX},
    OperationRole.CONSULTER: {Role.ID_FLUX, Role.STATUT, Role.DATE_STATUT},
    OperationRole.SUPERVISER: set[Role](),
}

TITLES = {
    400: "Requête invalide",
    401: "Non authentifié",
    403: "Accès refusé",
    404: "Ressource inconnue",
    405: "Méthode non permise",
    408: "Délai dépassé",
    413: "Corps trop volumineux",
    415: "Type de contenu non pris en charge",
    422: "Données invalides",
    429: "Trop d'appels",
    500: "Erreur interne",
    503: "Service indisponible",
}


class Operation:
    """One operation of the contract.

    Attributes:
        role: what it is for.
        method: its HTTP method, in capitals.
        path: its path as the contract writes it.
    """

    def __init__(self, document: Document, role: OperationRole, path: str, method: str) -> None:
        self.role = role
        self.method = method.upper()
        self.path = path
        item = document.root["paths"][path]
        node = item[method]
        self.node = node
        nodes = [*item.get("parameters", ()), *node.get("parameters", ())]
        self.parameters = tuple(Parameter(document, parameter) for parameter in nodes)
        self._encoders = {
            int(code): AnswerEncoder(
                document,
                int(code),
                document.resolve(response),
                _AVAILABLE[role] if int(code) < HTTPStatus.BAD_REQUEST else _PROBLEM,
            )
            for code, response in node["responses"].items()
            if code.isdigit()
        }
        successes = [code for code in self._encoders if code < HTTPStatus.MULTIPLE_CHOICES]
        if not successes:
            raise ConfigurationError(f"contract: {self.method} {path} declares no success")
        self.success = min(successes)

    @property
    def flask_rule(self) -> str:
        """The path as Flask writes it, its parameters numbered."""
        numbers = iter(range(len(self.path)))
        return re.sub(r"\{[^}]*\}", lambda _: f"<p{next(numbers)}>", self.path)

    @property
    def path_parameters(self) -> list[str]:
        """Names of the parameters in the path, in the order `flask_rule` numbers them."""
        return re.findall(r"\{([^}]*)\}", self.path)

    def answer(self, values: Values) -> Answer:
        """The answer of a call that went well."""
        return self._encoders[self.success].encode(values)

    def declares(self, status: int) -> bool:
        """Whether the contract declares this code for the operation."""
        return status in self._encoders

    def first_declared(self, *codes: int) -> int:
        """The first code the contract declares, or the first of all if it declares none."""
        return next((code for code in codes if self.declares(code)), codes[0])

    def problem(self, status: int, values: Values, headers: dict[str, str]) -> Answer | None:
        """The error's answer, None when the contract gives this code no body here."""
        encoder = self._encoders.get(status)
        return encoder.encode(values, headers) if encoder and encoder.has_body else None

    def parameter(self, role: Role) -> Parameter | None:
        """The parameter that plays a role."""
        return next((p for p in self.parameters if p.role == role), None)

    def breaches(self, places: Mapping[str, Callable[[str], str | None]]) -> list[Breach]:
        """What is wrong with the parameters.

        Args:
            places: for each place ("path", "query", "header"), what finds a value by its name.
        """
        found = []
        for parameter in self.parameters:
            find = places.get(parameter.place)
            found += parameter.breaches(find(parameter.name) if find else None)
        return found


class Contract:
    """The effective contract.

    Attributes:
        document: the OpenAPI document itself, to be published.
        deposer: the operation that deposits a flux.
        consulter: the one that reads a flux's status.
        superviser: the one that tells whether the service works.
        body: the form of the deposit's body.
    """

    def __init__(self, document: Document) -> None:
        self.document: Node = document.root
        found = {role: self._find(document, role) for role in OperationRole}
        self.deposer = found[OperationRole.DEPOSER]
        self.consulter = found[OperationRole.CONSULTER]
        self.superviser = found[OperationRole.SUPERVISER]
        self.operations = tuple(found.values())
        self.body = self._body(document)
        parameter = self.consulter.parameter(Role.ID_FLUX)
        if parameter is None:
            raise ConfigurationError(
                f"contract: no parameter of {self.consulter.path} plays the role {Role.ID_FLUX}"
            )
        self.id_parameter = parameter
        self.new_identifier = identifier_source(document, _identifier_schema(document, self))

    @classmethod
    def load(cls, path: Path | str) -> "Contract":
        """Read the contract from a file.

        Raises:
            ConfigurationError: the file is no contract the simulator can serve; the message says
                which role is missing.
        """
        return cls(Document.load(Path(path)))

    def problem(
        self,
        operation: Operation | None,
        status: int,
        detail: str,
        instance: str,
        headers: dict[str, str],
    ) -> Answer:
        """An error in the contract's own body, whatever the operation and the code.

        A code or a path that the contract does not know takes the body of those it knows.
        """
        values = {
            Role.PROBLEME_TYPE: "about:blank",
            Role.PROBLEME_TITRE: TITLES.get(status, HTTPStatus(status).phrase),
            Role.PROBLEME_STATUT: status,
            Role.PROBLEME_DETAIL: detail,
            Role.PROBLEME_INSTANCE: instance,
        }
        for candidate in filter(None, (operation, *self.operations)):
            for code in (status, 500, 400):
                answer = candidate.problem(code, values, headers)
                if answer is not None:
                    return Answer(status, answer.body, answer.content_type, headers)
        return Answer(status, headers=headers)

    def _find(self, document: Document, role: OperationRole) -> Operation:
        for path, item in document.root.get("paths", {}).items():
            for method, node in item.items():
                if method in _METHODS and node.get(ROLE) == role:
                    return Operation(document, role, path, method)
        raise ConfigurationError(
            f"contract: no operation plays the role {role}; give it one in the overlay"
        )

    def _body(self, document: Document) -> MultipartBody:
        body = document.resolve(self.deposer.node.get("requestBody", {}))
        media = body.get("content", {}).get(MultipartBody.media_type)
        if media is None:
            raise ConfigurationError(
                f"contract: the deposit takes no {MultipartBody.media_type} body"
            )
        return MultipartBody(document, media["schema"])


def _identifier_schema(document: Document, contract: Contract) -> Node:
    response = document.resolve(contract.deposer.node["responses"][str(contract.deposer.success)])
    for media in response.get("content", {}).values():
        found = _node_with_role(document, media.get("schema", {}), Role.ID_FLUX)
        if found is not None:
            return found
    raise ConfigurationError(
        f"contract: nothing in the deposit's answer plays the role {Role.ID_FLUX}"
    )


def _node_with_role(document: Document, schema: Node, role: Role) -> Node | None:
    if document.role(schema) == role:
        return schema
    properties: dict[str, Any] = document.resolve(schema).get("properties", {})
    inner = (_node_with_role(document, node, role) for node in properties.values())
    return next((node for node in inner if node is not None), None)
