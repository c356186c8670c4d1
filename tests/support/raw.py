"""Our own contract but for one thing: the body of a deposit is the flux and nothing else."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from depot_flux_simulator.contract import DEFAULT_CONTRACT

ROLE = "x-depot-flux-role"


def raw_contract(folder: Path) -> Path:
    """The contract, written into a folder."""
    document: dict[str, Any] = json.loads(DEFAULT_CONTRACT.read_text(encoding="utf-8"))
    document = deepcopy(document)
    (deposer,) = (
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and operation.get(ROLE) == "deposer"
    )
    schema = {"type": "string", "format": "binary", ROLE: "fichier"}
    deposer["requestBody"] = {"content": {"application/octet-stream": {"schema": schema}}}
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
