"""`depot-flux lot` from a table of files and accounts, its forms of output, and `--metrics`."""

import csv
import io
import json
from pathlib import Path

import pytest

from benchmarks import nightly
from depot_flux._command.table import groups
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_cli import BASE_URL, Shell, shell
from tests.client.test_sessions import COMMUNES, communes
from tests.support.fake_platform import CODE, Platform

__all__ = ["communes", "shell"]


@pytest.fixture
def on_platform(communes: Platform) -> Platform:
    return communes


@pytest.fixture
def profiles(shell: Shell, tmp_path: Path) -> None:
    """A profile for each commune, which inherits all but its account."""
    shell.env["DEPOT_FLUX_PROFIL"] = "editeur"
    del shell.env["DEPOT_FLUX_BASE_URL"]
    named = "".join(
        f'[profils.c{n}]\nherite = "editeur"\nlogin = "{login}"\nmot_de_passe = "demo-password"\n'
        for n, login in enumerate(COMMUNES)
    )
    (tmp_path / "config.toml").write_text(
        f"""
[profils.editeur]
base_url = "{BASE_URL}"
client_id = "demo-client"
client_secret = "demo-secret"
code_application = "AAA123"
{named}
[profils.refuse]
herite = "c0"
mot_de_passe = "wrong"
login = "nobody"
"""
    )


def table(folder: Path, *rows: str, separator: str = ";") -> Path:
    path = folder / "nuit.csv"
    text = "\n".join(rows).replace(";", separator)
    path.write_text(f"\ufeff{text}\n", "utf-8")
    return path


def invoices(folder: Path, *numbers: str) -> None:
    for number in numbers:
        (folder / f"{number}.xml").write_bytes(facture_ubl(number))


@pytest.mark.usefixtures("profiles")
def test_a_table_of_accounts_gives_a_line_of_json_each(
    shell: Shell, tmp_path: Path, on_platform: Platform
) -> None:
    rows = ["fichier;profil"]
    for n in range(len(COMMUNES)):
        invoices(tmp_path, f"A{n}", f"B{n}")
        rows += [f"A{n}.xml;c{n}", f"B{n}.xml;c{n}"]
    # A commune that is refused, and one that nobody described, cost their own files alone.
    invoices(tmp_path, "R", "P")
    rows += ["R.xml;refuse", "P.xml;personne"]
    # What the environment says of an account is not said of every profile.
    result = shell.run(
        "lot", table(tmp_path, *rows), "--code", CODE, "--jsonl", DEPOT_FLUX_LOGIN="another"
    )
    found = {each["compte"]: each for each in map(json.loads, result.stdout.splitlines())}
    assert sorted(found) == ["c0", "c1", "c2", "c3", "personne", "refuse"]
    for n in range(len(COMMUNES)):
        mine = found[f"c{n}"]
        assert (mine["code"], mine["fichiers"], mine["recevables"]) == (0, 2, 2)
        assert {Path(line["fichier"]).name for line in mine["flux"]} == {f"A{n}.xml", f"B{n}.xml"}
    assert "no profile 'personne'" in found["personne"]["flux"][0]["erreur"]
    assert "403" in found["refuse"]["flux"][0]["erreur"]
    assert result.exit_code == 3
    assert on_platform.line.calls.count("POST /api/oauth/token") == 1
    assert len(on_platform.flux()) == len(COMMUNES)


def test_a_table_may_hold_accounts_itself_and_rows_come_out_as_csv(
    shell: Shell, tmp_path: Path
) -> None:
    invoices(tmp_path, "F1", "F2")
    (tmp_path / "folder").mkdir()
    invoices(tmp_path / "folder", "F3")
    rows = [
        "fichier,login,mot_de_passe,code_interface",
        f"F1.xml,{COMMUNES[0]},demo-password,{CODE}",
        f'"F2.xml",{COMMUNES[1]},demo-password,',
        f"folder,{COMMUNES[1]},demo-password,",
    ]
    source = table(tmp_path, *rows, separator=",")
    result = shell.run("lot", source, "--code", CODE, "--csv")
    found = list(csv.DictReader(io.StringIO(result.stdout)))
    assert sorted((row["compte"], Path(row["fichier"]).name, row["statut"]) for row in found) == [
        (COMMUNES[0], "F1.xml", "RECEVABLE"),
        (COMMUNES[1], "F2.xml", "RECEVABLE"),
        (COMMUNES[1], "F3.xml", "RECEVABLE"),
    ]
    assert result.exit_code == 0
    assert "demo-password" not in result.output
    lines = shell.json("lot", source, "--code", CODE)["flux"]
    assert [line["repris"] for line in lines] == [True] * 3
    assert "COMPTE" in shell.run("lot", source, "--code", CODE).stdout


