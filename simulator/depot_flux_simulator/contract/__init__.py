"""The effective contract as the simulator sees it: operations and roles, never names.

Everything below reads `generated/openapi.json`. A different contract changes that file only.
"""

from depot_flux_simulator.contract.answers import Answer
from depot_flux_simulator.contract.document import DEFAULT_CONTRACT
from depot_flux_simulator.contract.facade import Contract, Operation
from depot_flux_simulator.contract.requests import Breach

__all__ = ["DEFAULT_CONTRACT", "Answer", "Breach", "Contract", "Operation"]
