"""The control plane's own OpenAPI document, and the control plane held to it."""

import atexit
import json
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode

from depot_flux_simulator.flux.facture import Raison, StatutFacture
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import FaultKind, GatewayAnswer, Target
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.control_plane.api import DOCUMENT

ROOT: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
SCHEMAS = ROOT["components"]["schemas"]

# Schemathesis wants the application when tests are collected, before any fixture runs.
simulator = Simulator().start()
atexit.register(simulator.stop)
for _ in range(3):
    simulator.deposit(b"<x/>")


def _from_here(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return simulator.app({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


schema = schemathesis.openapi.from_dict(ROOT)
schema.app = _from_here
schema.config.generation.update(modes=list(GenerationMode))


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_keeps_to_its_document(case: Case[Any]) -> None:
    # Values that the schema accepts one by one may contradict each other: that is a 422.
    case.call_and_validate(excluded_checks=[schemathesis.checks.positive_data_acceptance])


def test_it_is_openapi() -> None:
    validate(ROOT)


def test_it_lists_what_the_code_knows() -> None:
    assert SCHEMAS["Motif"]["enum"] == [*Code]
    assert SCHEMAS["Statut"]["enum"] == [*Statut]
    assert SCHEMAS["StatutFacture"]["enum"] == [*StatutFacture]
    assert SCHEMAS["Raison"]["enum"] == [*Raison]
    fault = SCHEMAS["Fault"]["properties"]
    assert fault["kind"]["enum"] == [*FaultKind]
    assert fault["answer"]["enum"] == [*GatewayAnswer]
    assert fault["operations"]["items"]["enum"] == [*Target]
