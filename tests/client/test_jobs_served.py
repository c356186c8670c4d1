"""Two nightly jobs for many accounts on one book, that fork, and an ERP that writes files anew."""

import contextlib
import itertools
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from depot_flux import Configuration, DepotFlux, DepotFluxError, DoublonError, Settings
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_forks import ended, forked
from tests.client.test_never_twice_served import FAULTS, PATIENCE, killings
from tests.support.dying import CODE
from tests.support.served import Served
from tests.support.steering import steer

ACCOUNTS, FILES = 4, 3  # two accounts for each of two applications
numbers, writings = itertools.count(), itertools.count()
jobs = st.integers(0, 1)
accounts = st.integers(0, ACCOUNTS - 1)
which = st.integers(0, FILES - 1)
faults = st.lists(st.sampled_from(FAULTS), max_size=2)


class Jobs(RuleBasedStateMachine):
    """Deposits of two jobs, in batches, at once and in children, on a platform that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(TemporaryDirectory()))
        known = self.folder / "applications.toml"
        known.write_text("".join(map(application, range(ACCOUNTS // 2))))
        options = ("--workers", "1", "--pace", "0", "--applications", str(known))
        self.simulator = Served(self.folder, *options)
        # Its health is asked for as one of its own applications.
        self.simulator.healthy = self.healthy  # type: ignore[method-assign]
        self.paths = {
            (account, number): self.folder / str(account) / f"F{number}.xml"
            for account in range(ACCOUNTS)
            for number in range(FILES)
        }
        self.invoices = {key: f"J{next(numbers)}" for key in self.paths}
        for key, path in self.paths.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(facture_ubl(self.invoices[key]))
        self.received: Counter[str] = Counter()
        self.ids: set[str] = set()

    @initialize()
    def start(self) -> None:
        self.simulator.start()
        self.stack.callback(self.simulator.kill)
        self.jobs = [self.job(), self.job()]

    def healthy(self) -> bool:
        return httpx.get(f"{self.simulator.url}/_simulator/up").is_success

    def job(self) -> list[DepotFlux]:
        """A client, and a session of it for every account."""
        client = DepotFlux(Configuration(**self.settings(0)))
        client._clock.sleep = lambda _: None
        self.stack.callback(client.close)
        return [client, *(client.pour(**self.settings(each)) for each in range(1, ACCOUNTS))]

    def settings(self, account: int) -> Settings:
        return {
            "base_url": self.simulator.base_url,
            "fichier_recus": str(self.folder / "recus.db"),
            "timeout": PATIENCE,
            "client_id": f"client-{account // 2}",
            "client_secret": f"secret-{account // 2}",
            "login": f"mairie-{account}",
            "mot_de_passe": f"password-{account}",
            "code_application": f"APP00{account // 2}",
        }

    @rule(job=jobs, account=accounts, number=which, failing=faults)
    def deposit(
        self, job: int, account: int, number: int, failing: list[dict[str, object]]
    ) -> None:
        self.fail(failing)
        self.send(job, account, number)

    @rule(job=jobs, account=accounts, failing=faults)
    def deposit_batch(self, job: int, account: int, failing: list[dict[str, object]]) -> None:
        self.fail(failing)
        paths = self.of(account)
        results = self.jobs[job][account].deposer_lot(CODE, paths, timeout=0, simultanes=2)
        assert [result.chemin for result in results] == sorted(map(str, paths))
        assert all(result.flux or result.erreur for result in results)

    @rule(account=accounts, number=which, failing=faults)
    def deposit_by_both(self, account: int, number: int, failing: list[dict[str, object]]) -> None:
        self.fail(failing)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: self.send(job, account, number), (0, 1)))

    @rule(job=jobs, account=accounts, numbers=st.tuples(which, which), failing=faults)
    def deposit_in_a_child_too(
        self, job: int, account: int, numbers: tuple[int, int], failing: list[dict[str, object]]
    ) -> None:
        self.fail(failing)
        child = forked(lambda: self.send(job, account, numbers[0]))
        self.send(job, account, numbers[1])
        assert ended(child) == 0

    @rule(job=jobs)
    def end_while_a_child_goes_on(self, job: int) -> None:
        """Whoever ends last, the book keeps what both write."""

        def program() -> None:
            for account in range(ACCOUNTS):
                self.send(job, account, 0)

        child = forked(program)
        self.jobs[job][0].close()
        assert ended(child) == 0
        self.jobs[job] = self.job()

    @rule(account=accounts, number=which)
    def write_anew(self, account: int, number: int) -> None:
        """As an ERP does: the same invoice, another time in it."""
        stamp = f"<!-- written {next(writings)} --></Invoice>".encode()
        content = facture_ubl(self.invoices[account, number])
        self.paths[account, number].write_bytes(content.replace(b"</Invoice>", stamp))

    @rule()
    def settled(self) -> None:
        stored = {flux["id_flux"]: flux for flux in self.flux()}
        for depot in self.jobs[0]:
            for recu in depot.livre.recus():
                if recu.incertain:
                    own = [i for i, f in stored.items()
                           if (f["nom"], f["sha256"]) == (recu.nom, recu.sha256)]  # fmt: skip
                    if own:
                        depot.livre.confirmer(recu.numero, own[0])
                    else:
                        depot.livre.liberer(recu.numero)

    @invariant()
    def no_invoice_was_deposited_twice(self) -> None:
        self.look()
        assert set(self.received.values()) <= {1}, self.received

    @invariant()
    def the_book_holds_every_flux_or_is_unsure_of_it(self) -> None:
        recus = [recu for depot in self.jobs[0] for recu in depot.livre.recus()]
        known = {recu.id_flux for recu in recus}
        unsure = {(recu.nom, recu.sha256) for recu in recus if recu.incertain}
        for flux in self.flux():
            assert flux["id_flux"] in known or (flux["nom"], flux["sha256"]) in unsure, flux

    def teardown(self) -> None:
        try:
            httpx.delete(f"{self.simulator.url}/_simulator/faults").raise_for_status()
            self.settled()
            for account, number in self.paths:
                with contextlib.suppress(DoublonError):  # its invoice went with another time in it
                    self.jobs[1][account].deposer(CODE, self.paths[account, number])
            self.look()
            assert self.received == Counter(self.invoices.values())
        finally:
            self.stack.close()

    def send(self, job: int, account: int, number: int) -> None:
        with contextlib.suppress(DepotFluxError):
            self.jobs[job][account].deposer(CODE, self.paths[account, number])

    def of(self, account: int) -> list[Path]:
        return [path for (own, _), path in self.paths.items() if own == account]

    def fail(self, failing: list[dict[str, object]]) -> None:
        for fault in failing:
            steer(self.simulator.url, "faults", operations=["deposer"], times=1, **fault)

    def flux(self) -> list[dict[str, str]]:
        """What the platform stored."""
        page = httpx.get(f"{self.simulator.url}/_simulator/flux", params={"limit": 100}).json()
        found: list[dict[str, str]] = page["flux"]
        return found

    def look(self) -> None:
        """Count the invoices of what came since."""
        for flux in self.flux():
            id_flux = flux["id_flux"]
            if id_flux not in self.ids:
                self.ids.add(id_flux)
                address = f"{self.simulator.url}/_simulator/flux/{id_flux}/contenu"
                self.received.update(invoices(flux["nom"], httpx.get(address).content))


@pytest.mark.deep
class TestJobs(Jobs.TestCase):  # type: ignore[misc,valid-type]
    settings = killings(6)


def invoices(name: str, content: bytes) -> Iterator[str]:
    """The numbers of the invoices in a deposit."""
    contents = [content]
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=BytesIO(content)) as archive:
            opened = [archive.extractfile(member) for member in archive]
            contents = [each.read() for each in opened if each]
    for each in contents:
        found = re.search(rb"<cbc:ID>(J\d+)</cbc:ID>", each)
        assert found
        yield found[1].decode()


def application(number: int) -> str:
    """An application as the simulator is told of it."""
    logins = [f"{{ login = 'mairie-{a}', mot_de_passe = 'password-{a}' }}"
              for a in (2 * number, 2 * number + 1)]  # fmt: skip
    return (
        f"[[application]]\nclient_id = 'client-{number}'\nclient_secret = 'secret-{number}'\n"
        f"code_application = 'APP00{number}'\ncomptes_techniques = [{', '.join(logins)}]\n"
    )
