"""A user's tests, held to `mypy --strict`: every public name, and the type that it has."""

from datetime import datetime
from pathlib import Path
from typing import assert_type

import httpx
from flask import Flask

from depot_flux_simulator.testing import (
    DEFAULT_CONTRACT,
    START,
    Application,
    BackwardsError,
    Calls,
    Code,
    Compte,
    ConfigurationError,
    Constat,
    Contract,
    Depot,
    Destinataire,
    Duration,
    Entry,
    Facts,
    Facture,
    Fault,
    FaultKind,
    Fichier,
    FluxView,
    Forced,
    Fournisseur,
    GatewayAnswer,
    Gravite,
    Instant,
    Motif,
    Niveau,
    Raison,
    RefusedError,
    Reply,
    Role,
    Rule,
    Scenario,
    Simulator,
    SimulatorSettings,
    Statut,
    StatutFacture,
    Step,
    StoredFacture,
    StoredFlux,
    Target,
    Transport,
    Verdict,
)


def started(folder: Path) -> Simulator | None:
    settings: SimulatorSettings = {"folder": folder, "contract": DEFAULT_CONTRACT, "start": START}
    try:
        with Simulator(pace=0.0, reserved_names=False) as simulator:
            assert_type(simulator, Simulator)
        return Simulator(**settings).start()
    except ConfigurationError:
        return None


def deposit(simulator: Simulator, content: bytes) -> str:
    try:
        id_flux = simulator.deposit(content, name="facture.xml", code="FSO3110A")
    except RefusedError as error:
        assert_type(error.status, int)
        assert_type(error.detail, str)
        assert_type(error.response, httpx.Response)
        raise
    assert_type(simulator.status(id_flux), Statut)
    simulator.healthcheck()
    return id_flux


def steer(simulator: Simulator, wait: Duration) -> None:
    assert_type(simulator.advance(wait), datetime)
    try:
        assert_type(simulator.move_to(START), datetime)
    except BackwardsError:
        assert_type(simulator.now(), datetime)
    simulator.freeze()
    simulator.resume(60)
    simulator.pace(0)
    simulator.quota(None)
    rule = simulator.scenario(nom="*.xml", motifs=[Code.IRR_VIDE, "IRR_TYPE"], recu="1m")
    assert_type(rule, Rule[Scenario])
    fault = simulator.fault(FaultKind.STATUS, operations=[Target.DEPOSER], status=503)
    assert_type(fault, Rule[Fault])
    gateway = simulator.fault("gateway", answer=GatewayAnswer.HTML, lasting="1m")
    assert_type(gateway.definition.answer, GatewayAnswer | None)
    assert_type(simulator.scenarios(), list[Rule[Scenario]])
    assert_type(simulator.faults(), list[Rule[Fault]])
    known = simulator.fournisseur("20000000800017", actif=False)
    assert_type(known, Rule[Fournisseur])
    reached = simulator.destinataire("987654324", plateforme="PA-1", connectee=False)
    assert_type(reached, Rule[Destinataire])
    assert_type(simulator.annuaire(), list[Rule[Fournisseur] | Rule[Destinataire]])
    simulator.remove(rule)
    simulator.remove(fault)
    simulator.remove(known)
    simulator.remove(reached)
    assert_type(rule.definition.statut, Statut | None)
    assert_type(fault.definition.operations, tuple[Target, ...])
    simulator.reset()


def look(simulator: Simulator, id_flux: str) -> None:
    vue = simulator.flux(id_flux)
    assert_type(vue, FluxView)
    assert_type(
        simulator.search(statut=Statut.RECU, motif="IRR_VIDE", depuis=START), list[FluxView]
    )
    assert_type(simulator.content(id_flux), bytes)
    assert_type(vue.historique, tuple[Step, ...])
    assert_type(vue.codes, tuple[Code, ...])
    assert_type(vue.verdict, Verdict)
    assert_type(vue.verdict.fichiers, tuple[Fichier, ...])
    assert_type(vue.verdict.factures, tuple[Facture, ...])
    assert_type(vue.verdict.constats, tuple[Constat, ...])
    found = simulator.factures(statut=StatutFacture.REJETEE, raison="REJ_COH", id_flux=id_flux)
    assert_type(found, list[StoredFacture])
    facture = found[0].facture
    assert_type(facture.statut, StatutFacture)
    assert_type(facture.raisons, tuple[Raison, ...])
    assert_type([constat.gravite for constat in facture.constats], list[Gravite])
    assert_type(simulator.cdar(found[0]), bytes)
    assert_type(simulator.cdar(id_flux), bytes)
    assert_type(vue.motifs, tuple[Motif, ...])
    assert_type([motif.niveau for motif in vue.motifs], list[Niveau])
    stored = vue.flux
    assert_type(stored, StoredFlux)
    assert_type(stored.forced, Forced)
    assert_type(stored.facts, Facts)
    assert_type(stored.depot, Depot)
    calls = simulator.journal()
    assert_type(calls, list[Entry])
    first: Instant = calls[0].date
    assert_type(first, int)


def call(simulator: Simulator) -> None:
    application = simulator.applications[0]
    assert_type(application, Application)
    assert_type(application.comptes, tuple[Compte, ...])
    assert_type(simulator.token(application), str)
    assert_type(simulator.headers(application), dict[str, str])
    assert_type(simulator.transport, Transport)
    assert_type(simulator.contract, Contract)
    assert_type(simulator.serve() + simulator.base_path, str)
    assert_type(simulator.url, str)
    assert_type(simulator.folder, Path)
    assert_type(simulator.ca, Path | None)
    assert_type(simulator.app, Flask)
    with simulator.client() as client, httpx.Client(auth=simulator.auth()) as other:
        calls = simulator.calls(client)
        assert_type(calls, Calls)
        reply = calls.consulter("1")
        assert_type(reply, Reply)
        assert_type(reply.statuts, tuple[Statut, ...])
        assert_type(reply.value(Role.DATE_STATUT) is None, bool)
        assert_type(simulator.calls(other).deposer(b"").accept().id_flux, str)


async def asynchronous(simulator: Simulator) -> None:
    async with simulator.async_client() as client:
        assert_type(client, httpx.AsyncClient)
    simulator.stop()
