"""Whatever fails: no file is deposited twice, none is forgotten, no status is wrong."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from depot_flux import (
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    Etat,
    Flux,
)
from depot_flux_simulator.samples import facture_ubl
from tests.support.book import Deposited, holds, settle
from tests.support.contract import supervises
from tests.support.fake_platform import CODE, Killed, Platform, platform

FILES = 5
INVOICES = [facture_ubl(f"F{number}") for number in range(FILES)]
# Big enough to be sent in several blocks.
BROKEN = b"<broken>" + b" " * 300_000
FAULTS = [
    "refused", "cut", "reset_before", "reset_after", "slow", "truncated", "429", "503", "503_retry",
    "500", "expired", "kill_before", "kill_after", "interrupt",
]  # fmt: skip
faults = st.lists(st.sampled_from([None, None, *FAULTS]), max_size=4)
some_files = st.sets(st.integers(0, FILES - 1), min_size=1)


class Deposits(RuleBasedStateMachine):
    """Deposits alone and in batches, interrupted and resumed, on a line that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.platform: Platform = self.stack.enter_context(platform(folder))
        self.paths = [folder / "in" / f"F{number}.xml" for number in range(FILES)]
        self.paths[0].parent.mkdir()
        for number, path in enumerate(self.paths):
            # One of them is broken, so that statuses differ.
            path.write_bytes(INVOICES[number] if number else BROKEN)
        self.known: dict[str, Flux] = {}

    @initialize()
    def start(self) -> None:
        self.depot: DepotFlux = self.platform.client()

    @rule(number=st.integers(0, FILES - 1), failing=faults)
    def deposit(self, number: int, failing: list[str | None]) -> None:
        self.platform.line.faults = list(failing)
        with self.surviving():
            flux = self.depot.deposer(CODE, self.paths[number])
            self.known[flux.id] = flux

    @rule(numbers=some_files, failing=faults)
    def deposit_batch(self, numbers: set[int], failing: list[str | None]) -> None:
        self.platform.line.faults = list(failing)
        chosen = [self.paths[number] for number in numbers]
        with self.surviving():
            results = self.depot.deposer_lot(CODE, chosen, timeout=0, simultanes=1)
            assert {result.chemin for result in results} == {str(path) for path in chosen}
            for result in results:
                assert result.flux or result.erreur
                if result.flux:
                    self.known[result.flux.id] = result.flux
                if result.dernier:
                    assert result.dernier.statut is self.platform.truth(result.dernier.id)

    @rule()
    def restart(self) -> None:
        self.depot._book.close()
        self.start()

    @rule(seconds=st.integers(0, 10))
    def wait(self, seconds: int) -> None:
        self.platform.simulator.advance(seconds)

    @precondition(lambda self: self.known)
    @rule(failing=faults)
    def consult(self, failing: list[str | None]) -> None:
        self.platform.line.faults = list(failing)
        for id_flux in list(self.known):
            with self.surviving():
                status = self.depot.consulter(id_flux)
                assert (status.id, status.statut) == (id_flux, self.platform.truth(id_flux))

    @rule()
    def settled(self) -> None:
        settle(self.depot.livre, self.stored())

    @invariant()
    def no_file_was_deposited_twice(self) -> None:
        assert set(self.platform.received().values()) <= {1}

    @invariant()
    def the_book_holds_every_flux_or_is_unsure_of_it(self) -> None:
        assert holds(self.depot.livre, self.stored())

    def teardown(self) -> None:
        self.platform.line.faults = []
        self.restart()
        self.settled()
        results = self.depot.deposer_lot(CODE, self.paths, simultanes=2)
        for result in results:
            assert result.dernier is not None, result
            assert result.dernier.final
            assert result.dernier.statut is self.platform.truth(result.dernier.id)
        assert sorted(self.platform.received().values()) == [1] * FILES
        self.depot.close()
        self.stack.close()

    def stored(self) -> dict[Deposited, str]:
        """Identifier of every flux on the platform by its name and sha256."""
        stored = [vue.flux for vue in self.platform.simulator.search()]
        return {(flux.depot.nom, str(flux.sha256)): flux.id_flux for flux in stored}

    @contextlib.contextmanager
    def surviving(self) -> Iterator[None]:
        """What happens to the client happens; a dead one is started again."""
        try:
            yield
        except (DepotFluxError, KeyboardInterrupt, Killed):
            self.restart()


TestDeposits = Deposits.TestCase
TestDeposits.settings = settings(
    max_examples=12,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("padding", [0, 300_000])
def test_threads_that_deposit_the_same_file_deposit_it_once(
    on_platform: Platform, depot: DepotFlux, invoice: bytes, tmp_path: Path, padding: int
) -> None:
    path = tmp_path / "F.xml"
    path.write_bytes(invoice + b" " * padding)

    def deposit(_: int) -> str | Etat:
        try:
            return depot.deposer(CODE, path).id
        except DepotIncertain as error:
            return error.recu.etat

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(deposit, range(24)))
    (stored,) = on_platform.flux()
    assert found - {Etat.EN_COURS} == {stored}


@supervises
def test_one_token_serves_many_threads(on_platform: Platform, depot: DepotFlux) -> None:
    start = threading.Barrier(8)

    def ask(_: int) -> bool:
        start.wait()
        return depot.sante()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert on_platform.line.calls.count("POST /api/oauth/token") == 1
