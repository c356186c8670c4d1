"""Interface codes and motifs where the contract writes other values for them."""

from collections.abc import Mapping
from typing import Any

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import VALUES, several

OTHER = "AUTRE"
"""Key of the value that stands for every motif that has none of its own."""


class Codes:
    """The codes of one field: as the reform writes them and as the contract does.

    Args:
        document: the contract.
        schema: of the field; `VALUES` beside its role holds code -> value.

    Attributes:
        written: code -> the contract's value.
    """

    def __init__(self, document: Document, schema: Node) -> None:
        spelled: Mapping[str, Any] = document.whole(schema).get(VALUES) or {}
        self.written = {code: several(value)[0] for code, value in spelled.items()}
        self._read = {str(each): code for code, value in spelled.items() for each in several(value)}

    def write(self, code: Any) -> Any:
        """The contract's value of a code; the code itself where it has no other."""
        return self.written.get(str(code), self.written.get(OTHER, code))

    def read(self, value: str) -> str:
        """The code of a contract's value; the value itself where it is none of them."""
        return self._read.get(value, value)
