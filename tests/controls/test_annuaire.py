"""The annuaire: TOML or CSV, in entries that a mistake in one line names."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from depot_flux_simulator import samples
from depot_flux_simulator.cli.check import check
from depot_flux_simulator.controls.annuaire import OCTETS, AnnuaireUnreadableError, from_file
from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
from tests.support.fonctionnel import annuaire

FOURNISSEUR = Fournisseur(siret="20000000800017", public=False)
DESTINATAIRE = Destinataire(adresse="987654324", plateforme="PA-1", connectee=False)

TOML = """
[[fournisseurs]]
siret = "20000000800017"
public = false

[[destinataires]]
adresse = "987654324"
plateforme = "PA-1"
connectee = false
"""
CSV = """type;siret;actif;public;adresse;schema;plateforme;connectee
fournisseur;20000000800017;oui;non;;;;
;;;;;;;
Destinataire;;;;987654324;0225;PA-1;NON
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", TOML),
        ("a.csv", CSV),
        ("a.CSV", CSV.replace(";", ",")),
        ("bom.csv", "\ufeff" + CSV),
    ],
)
def test_both_forms_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert from_file(path) == annuaire(FOURNISSEUR, DESTINATAIRE)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.toml", "", "holds neither"),
        ("a.toml", "[[fournisseur", "Expected"),
        ("a.toml", "[fournisseurs]\nsiret = '1'", "no list of tables"),
        ("a.toml", "[[clients]]\nnom = 'x'", "neither fournisseur nor destinataire"),
        ("a.toml", "[[fournisseurs]]\nsiret = '123'", "fournisseurs 1: siret: '123'"),
        ("a.toml", "[[fournisseurs]]\nactif = true", "siret is missing"),
        ("a.toml", "[[fournisseurs]]\nsiret = '1'\nnom = 'x'", "nom: not of a fournisseur"),
        ("a.toml", "[[destinataires]]\nadresse = ' '", "adresse: 1 to 125"),
        ("a.toml", "[[destinataires]]\nadresse = 'a'\nschema = 'é'", "schema: 'é'"),
        ("a.toml", "[[destinataires]]\nadresse = 'a'\nconnectee = 'peut-être'", "neither oui nor"),
        ("a.csv", "", "holds neither"),
        ("a.csv", "type,siret\nfournisseur,20000000800017\nautre,1\n", "line 3: 'autre'"),
        ("a.csv", 'type,siret\nfournisseur,"2"0\n', "line 2"),
        ("a.csv", "type,siret\nfournisseur,20000000800017,x,y\n,1\n", "line 3: 'nothing'"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnnuaireUnreadableError) as error:
        from_file(path)
    assert told in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_missing_binary_or_enormous_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    with pytest.raises(ConfigurationError, match=r"--annuaire: .*No such file"):
        Equipment.gather(annuaire=str(path))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(AnnuaireUnreadableError, match="not UTF-8"):
        from_file(path)
    with path.open("wb") as file:
        file.truncate(OCTETS + 1)
    with pytest.raises(AnnuaireUnreadableError, match="more than"):
        from_file(path)


def test_the_best_of_a_siren_answers_for_it() -> None:
    closed = Fournisseur(siret="20000000800009", actif=False)
    known = annuaire(Fournisseur(siret="20000000800033"), FOURNISSEUR, closed)
    assert known.fournisseur("", "200000008") == Fournisseur(siret="20000000800033")
    assert known.fournisseur(closed.siret, "200000008") == closed
    assert known.fournisseur("", "") is None


def test_check_asks_the_annuaire(tmp_path: Path) -> None:
    path = tmp_path / "annuaire.toml"
    path.write_text(TOML, encoding="utf-8")
    facture = tmp_path / "f.xml"
    facture.write_bytes(samples.facture_ubl("F1"))
    result = CliRunner().invoke(check, [str(facture), "--annuaire", str(path)])
    assert result.exit_code == 0
    assert "facture F1 : REJETÉE (213) REJ_COH\n" in result.output
    assert "n'est pas une structure publique" in result.output
    path.write_text("[[x]]", encoding="utf-8")
    result = CliRunner().invoke(check, [str(facture), "--annuaire", str(path)])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
