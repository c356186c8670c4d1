"""A run of `verify`: gentle, repeatable, and never more certain than it can be."""

import json
import re
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from click.testing import CliRunner, Result

from depot_flux.configuration import Configuration
from depot_flux_contract.command import main
from depot_flux_contract.exchanges import held_contract
from depot_flux_contract.exchanges.told import told as as_told
from depot_flux_contract.production import is_production
from depot_flux_contract.verify import verify
from depot_flux_contract.verify.checks import CHECKS
from depot_flux_contract.verify.preflight import AccessRefusedError, UnreachableError, preflight
from depot_flux_contract.verify.reports.machine import as_json, baseline, write_junit
from depot_flux_contract.verify.reports.page import write_page
from depot_flux_contract.verify.runner import State, chosen
from depot_flux_simulator.testing import Contract, Simulator
from depot_flux_simulator.testing.requests import Requests
from tests.support.adoption import adopted_house
from tests.support.verifying import at_the_bench, verified
from tests.support.wrong import Wrong
from tests.verify.faults import A200ForA201, AnErrorAsPlainJson


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "recus.db"


def test_the_simulator_keeps_its_contract(simulator: Simulator, book: Path) -> None:
    run = verified(simulator, book, [c.name for c in CHECKS if not c.name.startswith("cases")])
    assert run.findings == []
    not_verified = {o.check.name for o in run.outcomes if o.state is State.NOT_VERIFIED}
    assert {"token-expiry", "limit-size", "motifs", "retry-after"} >= not_verified
    assert run.calls < 100


@pytest.mark.deep
def test_the_simulator_keeps_it_deeply(simulator: Simulator, book: Path) -> None:
    run = verified(simulator, book, deep=True, max_deposits=None)
    assert run.findings == []
    left = {outcome.check.name for outcome in run.outcomes if outcome.state is not State.HOLDS}
    assert left == {"token-expiry", "retry-after"}


@pytest.mark.parametrize("most", [0, 1])
def test_no_more_is_deposited_than_allowed_and_what_that_leaves_out_is_not_verified(
    most: int, simulator: Simulator, book: Path
) -> None:
    run = verified(simulator, book, ["deposit", "isolation"], max_deposits=most)
    assert len(run.deposits) == len(simulator.search()) == most
    assert run.findings == []
    assert "holds" not in {o.state for o in run.outcomes if o.check.name == "deposit-bad"}


def test_nothing_is_deposited_on_a_production_platform(simulator: Simulator, book: Path) -> None:
    run = verified(simulator, book, ["access", "deposit", "lifecycle"], deposits=False)
    assert simulator.search() == []
    assert {o.state for o in run.outcomes if o.check.name.startswith("deposit")} == {
        State.NOT_VERIFIED
    }


@pytest.mark.deep
def test_a_second_run_deposits_other_names(simulator: Simulator, book: Path) -> None:
    names = [
        {name for what, name, _ in verified(simulator, book, ["deposit"]).deposits}
        for _ in range(2)
    ]
    assert names[0]
    assert not names[0] & names[1]


def test_calls_keep_the_pace(simulator: Simulator, book: Path) -> None:
    run = verified(simulator, book, ["token"], rate=2.0)
    assert run.seconds >= (run.calls - 1) / 2


def test_a_known_finding_is_accepted_and_told(
    simulator: Simulator, book: Path, tmp_path: Path
) -> None:
    report = tmp_path / "known.json"
    with at_the_bench(simulator, book, transport=AnErrorAsPlainJson(simulator)) as made:
        run = verify(made, chosen(["answer"]))
        assert not run.holds
        report.write_text(json.dumps(as_json(made, run)), encoding="utf-8")
        again = verify(made, chosen(["answer"]), baseline=baseline(report))
    assert again.holds
    assert sum(len(outcome.accepted) for outcome in again.outcomes) == len(run.findings)


