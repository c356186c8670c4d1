"""The only package that knows the generated client: operations, bodies and answers by their role.

The table that travels inside the generated client tells which operation deposits, which property is
the file and how a status is spelled, so that another contract changes nothing beyond this package.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from depot_flux._contract.answers import Address, Answers
from depot_flux._contract.bindings import Bindings, OperationBinding, bindings, roles_of
from depot_flux._contract.bodies import Submission, deposit_body, plain_body
from depot_flux._contract.operation import Operation, Said, received
from depot_flux.models import Statut

if TYPE_CHECKING:
    from depot_flux_client import Client

__all__ = ["Contract", "Operation", "Said", "Submission", "client", "contract", "received"]


class Contract:
    """The three operations, what they are asked and how their answers read.

    Raises:
        LookupError: no operation deposits, or none consults.
    """

    def __init__(self, table: Bindings) -> None:
        self.deposer = Operation(_required(table, "deposer"), "deposer")
        self.consulter = Operation(_required(table, "consulter"), "consulter")
        # A contract may have no operation of supervision.
        supervision = table["operations"].get("superviser")
        self.superviser = Operation(supervision, "superviser") if supervision else None
        self._states_bytes = bool({"sha256", "taille"} & roles_of(table["operations"]["deposer"]))
        self._answers = Answers(table["problem"])
        # Whether its errors say anything, so that what says nothing is not the platform's own.
        self.explains = bool(table["problem"])
        self._address = Address(self.consulter.path, self.consulter.name_of("id_flux"))

    def depot(
        self, submission: Submission, said: Said, *, in_memory: bool = False
    ) -> dict[str, Any]:
        """Arguments of the deposit's function.

        Args:
            submission: what to deposit; its bytes are read from the start.
            said: what every request says.
            in_memory: whether a body that is the bare file must be read beforehand, because an
                asynchronous client takes no open file there.

        Raises:
            ConfigurationError: the contract asks for a value that nobody gave.
        """
        deposit = said.with_roles(
            code_interface=submission.code_interface, nom_fichier=submission.name
        )
        if self._states_bytes:
            deposit = deposit.with_roles(**submission.bytes_told())
        submission.content.seek(0)
        arguments = self.deposer.arguments(deposit)
        if self.deposer.body is None:
            return arguments
        body = deposit_body(self.deposer.body, submission, deposit, in_memory=in_memory)
        return {**arguments, "body": body}

    def consultation(self, id_flux: str, said: Said) -> dict[str, Any]:
        """Arguments of the consultation's function.

        Raises:
            ConfigurationError: the contract asks for a value that nobody gave.
        """
        asked = said.with_roles(id_flux=id_flux)
        arguments = self.consulter.arguments(asked)
        if self.consulter.body is None:
            return arguments
        return {**arguments, "body": plain_body(self.consulter.body, asked)}

    def id_flux(self, response: Any) -> tuple[str, str]:
        """The identifier in a deposit's answer, and a remark; see `Answers.id_flux`."""
        return self._answers.id_flux(response, self.deposer.answers, self._address)

    def statut(self, response: Any) -> tuple[Statut, datetime | None]:
        """The status in a consultation's answer, and since when; see `Answers.statut`."""
        return self._answers.statut(response, self.consulter.answers)

    def problem(self, response: httpx.Response) -> Mapping[str, Any]:
        """The fields of an error's body; see `Answers.problem`."""
        return self._answers.problem(response)


@cache
def contract() -> Contract:
    """The contract that the installed generated client was made from."""
    return Contract(bindings())


def client(base_url: str) -> "Client":
    """The generated client for an address."""
    from depot_flux_client import Client  # noqa: PLC0415 (for calls alone)

    return Client(base_url=base_url)


def _required(table: Bindings, role: str) -> OperationBinding:
    if role not in table["operations"]:
        raise LookupError(f"no operation of the contract plays the role {role}")
    return table["operations"][role]
