"""Clients, right and wrong: each fault is found by the check whose name says it, and no other."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from depot_flux_contract.clients import CHECKS, Stand, stand, tried
from depot_flux_contract.clients.attempts import filled
from depot_flux_contract.clients.runner import chosen
from depot_flux_contract.clients.stand import Asked
from depot_flux_contract.command import main
from depot_flux_contract.testing import ContractBrokenError, verify_client
from depot_flux_contract.verify.runner import Outcome, State

THEIRS = str(Path(__file__).parents[1] / "support" / "their_client.py")
# It speaks our contract by name, as a client of somebody else does.
pytestmark = pytest.mark.reconstruction

# A client that is wrong in one way, and every check that must find it.
WRONG = {
    "sends again what was lost": {"twice-cut", "twice-half", "twice-unreadable", "twice-504"},
    "sends again what takes long": {"twice-timeout"},
    "keeps no book": {"twice-again"},
    "takes a lost consultation for a lost flux": {"twice-followed"},
    "always says that all is well": {
        "true-lost",
        "refused-403",
        "refused-400",
        "refused-page",
        "irrecevable-true",
    },
    "does not wait": {"wait-429", "wait-503", "wait-date", "wait-token", "wait-hour"},
    "knows no dates": {"wait-date"},
    "calls until it is answered": {"wait-down"},
    "never renews": {"token-expired", "token-revoked"},
    "renews for ever": {"token-loop"},
    "insists on its secret": {"token-client"},
    "insists": {"refused-403"},
    "corrects nothing": {"irrecevable-again"},
    "prints its secret": {"secret-printed"},
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Stand]:
    with stand(Asked(command=(sys.executable, THEIRS), patience=3)) as made:
        yield made


def outcomes(bench: Stand, *names: str, wrong: str = "") -> dict[str, Outcome]:
    command = (sys.executable, THEIRS, *([wrong] if wrong else ()))
    bench.asked = replace(bench.asked, command=command)
    bench.outputs.clear()
    return {outcome.check.name: outcome for outcome in tried(bench, chosen(names)).outcomes}


def states(found: dict[str, Outcome]) -> dict[str, set[str]]:
    return {
        str(state): {name for name, outcome in found.items() if outcome.state is state}
        for state in State
    }


# The quickest to be found of each; those below look at all.
QUICK = {
    "keeps no book": "twice-again",
    "takes a lost consultation for a lost flux": "twice-followed",
    "always says that all is well": "refused-page",
    "does not wait": "wait-503",
    "never renews": "token-expired",
    "insists": "refused-403",
    "prints its secret": "secret-printed",
}


@pytest.mark.parametrize(("wrong", "check"), QUICK.items())
def test_a_wrong_client_is_found_by_the_check_whose_name_says_it(
    bench: Stand, wrong: str, check: str
) -> None:
    [outcome] = outcomes(bench, check, wrong=wrong).values()
    assert outcome.state is State.FOUND, outcome
    assert check in WRONG[wrong]
    for finding in outcome.findings:
        assert finding.side == "client"
        assert finding.rule.origin.kind in {"documented", "inferred", "assumed"}


@pytest.mark.deep
def test_a_right_client_holds(bench: Stand) -> None:
    found = states(outcomes(bench))
    # It waits longer for an answer than it was given here.
    assert found == {
        "holds": {check.name for check in CHECKS} - {"twice-timeout"},
        "found": set(),
        "not verified": {"twice-timeout"},
    }


# One of every family, which each of them must pass but those that are wrong in that.
SAMPLE = ("plain-deposit", "twice-cut", "true-lost", "wait-503", "token-expired", "refused-400")


@pytest.mark.deep
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_client_is_found_and_nothing_else(bench: Stand, wrong: str) -> None:
    looked = {*WRONG[wrong], *SAMPLE}
    found = states(outcomes(bench, *looked, wrong=wrong))
    assert found["found"] == WRONG[wrong]


def test_every_check_was_seen_to_find_something() -> None:
    named = {name for names in WRONG.values() for name in names}
    assert {check.name for check in CHECKS} - named == {"plain-deposit"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify-client", *arguments])


def theirs(*wrong: str) -> tuple[str, ...]:
    return ("--", sys.executable, THEIRS, *wrong)


def test_the_command_tells_what_was_found_and_how_to_repeat_it(tmp_path: Path) -> None:
    junit = tmp_path / "client.xml"
    told = run("--only", "token-revoked", "--only", "true", "--junit", str(junit),
               *theirs("never renews"))  # fmt: skip
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    assert lines[0].startswith("ok     true-lost ")
    assert lines[1].startswith("FOUND  token-revoked ")
    assert "documented: RFC 6750" in told.stdout
    assert "deposer 401 at " in told.stdout
    assert "; 0 flux stored; exit code 3\n" in told.stdout
    assert f"verify-client --only token-revoked -- {sys.executable}" in told.stdout
    assert "1 hold, 1 findings in 1 checks, 0 not verified" in lines[-1]
    suite = ElementTree.parse(junit).getroot()[0]
    assert [len(case.findall("failure")) for case in suite.iter("testcase")] == [0, 1]


def test_it_tells_machines_too() -> None:
    told = run("--only", "refused-403", "--json", *theirs())
    assert (told.exit_code, told.stderr) == (0, "")
    report = json.loads(told.stdout)
    assert report["holds"] is True
    assert [check["state"] for check in report["checks"]] == ["holds"]


@pytest.mark.deep
def test_our_own_command_holds() -> None:
    """It gives up waiting early, so that the check of that can be made."""
    ours = str(Path(sys.executable).with_name("depot-flux"))
    command = ("env", "DEPOT_FLUX_TIMEOUT=10", ours, "deposer", "{fichier}", "--attendre")
    told = run("--timeout", "90", "--json", "--", *command)
    report = json.loads(told.stdout)
    assert told.exit_code == 0, told.stdout
    assert {check["name"]: check["state"] for check in report["checks"]} == {
        check.name: "holds" for check in CHECKS
    }


def test_a_command_that_deposits_nothing_is_told_so_at_once() -> None:
    told = run("--", sys.executable, "-c", "print('no such option'); raise SystemExit(2)")
    assert told.exit_code == 3
    assert "plain-deposit" in told.stdout
    assert told.stderr.strip().splitlines() == [
        "Error: the command does not deposit what it was told to where nothing goes wrong; it "
        "printed last: no such option"
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "COMMAND"),
        (("--", "no-such-program-here"), "no-such-program-here"),
        (("--only", "nothing", *theirs()), "nothing"),
        (("--interface", "FSO0000X", *theirs()), "FSO0000X"),
        (("--contract", "/no/such.json", *theirs()), "/no/such.json"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(arguments: tuple[str, ...], named: str) -> None:
    told = run(*arguments)
    assert told.exit_code == 2
    last = told.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert named in last


def test_in_a_test_what_is_found_is_raised_as_a_report() -> None:
    command = [sys.executable, THEIRS]
    assert verify_client(command, only=["true"]) == {}
    [(name, why)] = verify_client(command, only=["twice-timeout"], patience=0.3).items()
    assert (name, "--patience (now 0.3 s)" in why) == ("twice-timeout", True)
    with pytest.raises(ContractBrokenError, match="never arrived") as told:
        verify_client([*command, "always says that all is well"], only=["true"])
    assert [finding.check for finding in told.value.findings] == ["true-lost"]
    with pytest.raises(LookupError, match="nothing"):
        verify_client(command, only=["nothing"])


def test_it_lists_every_check() -> None:
    told = run("--list")
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.stdout.splitlines()] == [c.name for c in CHECKS]


def test_only_what_is_told_is_put_into_a_command() -> None:
    command = ["x", "{fichier}", "-d{code_interface}={}", "{autre}", "{{}}"]
    values = {"fichier": "/a b.xml", "code_interface": "FSO3110A"}
    assert filled(command, values) == ["x", "/a b.xml", "-dFSO3110A={}", "{autre}", "{{}}"]
