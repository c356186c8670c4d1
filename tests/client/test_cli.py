"""The command line as a shell sees it: output, exit codes, one-line errors."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from depot_flux import Configuration, DepotFlux, Hook
from depot_flux._book import Fingerprint
from depot_flux._command import cli, configure, context
from depot_flux.configuration import read_profiles
from depot_flux_simulator.samples import facture_cii, facture_facturx
from tests.support.contract import CONTRACT, supervises
from tests.support.fake_platform import CODE, Platform

BASE_URL = "http://127.0.0.1:8080" + CONTRACT.base_path
ENV = {"DEPOT_FLUX_PROFIL": "simulator", "NO_COLOR": "1", "COLUMNS": "200"}


class Shell:
    """Runs `depot-flux` against a platform in this process."""

    def __init__(self, platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.platform = platform
        self.env = {
            **ENV,
            "DEPOT_FLUX_CONFIG": str(folder / "config.toml"),
            "DEPOT_FLUX_FICHIER_RECUS": str(folder / "recus.db"),
            "DEPOT_FLUX_BASE_URL": BASE_URL,
        }

        def client(configuration: Configuration, hooks: Sequence[Hook] = ()) -> DepotFlux:
            made = DepotFlux(configuration, transport=platform.line, hooks=hooks)
            made._clock.sleep = platform.pause
            made._clock.now = platform.seconds
            return made

        monkeypatch.setattr(context, "DepotFlux", client)

    def run(self, *arguments: str | Path, stdin: str = "", **env: str) -> Result:
        result = CliRunner().invoke(
            cli.main, [str(a) for a in arguments], input=stdin, env={**self.env, **env}
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def installed(
        self, *arguments: str, stdout: int = subprocess.PIPE, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command as it is installed, in a process of its own."""
        return subprocess.run(
            [Path(sys.executable).with_name("depot-flux"), *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.env, **env},
            check=False,
        )

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def shell(on_platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.delenv("DEPOT_FLUX_PROFIL", raising=False)
    return Shell(on_platform, tmp_path, monkeypatch)


@pytest.fixture
def good(tmp_path: Path, invoice: bytes) -> Path:
    path = tmp_path / "F2026-0001.xml"
    path.write_bytes(invoice)
    return path


@pytest.fixture
def broken(tmp_path: Path, invoice: bytes) -> Path:
    path = tmp_path / "F2026-0002.xml"
    path.write_bytes(invoice.replace(b"IssueDate>", b"Date>"))
    return path


def test_a_deposit_guesses_the_code_says_so_and_waits(shell: Shell, good: Path) -> None:
    result = shell.run("deposer", good, "--attendre")
    assert result.exit_code == 0
    assert "interface code FSO3110A, from the content" in result.stderr
    assert "RECEVABLE" in result.stdout


def test_a_pdf_is_taken_for_a_factur_x(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "F.pdf").write_bytes(facture_facturx("F20260003"))
    (line,) = shell.json("deposer", tmp_path / "F.pdf", "--attendre")["flux"]
    assert (line["code_interface"], line["statut"]) == ("FSO3117A", "RECEVABLE")


def test_the_json_of_a_deposit_has_its_documented_shape(
    shell: Shell, good: Path, on_platform: Platform
) -> None:
    document = shell.json("deposer", good, "--attendre")
    (line,) = document["flux"]
    ((id_flux, files),) = on_platform.flux().items()
    assert line == {
        "fichier": str(good),
        "id_flux": id_flux,
        "code_interface": CODE,
        "nom": good.name,
        "sha256": files[0][1],
        "repris": False,
        "statut": "RECEVABLE",
        "date": line["date"],
        "erreur": None,
    }
    assert shell.json("deposer", good)["flux"][0]["repris"] is True


def test_an_irrecevable_flux_ends_in_1(shell: Shell, good: Path, broken: Path) -> None:
    assert shell.run("deposer", broken).exit_code == 0
    assert shell.run("deposer", good, broken, "--attendre").exit_code == 1
    assert shell.run("statut", "1", "2").exit_code in {0, 1, 3}


def test_usage_errors_end_in_2_and_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "what.xml").write_text("<what/>")
    (tmp_path / "cii.xml").write_bytes(facture_cii())
    for arguments, says in (
        (["deposer", tmp_path / "what.xml"], "give one with --code"),
        (["deposer", tmp_path / "cii.xml"], "a CII alone has no interface code in G2B"),
        (["deposer", tmp_path / "absent.xml"], "cannot be read"),
        (["--profil", "nobody", "sante"], "no profile 'nobody'"),
        (["recus", "--liberer", "7"], "holds no deposit 7"),
    ):
        result = shell.run(*arguments)
        assert result.exit_code == 2, result.output
        assert says in result.stderr
        assert len([line for line in result.stderr.splitlines() if line]) == 1


