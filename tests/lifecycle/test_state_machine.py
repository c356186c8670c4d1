"""Deposits, reads, time and restarts in any order, against a plain model."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from depot_flux_simulator.flux.clock import ManualClock
from depot_flux_simulator.samples import facture_ubl
from tests.support.suite import AAA, BBB, InProcess, in_process

GOOD = facture_ubl()
BAD = GOOD.replace(b"cbc:IssueDate>", b"cbc:Date>")
RECU_MS, TRAITEMENT_MS = 2_000, 3_000

Model = tuple[str, tuple[str, str, str], int, bool]


class LifeCycle(RuleBasedStateMachine):
    """The model holds, for each flux, who deposited it, when, and whether it is good."""

    flux = Bundle("flux")

    @initialize()
    def start(self) -> None:
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.clock = ManualClock()
        self.seen: dict[str, list[str]] = {}
        self.number = 0
        self.running = ExitStack()
        self._run()

    def teardown(self) -> None:
        if hasattr(self, "running"):
            self.running.close()
            self.stack.close()

    def _run(self) -> None:
        self.simulator: InProcess = self.running.enter_context(in_process(self.folder, self.clock))

    @rule(target=flux, who=st.sampled_from([AAA, BBB]), good=st.booleans())
    def deposit(self, who: tuple[str, str, str], good: bool) -> Model:
        self.number += 1
        answer = self.simulator.deposit(
            self.simulator.access(who), GOOD if good else BAD, f"F{self.number}.xml"
        )
        assert answer.status_code == 201
        id_flux = answer.get_json()["idFlux"]
        assert id_flux not in self.seen
        self.seen[id_flux] = []
        return (id_flux, who, self.clock.now(), good)

    @rule(target=flux)
    def refused_deposit(self) -> object:
        assert self.simulator.deposit({}).status_code == 401
        return multiple()

    @rule(milliseconds=st.sampled_from([0, 1, 999, 1_999, 2_000, 3_000, 5_000, 60_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    @rule()
    def restart(self) -> None:
        self.running.close()
        self.running = ExitStack()
        self._run()

    @rule(known=flux)
    def read(self, known: Model) -> None:
        id_flux, who, depose_le, good = known
        answer = self.simulator.call("GET", f"/flux/{id_flux}", self.simulator.access(who))
        assert answer.status_code == 200
        statut, since = self.expected(depose_le, good)
        body = answer.get_json()
        assert body["statut"] == statut
        date = datetime.fromisoformat(body["dateMiseAJour"])
        assert date == datetime.fromtimestamp(since / 1000, UTC)
        self.seen[id_flux].append(statut)

    @rule(known=flux)
    def another_reads(self, known: Model) -> None:
        id_flux, who, _, _ = known
        stranger = BBB if who is AAA else AAA
        access = self.simulator.access(stranger)
        assert self.simulator.call("GET", f"/flux/{id_flux}", access).status_code == 404

    @rule(known=flux)
    def detail(self, known: Model) -> None:
        id_flux, _, depose_le, good = known
        told = self.simulator.detail(id_flux)
        statut, _ = self.expected(depose_le, good)
        assert told["statut"] == statut
        motifs = [motif["code"] for motif in told["motifs"]]
        assert motifs == (["IRR_SYNTAX"] if statut == "IRRECEVABLE" else [])

    @invariant()
    def in_order(self) -> None:
        order = ["RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"]
        for statuses in getattr(self, "seen", {}).values():
            assert statuses == sorted(statuses, key=order.index)
            assert len({"RECEVABLE", "IRRECEVABLE"} & set(statuses)) <= 1

    def expected(self, depose_le: int, good: bool) -> tuple[str, int]:
        age = self.clock.now() - depose_le
        if age < RECU_MS:
            return "RECU", depose_le
        if age < RECU_MS + TRAITEMENT_MS:
            return "EN_COURS_DE_TRAITEMENT", depose_le + RECU_MS
        return (
            "RECEVABLE" if good else "IRRECEVABLE",
            depose_le + RECU_MS + TRAITEMENT_MS,
        )


TestLifeCycle: Callable[[], object] = LifeCycle.TestCase
TestLifeCycle.settings = settings(  # type: ignore[attr-defined]
    max_examples=25, stateful_step_count=25, deadline=None
)
