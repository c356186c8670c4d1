"""One operation of the contract: its parameters, its answers, its errors."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus

from depot_flux_simulator.contract.answers import Answer, AnswerEncoder, Values
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.requests import Breach, Parameter
from depot_flux_simulator.contract.roles import OperationRole, Role
from depot_flux_simulator.errors import ConfigurationError

_RETURN = {Role.CODE_RETOUR, Role.LIBELLE_RETOUR}
_ABOUT_FLUX = {
    Role.ID_FLUX,
    Role.STATUT,
    Role.STATUT_TEMPORAIRE,
    Role.STATUT_FINAL,
    Role.LIBELLE_STATUT,
    Role.DATE_STATUT,
    Role.DATE_DEPOT,
    Role.NOM_FICHIER,
    Role.CODE_INTERFACE,
    Role.SHA256,
    Role.TAILLE,
}
MOTIFS = {Role.MOTIFS, Role.MOTIF_CODE, Role.MOTIF_LIBELLE, Role.MOTIF_FICHIER}
"""Roles that tell why a flux is irrecevable."""

_AVAILABLE = {
    OperationRole.DEPOSER: _RETURN | _ABOUT_FLUX,
    OperationRole.CONSULTER: _RETURN | _ABOUT_FLUX | MOTIFS,
    OperationRole.SUPERVISER: _RETURN,
}
_TELLING = {
    OperationRole.DEPOSER: (Role.ID_FLUX,),
    OperationRole.CONSULTER: (Role.STATUT, Role.STATUT_FINAL),
    OperationRole.SUPERVISER: (),
}
PROBLEM = _RETURN | {role for role in Role if role.startswith("probleme_")}
"""Roles whose values every error knows."""

Find = Callable[[str], Sequence[str]]


class Operation:
    """One operation of the contract.

    Attributes:
        role: what it is for.
        method: its HTTP method, in capitals.
        path: its path as the contract writes it, without base path.
        public: whether the contract says expressly that anybody may call it.
        notes: what a reader must know of its answers.
        success: the HTTP code of a call that went well.
        success_node: what the contract says of that answer.
    """

    def __init__(self, document: Document, role: OperationRole, path: str, method: str) -> None:
        self.role = role
        self.method = method.upper()
        self.path = path
        self.notes: list[str] = []
        item = document.resolve(document.root["paths"][path])
        node = item[method]
        self.node: Node = node
        nodes = [*item.get("parameters", ()), *node.get("parameters", ())]
        parameters = [Parameter(document, parameter) for parameter in nodes]
        # What an operation says of a parameter replaces what its path says.
        self.parameters = tuple({(p.name, p.place): p for p in parameters}.values())
        security = node.get("security")
        self.public = security is not None and (not security or {} in security)
        self._encoders = self._responses(document)
        successes = sorted(code for code in self._encoders if code.startswith("2"))
        if not successes:
            raise ConfigurationError(f"contract: {self.method} {path} declares no success")
        # Of several, the first that says what the operation is for.
        telling = [code for code in successes if self._encoders[code].tells(*_TELLING[role])]
        code = (telling or successes)[0]
        self.success = int(code) if code.isdigit() else int(HTTPStatus.OK)
        self.success_node = next(
            document.resolve(response)
            for name, response in node["responses"].items()
            if str(name).upper() == code
        )
        self._success = self._encoders[code]

    def _responses(self, document: Document) -> dict[str, AnswerEncoder]:
        encoders = {}
        for code, response in self.node["responses"].items():
            name = str(code).upper()
            succeeds = name.startswith("2")
            encoders[name] = AnswerEncoder(
                document,
                f"{self.method} {self.path} {code}",
                int(name) if name.isdigit() else 200 if succeeds else 500,
                document.resolve(response),
                _AVAILABLE[self.role] if succeeds else PROBLEM,
                # Errors share their bodies: what is said of one holds for all.
                self.notes,
            )
        return encoders

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
        return self._success.encode(values)

    def wants(self, *roles: Role) -> bool:
        """Whether its success says what plays one of these roles."""
        return any(self._success.wants(role) for role in roles)

    def check(self, samples: Iterable[Values], errors: Iterable[Values]) -> None:
        """See that every answer will be one the contract accepts.

        Raises:
            ConfigurationError: one will not.
        """
        self._success.check(samples)
        for name, encoder in self._encoders.items():
            if not name.startswith(("1", "2", "3")):
                encoder.check(errors)

    def declares(self, status: int) -> bool:
        """Whether the contract declares this code for the operation, by itself or in a range."""
        return self._encoder(status) is not None

    def first_declared(self, *codes: int) -> int:
        """The code to answer with.

        The first that the contract names, else the first that a range or `default` covers, else
        the first of all.
        """
        named = (code for code in codes if str(code) in self._encoders)
        covered = (code for code in codes if self.declares(code))
        return next(named, next(covered, codes[0]))

    def problem(self, status: int, values: Values, headers: dict[str, str]) -> Answer | None:
        """The error's answer, None when the contract does not declare it here."""
        encoder = self._encoder(status)
        return encoder.encode(values, headers, status) if encoder else None

    def parameter(self, role: Role) -> Parameter | None:
        """The parameter that plays a role."""
        return next((p for p in self.parameters if p.role == role), None)

    def breaches(self, places: Mapping[str, Find]) -> list[Breach]:
        """What is wrong with the parameters.

        Args:
            places: for each place ("path", "query"…), what finds a parameter's values by name.
        """
        found: list[Breach] = []
        for parameter in self.parameters:
            find = places.get(parameter.place)
            found += parameter.breaches(find(parameter.name) if find else ())
        return found

    def _encoder(self, status: int) -> AnswerEncoder | None:
        for name in (str(status), f"{status // 100}XX", "DEFAULT"):
            if name in self._encoders and (name != "DEFAULT" or status >= HTTPStatus.BAD_REQUEST):
                return self._encoders[name]
        return None