def test_what_is_missing_is_named(shell: Shell) -> None:
    result = shell.run("sante", DEPOT_FLUX_PROFIL="")
    assert result.exit_code == 2
    assert "DEPOT_FLUX_CLIENT_SECRET" in result.stderr
    del shell.env["DEPOT_FLUX_BASE_URL"]
    result = shell.run("--profil", "sandbox", "sante")
    assert "https://sandbox-api.piste.gouv.fr is not published" in result.stderr


def test_a_platform_out_of_reach_ends_in_3(shell: Shell, good: Path) -> None:
    shell.platform.line.faults = ["refused"] * 10
    assert shell.run("deposer", good).exit_code == 3
    shell.platform.line.faults = []
    assert shell.run("deposer", good).exit_code == 0


@supervises
def test_the_health_is_told_and_a_platform_out_of_reach_has_none(shell: Shell) -> None:
    shell.platform.line.faults = ["refused"] * 5
    assert shell.run("sante").exit_code == 3
    assert shell.run("sante").exit_code == 0
    assert shell.json("sante") == {"base_url": BASE_URL, "sante": True}


def test_time_over_ends_in_4(shell: Shell, good: Path) -> None:
    result = shell.run("deposer", good, "--attendre", "--timeout", "1")
    assert result.exit_code == 4
    assert "RECU" in result.stdout
    assert "is still RECU" in result.stderr


def test_an_uncertain_deposit_ends_in_5_and_can_be_settled(shell: Shell, good: Path) -> None:
    shell.platform.line.faults = ["reset_after"]
    assert shell.run("deposer", good).exit_code == 5
    (recu,) = shell.json("recus")["recus"]
    assert (recu["etat"], recu["nom"], recu["id_flux"]) == ("INCERTAIN", good.name, None)
    assert "INCERTAIN" in shell.run("recus").stdout
    (there,) = shell.platform.flux()
    assert shell.run("recus", "--confirmer", "1", there).exit_code == 0
    (line,) = shell.json("deposer", good, "--attendre")["flux"]
    assert (line["id_flux"], line["repris"], line["statut"]) == (there, True, "RECEVABLE")


def test_ctrl_c_ends_in_130_and_leaves_the_deposit_in_the_book(shell: Shell, good: Path) -> None:
    shell.platform.line.faults = ["interrupt"]
    result = shell.run("deposer", good)
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "depot-flux: interrupted; run it again to go on, `depot-flux recus` tells what is uncertain"
    )
    assert shell.run("deposer", good).exit_code == 5


def test_the_gravest_outcome_counts_and_the_other_files_go_on(
    shell: Shell, good: Path, broken: Path
) -> None:
    shell.platform.line.faults = ["reset_before"]
    result = shell.run("deposer", good, broken, "--attendre", "--json")
    assert result.exit_code == 5
    first, second = json.loads(result.stdout)["flux"]
    assert "nobody knows" in first["erreur"]
    assert second["statut"] == "IRRECEVABLE"


def test_flux_are_followed_by_identifier(shell: Shell, good: Path) -> None:
    (line,) = shell.json("deposer", good)["flux"]
    assert shell.json("statut", line["id_flux"])["flux"][0]["statut"] == "RECU"
    assert shell.run("suivre", line["id_flux"]).exit_code == 0
    assert "RECEVABLE" in shell.run("statut", line["id_flux"]).stdout
    assert shell.run("statut", "999").exit_code == 3


