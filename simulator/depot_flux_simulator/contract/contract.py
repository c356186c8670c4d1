"""The contract put together: its operations, found by their roles."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from depot_flux_simulator.contract.answers import LOCATION, Answer, Values
from depot_flux_simulator.contract.asked import AskedInBody, asked_in_body
from depot_flux_simulator.contract.bodies import TEXTS, Bodies
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.identifiers import identifier_source
from depot_flux_simulator.contract.operation import MOTIFS, Operation
from depot_flux_simulator.contract.requests import Parameter
from depot_flux_simulator.contract.roles import ROLE, OperationRole, Role
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.lifecycle import Statut

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


class Contract:
    """The effective contract.

    Attributes:
        document: the OpenAPI document itself, to be published.
        base_path: what stands before every path, without trailing slash; from the contract's
            first server.
        deposer: the operation that deposits a flux.
        consulter: the one that reads a flux's status.
        superviser: the one that tells whether the service works, None if the contract has none.
        bodies: the forms of the deposit's body.
        id_parameter: the parameter, or property of a JSON body, that names the flux to consult.
        said_in_parameters: the deposit's parameters that say something of the file.
        states_code_interface: whether a deposit can state its interface code.
        states_name: whether a deposit can name its file beside it.
        tells_flux: whether a consultation tells more of the flux than its life.
        asks_beside_id: whether a consultation has other parameters than the identifier.
        demands_account: whether a call must name its technical account: where the contract
            declares `cpro-account`, or declares no access at all and what is documented holds.
        one_temporary: whether both temporary statuses are told by the same word, which then has
            been true since the first of them.
        tells_motifs: whether a consultation says why a flux is irrecevable.
        notes: sentences on what is answered though it plays no role, or cannot be known.
    """

    def __init__(self, document: Document) -> None:
        self.document: Node = document.root
        self.base_path = _base_path(document.root)
        self.deposer = _required(document, OperationRole.DEPOSER)
        self.consulter = _required(document, OperationRole.CONSULTER)
        self.superviser = _operation(document, OperationRole.SUPERVISER)
        found = (self.deposer, self.consulter, self.superviser)
        self.operations = tuple(operation for operation in found if operation is not None)
        self.bodies = Bodies(document, self.deposer.node.get("requestBody", {}))
        parameter = self.consulter.parameter(Role.ID_FLUX)
        asked = parameter or asked_in_body(document, self.consulter.node)
        if asked is None or asked.place == "cookie":
            raise ConfigurationError(
                f"contract: no parameter or property of {self.consulter.path} plays the role "
                f"{Role.ID_FLUX}"
            )
        self.id_parameter: Parameter | AskedInBody = asked
        self.new_identifier = identifier_source(document, self._identifier(document))
        if not self.consulter.wants(Role.STATUT, Role.STATUT_FINAL):
            raise ConfigurationError(
                f"contract: nothing in the answer of {self.consulter.path} plays the role "
                f"{Role.STATUT} or {Role.STATUT_FINAL}"
            )
        # Settled once, for the way of every deposit.
        told = {*TEXTS, Role.REPRIS}
        self.said_in_parameters = tuple(p for p in self.deposer.parameters if p.role in told)
        said = {p.role for p in self.said_in_parameters}.union(*(b.roles for b in self.bodies))
        self.states_code_interface = Role.CODE_INTERFACE in said
        self.states_name = Role.NOM_FICHIER in said
        consulted = self.consulter.wants
        self.tells_flux = consulted(*TEXTS, Role.TAILLE, Role.REPRIS)
        self.tells_motifs = consulted(*MOTIFS)
        self.asks_beside_id = any(p is not asked for p in self.consulter.parameters)
        self.demands_account = _demands_account(document, self.operations)
        self._check()
        self.one_temporary = self._told(Statut.RECU) == self._told(Statut.EN_COURS_DE_TRAITEMENT)
        self.notes = self._notes()

    @classmethod
    def load(cls, path: Path | str) -> "Contract":
        """Read the contract from a file.

        Raises:
            ConfigurationError: the file is no contract the simulator can serve; the message says
                which role is missing.
        """
        return cls(Document.load(Path(path)))

    def location(self, identifier: Any, base_path: str) -> str:
        """The address, without host, where a flux is consulted."""
        name, text = self.id_parameter.name, quote(str(identifier), safe="")
        path = self.consulter.path.replace("{" + name + "}", text)
        query = f"?{quote(name, safe='')}={text}" if self.id_parameter.place == "query" else ""
        return base_path + path + query

    def problem(
        self,
        operation: Operation | None,
        status: int,
        detail: str,
        instance: str,
        headers: dict[str, str],
        instant: int | None = None,
    ) -> Answer:
        """An error in the contract's own body, whatever the operation and the code.

        A code or a path that the contract does not know takes the body of those it knows.
        """
        values = _problem_values(status, detail, instance, instant)
        if operation is not None:
            answer = operation.problem(status, values, headers)
            if answer is not None:
                return answer
        for candidate in filter(None, (operation, *self.operations)):
            for code in (status, 500, 400):
                answer = candidate.problem(code, values, headers)
                if answer is not None and answer.content_type:
                    return Answer(status, answer.body, answer.content_type, headers)
        return Answer(status, headers=headers)

    def _identifier(self, document: Document) -> Node:
        """The schema of a flux's identifier, as the deposit gives it or else as it is asked for."""
        response = self.deposer.success_node
        for media in response.get("content", {}).values():
            for role, place in document.places(media.get("schema", {})):
                if role == Role.ID_FLUX:
                    return place.schema
        for name, header in response.get("headers", {}).items():
            if document.role(header) == Role.ID_FLUX:
                located = name.lower() == "location"
                schema: Node = document.resolve(header).get("schema", {})
                return self.id_parameter.schema if located else schema
        raise ConfigurationError(
            f"contract: nothing in the deposit's answer plays the role {Role.ID_FLUX}"
        )

    def _check(self) -> None:
        identifier = self.new_identifier("")
        if self.id_parameter.breaches([str(identifier)]):
            raise ConfigurationError(
                f"contract: {identifier!r}, an identifier as the deposit gives them, is none that "
                f"{self.consulter.path} accepts"
            )
        samples = [_sample(statut, identifier) for statut in Statut]
        errors = [_problem_values(400, "Un champ manque.", "/", _INSTANT)]
        self.deposer.check(samples[:1], errors)
        self.consulter.check(samples, errors)
        if self.superviser is not None:
            self.superviser.check([{}], errors)

    def _told(self, statut: Statut) -> Answer:
        return self.consulter.answer(_sample(statut, "1"))

    def _notes(self) -> tuple[str, ...]:
        notes = [note for operation in self.operations for note in operation.notes]
        if not self.states_code_interface:
            notes.append(
                "the deposit states no code interface: it is told from the file's name or content"
            )
        if not self.states_name:
            notes += _unnamed(self.bodies)
        if self.superviser is None:
            notes.append("the contract has no operation of supervision: none is served")
        return tuple(dict.fromkeys(notes))


