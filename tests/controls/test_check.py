"""The same verdict without a server."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from depot_flux_simulator import samples
from depot_flux_simulator.cli.check import check
from depot_flux_simulator.cli.given import expanded
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


COMMAND = [sys.executable, "-c", "from depot_flux_simulator.cli import main; main()", "check"]


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
    outcomes = [
        [(each["fichier"], each["code_statut"], each["raisons"]) for each in one["factures"]]
        for one in told
    ]
    assert outcomes == [
        [("facture.xml", "200", [])],
        [("a.xml", "200", []), ("b.xml", "213", ["REJ_COH"])],
        [("again.xml", "213", ["REJ_UNI"])],
    ]
    assert "BR-CO-15" in {each["regle"] for each in told[1]["factures"][1]["constats"]}
    text = run(archive, again, "--fonctionnel").output
    assert "  a.xml : facture F3 : déposée (200)\n" in text
    assert (
        "  b.xml : facture F2 : REJETÉE (213) REJ_COH\n    REJ_COH : Le fichier « b.xml »" in text
    )
    assert (
        "3 factures : 2 déposées, 1 rejetée.\n  REJ_COH Contrôle de cohérence : 1 facture" in text
    )
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
    (tmp_path / "R.XSD").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Report"/>'
        "</xs:schema>"
    )
    result = CliRunner().invoke(schemas, ["check", str(tmp_path)])
    assert result.exit_code == 1
    assert "R.XSD" in result.output
    assert "absent" in result.output
    assert result.output.count("schematron absent") == 2
    assert CliRunner().invoke(schemas, ["check", str(tmp_path / "non")]).exit_code == 2


def test_a_flux_that_cannot_be_read_never_costs_the_verdict_of_another(
    good: Path, bad: Path, tmp_path: Path
) -> None:
    fifo = tmp_path / "tube.xml"
    os.mkfifo(fifo)
    result = run(good, tmp_path / "absent.xml", fifo, bad)
    assert result.exit_code == 2
    assert result.output.count(") : recevable\n") == 1
    assert result.output.count(") : IRRECEVABLE\n") == 1
    assert "absent.xml : NON JUGÉ, ce fichier n'existe pas" in result.output
    assert "tube.xml : NON JUGÉ, ce n'est pas un simple fichier" in result.output
    assert "4 flux : 1 recevable, 1 irrecevable, 2 non jugés.\n  IRR_SYNTAX" in result.output


def test_a_folder_stands_for_its_files_and_a_pattern_for_what_it_matches(
    good: Path, bad: Path, tmp_path: Path
) -> None:
    for name in (".DS_Store", "._facture.xml", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"\0")
    (tmp_path / "vide").mkdir()
    told = json.loads(run(tmp_path, "--json").output)
    assert [each["flux"] for each in told] == [str(good), str(bad)]
    told = json.loads(run(tmp_path / "m*.xml", "--json").output)
    assert [each["flux"] for each in told] == [str(bad)]
    assert run(tmp_path / "vide").exit_code == 2
    assert run(tmp_path / "z*.xml").exit_code == 2


def test_the_standard_input_is_a_flux() -> None:
    for content, code in ((samples.facture_ubl(), 0), (samples.facture_ubl()[:-20], 1)):
        assert CliRunner().invoke(check, ["-"], input=content).exit_code == code
    archive = enveloppe(("a.xml", samples.facture_ubl()))
    result = CliRunner().invoke(check, ["-", "--code", "FSO3110A"], input=archive)
    assert result.exit_code == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("as_json", [False, True])
def test_names_and_letters_no_console_prints_end_in_a_verdict(
    encoding: str, as_json: bool, tmp_path: Path
) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"factur\xe9 \xe2\x82\xac.xml")  # noqa: PTH118
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(samples.facture_ubl())
    result = subprocess.run(
        [*COMMAND, path, *(["--json"] if as_json else [])],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in result.stderr
    assert result.returncode == 1
    assert b"IRR_NOM_F" in result.stdout
    if as_json:
        assert json.loads(result.stdout.decode(encoding))[0]["recevable"] is False


def test_what_breaks_off_never_ends_with_the_code_of_a_verdict(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError

    monkeypatch.setattr("depot_flux_simulator.controls.equipment.Equipment.controler", broken)
    result = run(good)
    assert result.exit_code == 2
    assert "NON JUGÉ, les contrôles ont échoué (RuntimeError)" in result.output

    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("depot_flux_simulator.controls.equipment.Equipment.controler", interrupted)
    assert run(good).exit_code == 130


def test_text_tells_label_and_level(bad: Path) -> None:
    assert "  IRR_SYNTAX Syntaxe du fichier (fichier) : Le fichier" in run(bad).output


def test_a_reader_that_leaves_ends_the_command_without_a_traceback(good: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, *[str(good)] * 3], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read()
        # As a shell counts a program that nobody reads any more (SIGPIPE): the code of no verdict.
        assert process.wait() == 141
    assert told == b""


def test_progress_is_shown_on_a_terminal_and_nowhere_else(good: Path, bad: Path) -> None:
    terminal, end = pty.openpty()
    try:
        result = subprocess.run(
            [*COMMAND, str(good), str(bad)],
            env={**os.environ, "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=end,
            check=False,
        )
        os.close(end)
        shown = b""
        with suppress(OSError):  # what Linux says at the end of a terminal
            while block := os.read(terminal, 4096):
                shown += block
    finally:
        os.close(terminal)
    assert result.returncode == 1
    assert b"100%" in shown
    assert b"\x1b" not in result.stdout
    assert result.stdout.decode().splitlines()[0] == f"{good} (FSO3110A) : recevable"
    piped = run(good, bad)
    assert piped.stderr == ""
    assert piped.stdout == result.stdout.decode()


def test_a_cii_alone_is_told_to_have_no_code_and_what_can_be_done(tmp_path: Path) -> None:
    path = tmp_path / "cii.xml"
    path.write_bytes(samples.facture_cii())
    for code in ((), ("--code", "FSO3110A"), ("--code", "FSO3117A")):
        result = run(path, *code)
        assert result.exit_code == 1
        assert "CII seule n'a pas de code interface en G2B" in result.output
        assert "PDF Factur-X (FSO3117A), ou en UBL (FSO3110A)" in result.output


def test_a_name_that_no_system_takes_is_no_verdict(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loop = tmp_path / "boucle.xml"
    loop.symlink_to(loop)
    result = run("", "f" * 300 + ".xml", loop, good)
    assert result.exit_code == 2
    for said in ("'' : NON JUGÉ", "son nom est trop long", "ce lien mène à lui-même"):
        assert said in result.output
    assert result.output.count(") : recevable\n") == 1
    monkeypatch.setattr(sys, "stdin", None)
    assert [each.fault for each in expanded(["-"], tmp_path)] == ["l'entrée standard est fermée"]


def test_a_full_disk_is_no_verdict(bad: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [*COMMAND, str(bad)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert result.returncode == 2
    said = result.stderr.decode()
    assert said == "check n'a pas pu finir : il n'y a plus de place pour écrire.\n"