def test_a_folder_goes_as_a_batch(shell: Shell, good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lot"
    folder.mkdir()
    good.rename(folder / good.name)
    (folder / "empty.xml").write_bytes(b"")
    result = shell.run("lot", folder, "--code", CODE, "--json")
    assert result.exit_code == 3
    first, second = json.loads(result.stdout)["flux"]
    assert first["statut"] == "RECEVABLE"
    assert first["nom"].startswith("FSO3110A_AAA123_AAA1233110")
    assert second["erreur"] == "empty.xml: the file is empty"
    assert "empty.xml: the file is empty" in result.stderr


def test_a_profile_is_written_for_its_owner_alone(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("# mine\n[profils.other]\nbase_url = 'https://x.example'\n")
    (tmp_path / "secret.txt").write_text("s3same\n")
    result = shell.run(
        "configurer", "essai", "--base-url", "https://api.example/g2b", "--client-id", "me",
        "--login", "tech", "--client-secret-file", tmp_path / "secret.txt", "--defaut",
        stdin="s3same2\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "s3same" not in result.output
    assert config.stat().st_mode & 0o777 == 0o600
    assert "# mine" in config.read_text()
    read = Configuration.from_env(environ={"DEPOT_FLUX_CONFIG": str(config)})
    assert (read.base_url, read.client_id) == ("https://api.example/g2b", "me")
    assert (read.client_secret, read.mot_de_passe) == ("s3same", "s3same2")
    assert "s3same" not in repr(read)


@pytest.mark.parametrize(
    ("profile", "base_url", "token_url"),
    [
        ("sandbox", "https://sandbox.example/g2b", ""),
        ("production", "https://api.example/g2b", "https://oauth.example/token"),
        ("commune", "https://api.example/g2b", "https://oauth.example/token"),
        ("simulator", "http://127.0.0.1:8080", ""),
    ],
)
def test_the_addresses_of_the_contract_are_proposed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, profile: str, base_url: str, token_url: str
) -> None:
    config = Path(shell.env["DEPOT_FLUX_CONFIG"])
    named = [
        ("base_url", "https://api.example/g2b"),
        ("base_url", "https://sandbox.example/g2b"),
        ("token_url", "https://oauth.example/token"),
    ]
    monkeypatch.setattr(configure, "bindings", lambda: {"addresses": named})
    typed = "\n".join(["", "me", "tech", "s3same", "s3same2", ""])
    assert shell.run("configurer", profile, stdin=typed).exit_code == 0
    written = read_profiles(config)["profils"][profile]
    assert (written["base_url"], written.get("token_url", "")) == (base_url, token_url)


def test_a_profile_that_would_send_secrets_in_clear_is_refused(shell: Shell) -> None:
    result = shell.run(
        "configurer", "x", "--base-url", "http://api.example", "--client-id", "a",
        "--login", "b", stdin="c\nd\n",
    )  # fmt: skip
    assert result.exit_code == 2
    assert "use https" in result.stderr


def test_the_environment_wins_over_the_profile() -> None:
    environ = {"DEPOT_FLUX_PROFIL": "simulator", "DEPOT_FLUX_CLIENT_ID": "mine"}
    assert Configuration.from_env(environ=environ).client_id == "mine"
    assert Configuration.from_env(environ=environ).base_url == "http://127.0.0.1:8080"


def test_a_name_that_is_not_utf_8_is_refused_and_shown_in_a_way_that_harms_nothing(
    shell: Shell, invoice: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "lot"
    folder.mkdir()
    bad = folder / os.fsdecode(b"bad\xff.xml")
    bad.write_bytes(invoice)
    result = shell.run("deposer", bad)
    assert result.exit_code == 2
    assert "the name is not UTF-8" in result.stderr
    assert "bad\\udcff.xml" in result.stdout
    (line,) = shell.json("lot", folder, "--code", CODE)["flux"]
    assert (line["fichier"], line["id_flux"]) == (str(bad), None)
    assert "the name is not UTF-8" in line["erreur"]


def test_a_name_cannot_move_the_cursor_nor_color_the_terminal(
    shell: Shell, invoice: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a\x1b[31m[red]\nF «\u00a01\u00a0».xml"
    path.write_bytes(invoice)
    with shell.platform.client(base_url=BASE_URL) as depot:  # an earlier version let such names go
        known = Fingerprint(path.name, "0" * 64, 1)
        depot._book.open_deposit(CODE, known, [known])
    for arguments, code in ((["deposer", path, "--attendre"], 2), (["recus"], 0)):
        result = shell.run(*arguments)
        assert result.exit_code == code
        assert "\x1b" not in result.output
        assert "a\\x1b[31m[red]\\nF «\u00a01\u00a0».xml" in result.stdout


def test_what_names_no_flux_is_not_asked_for(shell: Shell) -> None:
    for name in ("", " ", ".", ".."):
        result = shell.run("statut", name)
        assert result.exit_code == 2
        assert "is no identifier of a flux" in result.stderr
    assert shell.platform.line.calls == []


def test_a_pipe_is_refused_and_not_waited_for(shell: Shell, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "F.xml")
    result = shell.run("deposer", tmp_path / "F.xml", "--code", CODE)
    assert result.exit_code == 2
    assert "is a pipe" in result.stderr


@pytest.mark.parametrize("arguments", [["recus"], ["recus", "--json"]])
def test_a_reader_that_goes_away_is_not_an_irrecevable_flux(
    shell: Shell, arguments: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = shell.installed(*arguments, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_nobody_foresaw_is_one_line_and_not_an_irrecevable_flux(shell: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = shell.installed("recus", stdout=full.fileno())
    assert done.returncode == 5
    (line,) = done.stderr.decode().splitlines()
    assert "No space left on device; `depot-flux recus` tells what was deposited" in line


def test_a_terminal_that_knows_ascii_only_is_no_reason_for_a_traceback(
    shell: Shell, good: Path
) -> None:
    shell.run("deposer", good)
    done = shell.installed("recus", "--json", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    (recu,) = json.loads(done.stdout)["recus"]
    assert recu["nom"] == good.name


@supervises
def test_a_command_that_fails_as_a_whole_is_one_document_too(shell: Shell) -> None:
    shell.platform.line.faults = ["refused"] * 5
    assert "cannot be reached" in shell.json("sante")["erreur"]
    assert "holds no deposit 9" in shell.json("recus", "--liberer", "9")["erreur"]


def test_a_batch_leaves_hidden_files_and_folders_out_and_says_an_error_once(
    shell: Shell, invoice: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "lot"
    (folder / "inside.xml").mkdir(parents=True)
    for name in ("F1.xml", "F2.xml", ".F3.xml"):
        (folder / name).write_bytes(invoice.replace(b"F2026", name[:2].encode()))
    shell.platform.line.faults = ["500"]
    result = shell.run("lot", folder, "--code", CODE, "--json")
    assert result.exit_code == 5
    assert [Path(line["fichier"]).name for line in json.loads(result.stdout)["flux"]] == [
        "F1.xml", "F2.xml",
    ]  # fmt: skip
    (said,) = result.stderr.splitlines()
    assert said.endswith("(2 files)")


def test_configuring_again_keeps_what_it_is_not_told(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "[profils.p]\nfichier_recus = 'mine.db'\n[profils.p.complements]\ncanal = 'API'\n"
    )
    arguments = ["configurer", "p", "--base-url", "https://x.example", "--client-id", "a"]
    assert shell.run(*arguments, "--login", "b", stdin="c\nd\n").exit_code == 0
    read = Configuration.from_env("p", {"DEPOT_FLUX_CONFIG": str(config)})
    assert (read.chemin_livre, read.complements) == (tmp_path / "mine.db", {"canal": "API"})
    config.write_text("profils = 3\n")
    result = shell.run(*arguments, "--login", "b", stdin="c\nd\n")
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)
