"""The same verdict without a server."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from depot_flux_simulator import samples
from depot_flux_simulator.check import check, schemas
from tests.controls.outils import EICAR, NOM_UBL, enveloppe


@pytest.fixture
def bon(tmp_path: Path) -> Path:
    chemin = tmp_path / "facture.xml"
    chemin.write_bytes(samples.facture_ubl())
    return chemin


@pytest.fixture
def mauvais(tmp_path: Path) -> Path:
    chemin = tmp_path / "mauvais.xml"
    chemin.write_bytes(samples.facture_ubl()[:-20])
    return chemin


def lancer(*arguments: object) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments])


def test_0_when_all_are_recevable(bon: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "facture.pdf"
    pdf.write_bytes(samples.facture_facturx())
    archive = tmp_path / NOM_UBL
    archive.write_bytes(enveloppe(("a.xml", samples.facture_ubl())))
    statut = tmp_path / "statut.xml"
    statut.write_bytes(samples.statut_cdar())
    resultat = lancer(bon, pdf, archive, statut)
    assert resultat.exit_code == 0
    assert resultat.output.count(") : recevable\n") == 4
    for code in ("FSO3110A", "FSO3117A", "FSO3300A"):
        assert code in resultat.output


def test_1_when_one_is_not(bon: Path, mauvais: Path) -> None:
    resultat = lancer(bon, mauvais)
    assert resultat.exit_code == 1
    assert "IRR_SYNTAX" in resultat.output


def test_the_code_can_be_stated(bon: Path) -> None:
    resultat = lancer(bon, "--code", "FSO3117A")
    assert resultat.exit_code == 1
    assert "IRR_TYPE_F" in resultat.output


def test_json_says_all(mauvais: Path) -> None:
    [verdict] = json.loads(lancer(mauvais, "--json").output)
    assert verdict["recevable"] is False
    [motif] = verdict["motifs"]
    assert motif["code"] == "IRR_SYNTAX"
    assert motif["niveau"] == "fichier"
    assert motif["libelle"]
    assert motif["ligne"]
    assert verdict["fichiers"][0]["nom"] == "mauvais.xml"


def test_a_flux_given_twice_is_no_longer_unique(tmp_path: Path) -> None:
    archive = tmp_path / NOM_UBL
    archive.write_bytes(enveloppe(("a.xml", samples.facture_ubl())))
    assert "IRR_UNICITE" in lancer(archive, archive).output


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
def test_2_with_one_line_when_it_cannot_answer(arguments: tuple[str, ...], bon: Path) -> None:
    fichiers = [] if not arguments or arguments == ("absent.xml",) else [bon]
    resultat = lancer(*fichiers, *arguments)
    assert resultat.exit_code == 2
    assert "Traceback" not in resultat.output
    assert len(resultat.output.strip().splitlines()[-1]) > 10


def test_eicar_is_found(tmp_path: Path) -> None:
    chemin = tmp_path / "f.xml"
    chemin.write_bytes(samples.facture_ubl(pieces={"a.csv": EICAR}))
    assert "IRR_ANTIVIRUS" in lancer(chemin).output


def test_schemas_check_tells_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "r.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Report"/>'
        "</xs:schema>"
    )
    resultat = CliRunner().invoke(schemas, ["check", str(tmp_path)])
    assert resultat.exit_code == 1
    assert "r.xsd" in resultat.output
    assert "absent" in resultat.output
    assert CliRunner().invoke(schemas, ["check", str(tmp_path / "non")]).exit_code == 2