_INSTANT = 1_788_249_605_000


def _unnamed(bodies: Bodies) -> list[str]:
    raw = [body.media_type for body in bodies if body.media_type != "multipart/form-data"]
    return [
        f"a deposit as {media_type} carries no file name: one is made from the content"
        for media_type in raw
    ]


def _sample(statut: Statut, identifier: Any) -> Values:
    values: dict[Any, Any] = {
        Role.ID_FLUX: identifier,
        Role.STATUT: statut,
        Role.DATE_STATUT: _INSTANT,
        Role.DATE_DEPOT: _INSTANT,
        Role.NOM_FICHIER: "facture.xml",
        Role.CODE_INTERFACE: "FSO3110A",
        Role.SHA256: "0" * 64,
        Role.TAILLE: 1,
        LOCATION: "/",
    }
    if statut is Statut.IRRECEVABLE:
        values |= motif_values([("IRR_VIDE", "Le flux est vide.", "facture.xml")])
    return values


def motif_values(motifs: list[tuple[str, str, str | None]]) -> dict[Any, Any]:
    """Values that tell motifs: code, message and file of each."""
    told = [
        {Role.MOTIF_CODE: code, Role.MOTIF_LIBELLE: message, Role.MOTIF_FICHIER: fichier}
        for code, message, fichier in motifs
    ]
    return {Role.MOTIFS: told, **(told[0] if told else {})}


def _problem_values(status: int, detail: str, instance: str, instant: int | None) -> Values:
    return {
        Role.PROBLEME_TYPE: "about:blank",
        Role.PROBLEME_TITRE: TITLES.get(status, HTTPStatus(status).phrase),
        Role.PROBLEME_STATUT: status,
        Role.PROBLEME_DETAIL: detail,
        Role.PROBLEME_INSTANCE: instance,
        Role.PROBLEME_DATE: instant,
        Role.CODE_RETOUR: status,
        Role.LIBELLE_RETOUR: detail,
    }


def _required(document: Document, role: OperationRole) -> Operation:
    operation = _operation(document, role)
    if operation is None:
        raise ConfigurationError(
            f"contract: no operation plays the role {role}; give it one in the overlay"
        )
    return operation


def _operation(document: Document, role: OperationRole) -> Operation | None:
    for path, method, node in document.operations():
        if node.get(ROLE) == role:
            return Operation(document, role, path, method)
    return None


def _demands_account(document: Document, operations: Iterable[Operation]) -> bool:
    schemes: Node = document.root.get("components", {}).get("securitySchemes", {})
    named = [str(document.resolve(scheme).get("name", "")) for scheme in schemes.values()]
    named += [parameter.name for each in operations for parameter in each.parameters]
    return not schemes or "cpro-account" in map(str.lower, named)


def _base_path(root: Node) -> str:
    servers = root.get("servers") or [{"url": "/"}]
    return urlsplit(server_url(servers[0])).path.rstrip("/")


def server_url(server: Node) -> str:
    """The address of a server of a contract, its variables at their defaults."""
    variables = server.get("variables", {})
    return re.sub(
        r"\{([^}]*)\}",
        lambda found: str(variables.get(found[1], {}).get("default", "")),
        str(server.get("url", "/")),
    )