class Hostile(Wrong):
    """Answers with what no report may let through."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.forward(request)
        if self.is_consult(request):
            told = f"<script>alert(1)</script>\x00 {request.headers['authorization']}"
            return httpx.Response(418, content=told.encode())
        return answer


def test_reports_tell_all_and_let_nothing_through(
    simulator: Simulator, book: Path, tmp_path: Path
) -> None:
    page, junit = tmp_path / "page.html", tmp_path / "junit.xml"
    with at_the_bench(simulator, book, transport=Hostile(simulator)) as made:
        run = verify(made, chosen(["identifier", "limit"]))
        token = str(made.platform.own.authorization).removeprefix("Bearer ")
        write_page(made, run, page)
        write_junit(partial(as_told, made.platform), run, junit)
        told = json.dumps(as_json(made, run))
    html, xml = page.read_text(encoding="utf-8"), junit.read_text(encoding="utf-8")
    for text in (html, xml, told):
        assert "identifier-unknown" in text
        assert "$TOKEN" in text
        for secret in (token, "demo-secret", "demo-password"):
            assert secret not in text
    assert "<script" not in html
    assert not re.search(r"(src|href)=", html)
    cases = ET.fromstring(xml).findall(".//testcase")
    assert [case.get("name") for case in cases] == [o.check.name for o in run.outcomes]
    assert len(ET.fromstring(xml).findall(".//failure")) == len(run.findings)
    assert len(ET.fromstring(xml).findall(".//skipped")) == run.count(State.NOT_VERIFIED)


@pytest.mark.reconstruction
def test_a_finding_tells_the_line_to_change(simulator: Simulator, book: Path) -> None:
    with at_the_bench(simulator, book, transport=A200ForA201(simulator)) as made:
        run = verify(made, chosen(["answer-code"]))
        [outcome] = as_json(made, run)["checks"]
    [finding] = outcome["findings"]
    assert finding["class"] == "assumed"
    assert re.fullmatch(r"spec/depot-flux-g2b\.yaml:\d+", finding["place"])
    assert finding["place"] in finding["advice"]
    assert finding["curl"].startswith("curl -X POST")


@pytest.mark.parametrize(
    ("gateway", "access", "error", "said"),
    [
        (False, {"client_secret": "wrong-secret"}, AccessRefusedError, "wrong client"),
        (False, {"login": "nobody@example"}, AccessRefusedError, "wrong technical account"),
        (True, {"base_url": "http://localhost/else"}, AccessRefusedError, "no subscription"),
        (False, {"token_url": "http://localhost/else"}, AccessRefusedError, "check token_url"),
    ],
)
def test_a_refused_access_says_which_part(
    gateway: bool, access: dict[str, str], error: type[Exception], said: str, book: Path
) -> None:
    with (
        Simulator(gateway=gateway) as simulator,
        at_the_bench(simulator, book, access=access) as made,
        pytest.raises(error, match=said),
    ):
        preflight(made)


class Elsewhere(Wrong):
    """A server of something else, that happens to give tokens."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        return self.forward(request) if self.is_token(request) else httpx.Response(404)


def test_a_server_of_something_else_is_not_reached(simulator: Simulator, book: Path) -> None:
    with (
        at_the_bench(simulator, book, transport=Elsewhere(simulator)) as made,
        pytest.raises(UnreachableError, match="no API of this contract"),
    ):
        preflight(made)


def command(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments], env=environment)


def test_every_check_is_listed_with_what_it_demands() -> None:
    told = command("--list").output.splitlines()
    assert [line.split()[0] for line in told] == [check.name for check in CHECKS]
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert command("--list", "--only", "token").output.count("\n") == 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--only", "nothing", "--list"], 2, "no check is called nothing"),
        (["--profile", "nobody"], 2, "no profile 'nobody'"),
        (["http://127.0.0.1:1", "--profile", "simulator"], 3, "cannot be reached"),
        (["--profile", "simulator", "--contract", "none.json"], 2, "none.json"),
        (["--profile", "simulator", "--interface", "FSO9999Z"], 2, "FSO9999Z"),
        (["--rate", "0"], 2, "rate"),
        (["https://api.piste.gouv.fr/x", "--profile", "simulator"], 2, "--production"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = command(*arguments, DEPOT_FLUX_FICHIER_RECUS=str(tmp_path / "recus.db"))
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("address", "production"),
    [
        ("https://api.piste.gouv.fr/cpro", True),
        ("https://API.PISTE.gouv.fr./cpro", True),
        ("https://sandbox-api.piste.gouv.fr/cpro", False),
        ("https://chorus-pro.gouv.fr/api", True),
        ("https://piste.example.org/", False),
        ("http://127.0.0.1:8080", False),
    ],
)
def test_a_production_platform_is_known_by_its_address(address: str, *, production: bool) -> None:
    settings = Configuration(
        base_url=address, client_id="a", client_secret="b", login="c", mot_de_passe="d"
    )
    assert is_production(settings) is production


def test_the_command_verifies_what_is_served(tmp_path: Path) -> None:
    with Simulator(start=None, pace=0.01) as simulator:
        done = command(
            simulator.serve() + simulator.base_path,
            *("--profile", "simulator", "--only", "token", "--only", "identifier", "--rate", "100"),
            *("--junit", str(tmp_path / "j.xml"), "--html", str(tmp_path / "p.html"), "--json"),
            DEPOT_FLUX_FICHIER_RECUS=str(tmp_path / "recus.db"),
        )
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["holds"]
    assert {check["name"].split("-")[0] for check in report["checks"]} == {"token", "identifier"}
    assert all(deposit["identifier"] for deposit in report["deposits"])
    assert (tmp_path / "j.xml").exists()
    assert (tmp_path / "p.html").exists()


def test_the_contract_that_is_installed_has_its_provenance() -> None:
    assert held_contract().spec is not None


@pytest.mark.deep
def test_what_a_contract_asks_beyond_the_roles_is_said_as_the_profile_gives_it() -> None:
    folder, _ = adopted_house("c12-metadata-part.json")
    contract = Contract.load(folder / "generated" / "openapi.json")
    siret = "11000201100044"
    plain = Requests(contract, "").deposit(b"<a/>", "a.xml", "FSO3110A")
    given = Requests(contract, "", {"siret-emetteur": siret}).deposit(b"<a/>", "a.xml", "FSO3110A")
    assert siret not in str(plain["data"])
    assert siret in str(given["data"])
