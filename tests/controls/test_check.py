"""The same verdict without a server."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from depot_flux_simulator import samples
from depot_flux_simulator.cli.check import check
from depot_flux_simulator.cli.schemas import schemas
from tests.support.controls import EICAR, UBL_NAME, enveloppe


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "facture.xml"
    path.write_bytes(samples.facture_ubl())
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "mauvais.xml"
    path.write_bytes(samples.facture_ubl()[:-20])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments])


def test_0_when_all_are_recevable(good: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "facture.pdf"
    pdf.write_bytes(samples.facture_facturx())
    archive = tmp_path / UBL_NAME
    archive.write_bytes(enveloppe(("a.xml", samples.facture_ubl())))
    statut = tmp_path / "statut.xml"
    statut.write_bytes(samples.statut_cdar())
    result = run(good, pdf, archive, statut)
    assert result.exit_code == 0
    assert result.output.count(") : recevable\n") == 4
    for code in ("FSO3110A", "FSO3117A", "FSO3300A"):
        assert code in result.output


def test_1_when_one_is_not(good: Path, bad: Path) -> None:
    result = run(good, bad)
    assert result.exit_code == 1
    assert "IRR_SYNTAX" in result.output


def test_the_code_can_be_stated(good: Path) -> None:
    result = run(good, "--code", "FSO3117A")
    assert result.exit_code == 1
    assert "IRR_TYPE_F" in result.output


def test_json_says_all(bad: Path) -> None:
    [verdict] = json.loads(run(bad, "--json").output)
    assert verdict["recevable"] is False
    [motif] = verdict["motifs"]
    assert motif["code"] == "IRR_SYNTAX"
    assert motif["niveau"] == "fichier"
    assert motif["libelle"]
    assert motif["ligne"]
    assert verdict["fichiers"][0]["nom"] == "mauvais.xml"


def test_a_flux_given_twice_is_no_longer_unique(tmp_path: Path) -> None:
    archive = tmp_path / UBL_NAME
    archive.write_bytes(enveloppe(("a.xml", samples.facture_ubl())))
    assert "IRR_UNICITE" in run(archive, archive).output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("absent.xml",),
        ("--code", "zut"),
        ("--schemas", "absent"),
        ("--clamav", "127.0.0.1:1"),
        ("--clamav", "127.0.0.1:zut"),
    ],
)
def test_2_with_one_line_when_it_cannot_answer(arguments: tuple[str, ...], good: Path) -> None:
    fichiers = [] if not arguments or arguments == ("absent.xml",) else [good]
    result = run(*fichiers, *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()[-1]) > 10


def test_the_functional_level_is_told_per_file_and_decides_nothing(
    good: Path, tmp_path: Path
) -> None:
    wrong = samples.facture_ubl("F2").replace(b">30.00<", b">31.00<")
    archive = tmp_path / UBL_NAME
    archive.write_bytes(enveloppe(("a.xml", samples.facture_ubl("F3")), ("b.xml", wrong)))
    again = tmp_path / "again.xml"
    again.write_bytes(samples.facture_ubl())
    result = run(good, archive, again, "--fonctionnel", "--json")
    assert result.exit_code == 0
    told = json.loads(result.output)
    rejets = [{(each["code"], each["fichier"]) for each in one["rejets"]} for one in told]
    assert rejets == [set(), {("REJ_COH", "b.xml")}, {("REJ_UNI", "again.xml")}]
    assert "BR-CO-15" in {each["regle"] for each in told[1]["rejets"]}
    text = run(archive, "--fonctionnel").output
    assert f"{archive} (FSO3110A) : recevable\n  REJ_COH b.xml : " in text
    assert "REJ_" not in run(archive).output


def test_the_official_schemas_are_applied(tmp_path: Path) -> None:
    folder = tmp_path / "xsd"
    folder.mkdir()
    (folder / "r.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Report"/>'
        "</xs:schema>"
    )
    report = tmp_path / samples.nom_e_reporting()
    report.write_bytes(samples.e_reporting())
    assert "XSD non appliqué" in run(report).output
    assert "XSD non appliqué" not in run(report, "--schemas", folder).output


def test_eicar_is_found(tmp_path: Path) -> None:
    path = tmp_path / "f.xml"
    path.write_bytes(samples.facture_ubl(pieces={"a.csv": EICAR}))
    assert "IRR_ANTIVIRUS" in run(path).output


def test_schemas_check_tells_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "r.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Report"/>'
        "</xs:schema>"
    )
    result = CliRunner().invoke(schemas, ["check", str(tmp_path)])
    assert result.exit_code == 1
    assert "r.xsd" in result.output
    assert "absent" in result.output
    assert CliRunner().invoke(schemas, ["check", str(tmp_path / "non")]).exit_code == 2
