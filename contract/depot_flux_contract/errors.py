"""What every part of the workshop shares: a document and the error about one."""

from typing import Any

Document = dict[str, Any]


class ContractError(Exception):
    """The contract, or what goes with it, cannot be used; the message says why."""


class UnboundError(ContractError):
    """A role that must be given by hand.

    Attributes:
        role: the role.
        candidates: label and JSONPath of each element that may play it, the likeliest first.
        why: why it cannot be told.
        values: whether each state's spelling must be given with it.
    """

    def __init__(
        self, message: str, role: str, candidates: list[tuple[str, str]], why: str, *, values: bool
    ) -> None:
        super().__init__(message)
        self.role, self.candidates, self.why, self.values = role, candidates, why, values
