"""What is learned from traffic: exactly what differs, proposed to a person, applied if accepted."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from depot_flux_contract.command import main
from depot_flux_contract.effective import read_yaml
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges import Exchange, Held, Secrets, held_contract
from depot_flux_contract.exchanges.har import HarWriter, read_har
from depot_flux_contract.learn.evidence import evidence
from depot_flux_contract.learn.observed import adopt_observed
from depot_flux_contract.learn.proposal import OBSERVED_OVERLAY, Learned
from depot_flux_contract.learn.table import Verdict
from depot_flux_contract.trial import run
from depot_flux_contract.verify import verify
from depot_flux_contract.verify.runner import State, chosen
from depot_flux_simulator.testing import Simulator
from tests.support.adoption import ROOT, snapshot
from tests.support.verifying import at_the_bench, verified
from tests.verify.otherwise import EIGHT, Otherwise
from tests.verify.test_exchanges import STATUT, consultation

pytestmark = pytest.mark.reconstruction
LOOKED = ("access", "deposit", "lifecycle", "identifier", "healthcheck")


@pytest.fixture(scope="module")
def held() -> Held:
    return held_contract()


def traffic(simulator: Simulator, folder: Path, transport: Any = None) -> list[Exchange]:
    with at_the_bench(simulator, folder / "recus.db", transport=transport, patience=8) as made:
        verify(made, chosen(LOOKED))
        return list(made.exchanges)


@pytest.fixture(scope="module")
def otherwise(
    shared_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> list[Exchange]:
    shared_simulator.reset()
    return traffic(shared_simulator, tmp_path_factory.mktemp("run"), Otherwise(shared_simulator))


@pytest.mark.deep
def test_the_simulator_refutes_nothing(held: Held, simulator: Simulator, tmp_path: Path) -> None:
    learned = Learned(evidence(held, traffic(simulator, tmp_path)))
    assert learned.differences == []
    verdicts = {row.element: row.verdict for row in learned.rows}
    assert set(verdicts.values()) == {Verdict.CONFIRMED, Verdict.NEVER_SEEN}
    assert verdicts["/components/schemas/IdFlux/pattern"] is Verdict.CONFIRMED
    assert verdicts["/components/schemas/Statut/enum/3"] is Verdict.CONFIRMED
    assert verdicts["/paths/~1flux/post/responses/413"] is Verdict.NEVER_SEEN


def test_eight_differences_are_eight_lines(held: Held, otherwise: list[Exchange]) -> None:
    learned = Learned(evidence(held, otherwise))
    lines = [each.line for each in learned.differences]
    assert len(lines) == len(EIGHT), lines
    for said in (
        "is answered 201: 202",
        "application/problem+json: application/json",
        "it has codeErreur, message",
        "dateMiseAJour: it is called dateStatut",
        "there is canal",
        "IdFlux keeps pattern",
        "RECEVABLE_PARTIEL",
        "keeps format date-time",
    ):
        assert sum(said in line for line in lines) == 1, said
    refuted = {row.element for row in learned.rows if row.verdict is Verdict.REFUTED}
    assert "/paths/~1flux/post/responses/201" in refuted
    assert "/components/schemas/Statut/enum/0" not in refuted


@pytest.mark.deep
def test_applied_nothing_is_found_any_more_and_the_facade_works(
    held: Held, otherwise: list[Exchange], simulator: Simulator, tmp_path: Path
) -> None:
    Learned(evidence(held, otherwise)).write(tmp_path / "learned", Secrets())
    spec, generated = tmp_path / "spec", tmp_path / "generated"
    shutil.copytree(ROOT / "spec", spec)
    told = adopt_observed(tmp_path / "learned", spec, generated)
    assert len(told) == len(EIGHT)
    provenance = read_yaml(spec / "provenance.yaml")
    observed = [entry for entry in provenance["entries"] if entry["class"] == "observed"]
    assert all("exchanges" in entry["section"] for entry in observed)
    theirs = held_contract(generated / "openapi.json")
    assert theirs.origins.of(["/paths/~1flux/post/responses/202"]).kind == "observed"
    found = verified(simulator, tmp_path / "recus.db", transport=Otherwise(simulator), held=theirs)
    assert found.findings == []
    assert found.count(State.HOLDS) > 30
    done = run(generated, ["-m", "tests.verify.otherwise", str(tmp_path)], ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.deep
def test_what_is_not_accepted_is_not_applied(
    held: Held, otherwise: list[Exchange], tmp_path: Path
) -> None:
    learned, spec = tmp_path / "learned", tmp_path / "spec"
    Learned(evidence(held, otherwise)).write(learned, Secrets())
    shutil.copytree(ROOT / "spec", spec)
    overlay = read_yaml(learned / OBSERVED_OVERLAY)
    overlay["actions"] = [a for a in overlay["actions"] if a["x-depot-flux-difference"] == 1]
    (learned / OBSERVED_OVERLAY).write_text(json.dumps(overlay), encoding="utf-8")
    before = snapshot(spec)
    assert len(adopt_observed(learned, spec, tmp_path / "generated", dry_run=True)) == 1
    assert snapshot(spec) == before
    adopt_observed(learned, spec, tmp_path / "generated")
    paths = read_yaml(spec / "depot-flux-g2b.yaml")
    assert "202" in paths["paths"]["/flux"]["post"]["responses"]
    assert paths["components"]["schemas"]["IdFlux"]["pattern"] == "^[0-9A-Za-z]+$"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (STATUT | {"statut": "recu"}, "Statut keeps enum"),
        ({"statut": "RECU", "dateMiseAJour": 1_788_249_605_000}, "dateMiseAJour keeps type"),
        ({"statut": "RECU"}, "dateMiseAJour is always there: it is absent"),
        (STATUT | {"motifs": [{"code": "IRR_VIDE"}]}, "there is motifs, of type array"),
        ({"etat": "RECU", "dateMiseAJour": STATUT["dateMiseAJour"]}, "it is called etat"),
    ],
)
def test_each_kind_of_difference_in_a_body_is_one_line(
    held: Held, body: dict[str, Any], line: str
) -> None:
    [difference] = Learned(evidence(held, [consultation(body=body)] * 3)).differences
    assert line in difference.line
    assert difference.count == 3


def test_the_gateway_and_what_is_none_of_the_api_teach_nothing(held: Held) -> None:
    seen = [
        consultation(403, b"", ""),
        consultation(403, b"<h1>Forbidden</h1>", "text/html"),
        consultation(path="/autre", body={"a": 1}),
    ]
    assert Learned(evidence(held, seen)).differences == []


def test_a_har_is_written_without_secrets_and_read_again(
    simulator: Simulator, held: Held, tmp_path: Path
) -> None:
    seen = traffic(simulator, tmp_path)
    path = tmp_path / "seen.har"
    with HarWriter(path, Secrets(["demo-secret"])) as har:
        for exchange in seen:
            har.write(exchange)
    text = path.read_text(encoding="utf-8")
    for exchange in seen:
        for name in ("authorization", "cpro-account"):
            value = exchange.sent.header(name)
            assert value is None or len(value) < 8 or value not in text
    assert "demo-secret" not in text
    assert "<Invoice" not in text, "a content was written"
    again = list(read_har(path))
    assert [e.received.status for e in again] == [e.received.status for e in seen]
    sizes = [[e.sent.size for e in each if "oauth" not in e.sent.url] for each in (again, seen)]
    assert sizes[0] == sizes[1]
    assert Learned(evidence(held, again)).differences == []


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_learn_tells_and_writes_and_changes_nothing(
    otherwise: list[Exchange], tmp_path: Path
) -> None:
    path = tmp_path / "seen.har"
    with HarWriter(path, Secrets()) as har:
        for exchange in otherwise:
            har.write(exchange)
    done = command("learn", str(path), "--into", str(tmp_path / "learned"))
    assert done.exit_code == 0, done.output
    assert "  8. " in done.output
    assert "  9. " not in done.output
    assert {each.name for each in (tmp_path / "learned").iterdir()} == {
        "observed.overlay.yaml", "observed.provenance.yaml", "report.md",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", '{"log": {}}', '{"log": {"entries": [1]}}', "\x00"])
def test_what_is_no_har_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "no.har"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match="is no HAR"):
        list(read_har(path))
    done = command("learn", str(path), "--into", str(tmp_path / "learned"))
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_adopt_needs_a_contract_or_what_was_observed(tmp_path: Path) -> None:
    assert command("adopt").exit_code == 2
    done = command("adopt", "--observed", str(tmp_path))
    assert done.exit_code == 1
    assert OBSERVED_OVERLAY in done.output
