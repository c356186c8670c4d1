"""Which operation of the contract a call is about, by its method and path."""

import re
from urllib.parse import unquote_to_bytes

from depot_flux_simulator.contract import Contract, Operation
from depot_flux_simulator.flux.rules import Target

TARGET = "depot_flux.target"
"""Key of the environment: the role of the operation, where it was looked up already."""

STATE = "depot_flux.state"
"""Key of the environment: the steering that the call goes by, where it was looked up already."""
_SLASH = re.compile(rb"%2[Ff]")


def path_info(raw: bytes) -> str:
    """The path of a call as WSGI has it; a slash that came as %2F separates nothing and stays."""
    if b"%" in raw:
        raw = unquote_to_bytes(_SLASH.sub(b"%252F", raw))
    return raw.decode("latin-1")


class Targets:
    """The operations, by address.

    Args:
        contract: tells the operations.
        base_path: what stands before every path of the contract.
        token_path: path of PISTE's token.

    Attributes:
        operations: the operations of the contract, by role.
    """

    def __init__(self, contract: Contract, base_path: str, token_path: str) -> None:
        self._fixed = {("POST", token_path): str(Target.JETON)}
        self._patterns: list[tuple[str, re.Pattern[str], str]] = []
        self.operations: dict[str, Operation] = {}
        for operation in contract.operations:
            role = str(operation.role)
            path = base_path + operation.path
            self.operations[role] = operation
            if operation.path_parameters:
                pattern = "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))
                self._patterns.append((operation.method, re.compile(pattern), role))
            else:
                self._fixed[operation.method, path] = role

    def of(self, method: str, path: str) -> str | None:
        """Role of the operation, "jeton" for PISTE's token, None for another address."""
        return self._fixed.get((method, path)) or self._look_up(method, path)

    def _look_up(self, method: str, path: str) -> str | None:
        for of_method, pattern, role in self._patterns:
            if of_method == method and pattern.fullmatch(path):
                return role
        return None