def test_the_environment_names_no_account_of_a_row_with_a_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("login", "mot_de_passe", "client_id", "client_secret", "code_application")
    profile = "".join(f'{name} = "PROFIL"\n' for name in names)
    (tmp_path / "config.toml").write_text(f'[profils.p]\nbase_url = "{BASE_URL}"\n{profile}')
    monkeypatch.setenv("DEPOT_FLUX_CONFIG", str(tmp_path / "config.toml"))
    for name in names:
        monkeypatch.setenv(f"DEPOT_FLUX_{name.upper()}", "OTHERS")
    rows = ("fichier;profil;login", "F1.xml;p;", "F1.xml;p;moi", "F1.xml;;", "F1.xml;;moi")
    told = [
        [getattr(group.configuration("p"), name) for name in names]
        for group in groups(table(tmp_path, *rows), CODE)
    ]
    assert told == [
        ["PROFIL"] * 5,
        ["moi", *["PROFIL"] * 4],
        ["OTHERS"] * 5,  # the command's own account, which a variable may name
        ["moi", *["OTHERS"] * 4],
    ]


@pytest.mark.deep
def test_a_table_on_standard_input_needs_no_account(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices(tmp_path, "F1")
    monkeypatch.chdir(tmp_path)
    result = shell.run("lot", "-", "--code", CODE, "--jsonl", stdin="fichier\nF1.xml\n")
    document = json.loads(result.stdout)
    assert (document["compte"], document["recevables"]) == ("demo@depot-flux.example", 1)


def test_a_table_that_cannot_be_read_is_refused_in_one_line(shell: Shell, tmp_path: Path) -> None:
    for text, says in (
        ("nom;profil\nF.xml;c", "the first line must name columns, fichier among them"),
        ("fichier;couleur\nF.xml;bleu", "the first line must name columns"),
        ("", "the first line must name columns"),
        ("fichier;code_interface\n;FSO3110A", "line 2: fichier is missing"),
        ("fichier\nF.xml", "line 2: code_interface is missing; give it there or as --code"),
        ("fichier;code_interface\nF.xml;FSO3110A;x", "line 2: 3 values for 2 columns"),
        ("fichier;code_interface\n", "the table names no file"),
    ):
        result = shell.run("lot", table(tmp_path, text))
        assert (result.exit_code, result.stdout) == (2, "")
        assert says in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_folder_needs_the_code_of_its_files_and_a_table_its_file(
    shell: Shell, tmp_path: Path
) -> None:
    assert "--code" in shell.run("lot", tmp_path).stderr
    absent = shell.run("lot", tmp_path / "absent.csv")
    assert (absent.exit_code, absent.stdout) == (2, "")
    assert "cannot be read" in absent.stderr
    (tmp_path / "latin.csv").write_bytes(b"fichier\n\xe9t\xe9.xml\n")
    assert "UTF-8" in shell.run("lot", tmp_path / "latin.csv", "--code", CODE).stderr


@pytest.mark.deep
def test_a_pace_is_kept_from_the_command_line(
    shell: Shell, tmp_path: Path, on_platform: Platform
) -> None:
    rows = ["fichier;login;mot_de_passe"]
    for n, login in enumerate(COMMUNES[:3]):
        invoices(tmp_path, f"F{n}")
        rows.append(f"F{n}.xml;{login};demo-password")
    start = on_platform.seconds()
    options = ("--code", CODE, "--par-heure", "60", "--timeout", "0", "--csv")
    assert shell.run("lot", table(tmp_path, *rows), *options).exit_code == 4
    assert on_platform.seconds() - start >= 120


def test_the_figures_of_a_command_are_in_a_file_that_prometheus_reads(
    shell: Shell, tmp_path: Path, on_platform: Platform
) -> None:
    invoices(tmp_path, "F1")
    path = tmp_path / "depot-flux.prom"
    on_platform.line.faults = ["503_retry"]
    shell.run("--metrics", path, "deposer", tmp_path / "F1.xml", "--attendre")
    lines = path.read_text().splitlines()
    for expected in (
        'depot_flux_attempts_total{operation="deposer",status="503"} 1',
        'depot_flux_attempts_total{operation="deposer",status="201"} 1',
        'depot_flux_waits_total{operation="deposer"} 1',
        'depot_flux_renewals_total{status="200"} 1',
        'depot_flux_depots_total{etat="DEPOSE"} 1',
        'depot_flux_flux_total{statut="RECEVABLE"} 1',
        "depot_flux_exit_code 0",
    ):
        assert expected in lines
    assert path.stat().st_mode & 0o044 == 0o044
    # However the command ends.
    on_platform.line.faults = ["refused"] * 5
    shell.run("--metrics", path, "statut", "1")
    assert "depot_flux_exit_code 3" in path.read_text()
    assert [each.name for each in tmp_path.iterdir() if "prom" in each.name] == [path.name]
    absent = shell.run("--metrics", tmp_path / "absent" / "f.prom", "deposer", tmp_path / "F1.xml")
    assert (absent.exit_code, absent.stdout) == (2, "")
    assert "no file can be written there" in absent.stderr


@pytest.mark.deep
def test_a_night_of_many_accounts_takes_one_token_and_little_memory(tmp_path: Path) -> None:
    with nightly.simulator(tmp_path, 150) as served:
        night = nightly.run(tmp_path, served.url, 150)
    assert (night.code, night.accounts, night.recevables) == (0, 150, 300), night.errors
    assert night.tokens == 1
    assert 0 < night.megabytes < 100
