"""The contract that exchanges are held against: by role, with the origin of its elements."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges.origins import Origins
from depot_flux_contract.folders import BASE, PROVENANCE, RECONSTRUCTION
from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.errors import ConfigurationError


@dataclass(frozen=True)
class Held:
    """A contract, and where each of its elements comes from.

    Attributes:
        contract: the contract by role.
        origins: of its elements.
        spec: folder of its `spec/`, None where it came without.
    """

    contract: Contract
    origins: Origins
    spec: Path | None = None

    @cached_property
    def document(self) -> Document:
        """The document behind the contract."""
        return Document(self.contract.document)


def held_contract(path: Path | None = None) -> Held:
    """The contract of a file, by default the one that is installed, with its provenance.

    The provenance is looked for where `adopt` and `generate` put it: in `spec/` beside the folder
    of the file; this project's own travels with the workshop.

    Raises:
        ContractError: the file is no contract that can be held against; the message says why.
    """
    file = path or DEFAULT_CONTRACT
    try:
        contract = Contract.load(file)
    except ConfigurationError as error:
        raise ContractError(str(error)) from error
    spec = _spec(file, contract)
    provenance = read_yaml(spec / PROVENANCE) if spec else None
    base = spec / BASE if spec else None
    return Held(contract, Origins(provenance, file.name, base), spec)


def _spec(file: Path, contract: Contract) -> Path | None:
    """The folder that holds the provenance of a contract: one that speaks of the same paths."""
    beside = [folder / "spec" for folder in (file.parent, *file.resolve().parents[:2])]
    for folder in (*beside, RECONSTRUCTION):
        if (folder / PROVENANCE).is_file() and (folder / BASE).is_file():
            base = read_yaml(folder / BASE)
            if base.get("paths", {}).keys() == contract.document["paths"].keys():
                return folder
    return None
