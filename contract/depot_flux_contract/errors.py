"""What every part of the workshop shares: a document and the error about one."""

from typing import Any

Document = dict[str, Any]


class ContractError(Exception):
    """The contract, or what goes with it, cannot be used; the message says why."""
