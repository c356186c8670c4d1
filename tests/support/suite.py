"""A contract for schemathesis and the simulator that serves it."""

import atexit
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from schemathesis.generation.modes import GenerationMode

from depot_flux_contract.verify.checks.cases import let_in
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.testing import Simulator


class Simulated:
    """A contract for schemathesis and the simulator that serves it.

    Schemathesis wants the application and the access when tests are collected, before any fixture
    runs: this one starts at once and goes with the process.
    """

    def __init__(
        self, contract: Path = DEFAULT_CONTRACT, described: dict[str, Any] | None = None
    ) -> None:
        self.simulator = Simulator(contract=contract, pace=0).start()
        atexit.register(self.simulator.stop)
        # What schemathesis is told, where it is more than the contract says.
        told = json.loads(contract.read_text(encoding="utf-8")) if described is None else described
        with TemporaryDirectory() as folder:
            path = Path(folder, "openapi.json")
            path.write_text(json.dumps(told), encoding="utf-8")
            self.schema = schemathesis.openapi.from_path(path)
        self.schema.app = self.simulator.app
        self.schema.config.generation.update(modes=list(GenerationMode))
        self.schema.hook("map_body")(_named_as_on_a_line)
        let_in(self.schema, self.simulator.headers())


def _named_as_on_a_line(_: Any, body: Any) -> Any:
    """A body whose names hold no end of a line, which browsers and HTTP libraries escape.

    werkzeug, which makes the forms of these tests, writes it as it is, and breaks the header.
    """
    if not isinstance(body, dict):
        return body
    return {key.replace("\r", "%0D").replace("\n", "%0A"): value for key, value in body.items()}
