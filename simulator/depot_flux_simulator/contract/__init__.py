"""The effective contract as the simulator sees it: operations and roles, never names.

Everything below reads `generated/openapi.json`. A different contract changes that file only.
"""

from depot_flux_simulator.contract.answers import LOCATION, Answer
from depot_flux_simulator.contract.bodies import JsonBody, MultipartBody, RawBody, Said
from depot_flux_simulator.contract.contract import Contract, motif_values
from depot_flux_simulator.contract.document import DEFAULT_CONTRACT
from depot_flux_simulator.contract.operation import Operation
from depot_flux_simulator.contract.requests import Breach

__all__ = [
    "DEFAULT_CONTRACT",
    "LOCATION",
    "Answer",
    "Breach",
    "Contract",
    "JsonBody",
    "MultipartBody",
    "Operation",
    "RawBody",
    "Said",
    "motif_values",
]
