"""Deposits, reads, time and restarts in any order, against a plain model."""

from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from depot_flux_simulator.contract.dates import date_writer
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Application, RefusedError, Reply, Simulator
from tests.support.contract import CONTRACT, DOCUMENT, over

GOOD = facture_ubl()
BAD = GOOD.replace(b"cbc:IssueDate>", b"cbc:Date>")
RECU_MS, TRAITEMENT_MS = 2_000, 3_000

Model = tuple[str, Application, int, bool]


def assert_date(reply: Reply, since: int) -> None:
    """See that an answer says since when the status holds, in the form that the contract asks."""
    success = CONTRACT.consulter.node["responses"][str(CONTRACT.consulter.success)]
    for media in DOCUMENT.resolve(success)["content"].values():
        for role, place in DOCUMENT.places(media["schema"]):
            if role == Role.DATE_STATUT:
                told = reply.value(Role.DATE_STATUT)
                assert told == date_writer(DOCUMENT, place.schema, role)(since)
                if DOCUMENT.whole(place.schema).get("format") == "date-time":
                    assert datetime.fromisoformat(told) == datetime.fromtimestamp(since / 1000, UTC)


class LifeCycle(RuleBasedStateMachine):
    """The model holds, for each flux, who deposited it, when, and whether it is good."""

    flux = Bundle("flux")

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.seen: dict[str, list[str]] = {}
        self.number = 0
        self.simulator = Simulator(folder=self.folder.name).start()

    def teardown(self) -> None:
        if hasattr(self, "simulator"):
            self.simulator.stop()
            self.folder.cleanup()

    @rule(target=flux, who=st.sampled_from([0, 1]), good=st.booleans())
    def deposit(self, who: int, good: bool) -> Model:
        self.number += 1
        application = self.simulator.applications[who]
        id_flux = self.simulator.deposit(
            GOOD if good else BAD, name=f"F{self.number}.xml", application=application
        )
        assert id_flux not in self.seen
        self.seen[id_flux] = []
        return (id_flux, application, self.now(), good)

    @rule(target=flux)
    def refused_deposit(self) -> object:
        assert over(self.simulator, {}).deposer(GOOD).status == 401
        return multiple()

    @rule(milliseconds=st.sampled_from([0, 1, 999, 1_999, 2_000, 3_000, 5_000, 60_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.simulator.advance(f"{milliseconds}ms")

    @rule()
    def restart(self) -> None:
        self.simulator.stop()
        self.simulator.start()

    @rule(known=flux)
    def read(self, known: Model) -> None:
        id_flux, who, depose_le, good = known
        with self.simulator.client(who) as client:
            reply = self.simulator.calls(client).consulter(id_flux)
        assert reply.accepted
        statut, since = self.expected(depose_le, good)
        assert statut in reply.statuts
        assert_date(reply, since)
        self.seen[id_flux].append(statut)

    @rule(known=flux)
    def another_reads(self, known: Model) -> None:
        id_flux, who, _, _ = known
        (stranger,) = (each for each in self.simulator.applications if each != who)
        with pytest.raises(RefusedError) as refused:
            self.simulator.status(id_flux, stranger)
        assert refused.value.status == 404

    @rule(known=flux)
    def detail(self, known: Model) -> None:
        id_flux, _, depose_le, good = known
        told = self.simulator.flux(id_flux)
        statut, _ = self.expected(depose_le, good)
        assert told.statut == statut
        assert told.codes == (("IRR_SYNTAX",) if statut == "IRRECEVABLE" else ())

    @invariant()
    def in_order(self) -> None:
        order = ["RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"]
        for statuses in getattr(self, "seen", {}).values():
            assert statuses == sorted(statuses, key=order.index)
            assert len({"RECEVABLE", "IRRECEVABLE"} & set(statuses)) <= 1

    def now(self) -> int:
        return round(self.simulator.now().timestamp() * 1_000)

    def expected(self, depose_le: int, good: bool) -> tuple[str, int]:
        age = self.now() - depose_le
        if age < RECU_MS:
            return "RECU", depose_le
        if age < RECU_MS + TRAITEMENT_MS:
            return "EN_COURS_DE_TRAITEMENT", depose_le + RECU_MS
        return (
            "RECEVABLE" if good else "IRRECEVABLE",
            depose_le + RECU_MS + TRAITEMENT_MS,
        )


def lives(examples: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=25, deadline=None)


TestLifeCycle: Callable[[], object] = LifeCycle.TestCase
TestLifeCycle.settings = lives(4)  # type: ignore[attr-defined]


@pytest.mark.deep
class TestManyLives(LifeCycle.TestCase):  # type: ignore[misc,valid-type]
    settings = lives(20)
