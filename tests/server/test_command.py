"""The command line: worth reading, and one line when something is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from depot_flux_simulator.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="depot-flux-simulator")


def test_the_installed_command_is_this_one() -> None:
    command = Path(sys.executable).with_name("depot-flux-simulator")
    told = subprocess.run([command, "--pace", "-1"], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.strip().splitlines()[-1].startswith("Error: ")


def test_help_tells_every_option_and_gives_examples() -> None:
    told = run("--help")
    assert told.exit_code == 0
    for option in ("--host", "--port", "--database", "--pace", "--workers", "--applications"):
        assert option in told.stdout
    assert "Examples:" in told.stdout


@pytest.mark.parametrize("command", [(), ("check",), ("samples",), ("schemas", "check"), ("wait",)])
def test_help_is_quick_as_it_loads_nothing_heavy(command: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from depot_flux_simulator.cli import main\n"
        f"main({[*command, '--help']}, standalone_mode=False)\n"
        "heavy = {'lxml', 'sqlalchemy', 'flask', 'facturx', 'httpx', 'openapi_schema_validator'}\n"
        "sys.exit(str(heavy & sys.modules.keys()) if heavy & sys.modules.keys() else 0)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Usage: ")


def test_a_start_loads_nothing_that_only_some_calls_need() -> None:
    program = (
        "import sys, depot_flux_simulator.serve.server\n"
        "later = {'pypdf', 'jwt', 'cryptography', 'saxonche', 'sqlalchemy.dialects.postgresql'}\n"
        "sys.exit(str(later & sys.modules.keys()) if later & sys.modules.keys() else 0)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--pace", "-1"), "--pace"),
        (("--pace", "nan"), "--pace"),
        (("--pace", "inf"), "--pace"),
        (("--pace", "1e300"), "--pace"),
        (("--base-path", "foo"), "foo"),
        (("--base-path", "/a{b}"), "/a{b}"),
        (("--base-path", "/a b?"), "/a b?"),
        (("--port", "70000"), "--port"),
        (("--port", "-1"), "--port"),
        (("--workers", "none"), "--workers"),
        (("--database", "not a url"), "not a url"),
        (("--database", "sqlite://"), "memory"),
        (("--database", "sqlite:////proc/no/flux.db"), "/proc/no"),
        (("--applications", "/no/such.toml"), "/no/such.toml"),
        (("--host", "999.0.0.1"), "999.0.0.1"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(arguments: tuple[str, ...], named: str) -> None:
    told = run(*arguments)
    assert told.exit_code != 0
    assert isinstance(told.exception, SystemExit)
    last = told.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert named in last


def test_an_application_with_a_wrong_code_is_named(tmp_path: Path) -> None:
    file = tmp_path / "applications.toml"
    file.write_text(
        '[[application]]\nclient_id="a"\nclient_secret="b"\ncode_application="abc"\n'
        'comptes_techniques=[{login="l", mot_de_passe="m"}]\n'
    )
    told = run("--applications", str(file), "--database", f"sqlite:///{tmp_path / 'flux.db'}")
    assert told.exit_code != 0
    assert "'abc'" in told.stderr
    assert isinstance(told.exception, SystemExit)


def test_samples_are_written_once_and_judged_as_they_say(tmp_path: Path) -> None:
    folder = tmp_path / "factures"
    made = run("samples", str(folder))
    assert made.exit_code == 0
    *paths, apart = sorted(folder.iterdir())
    [known] = apart.iterdir()
    assert [path.name for path in paths] == [f"F2026-000{number}.xml" for number in (1, 2, 3)]
    assert [run("check", str(path)).exit_code for path in paths] == [0, 0, 1]
    # The annuaire knows both parties, and is no flux of the folder.
    told = json.loads(run("check", str(folder), "--annuaire", str(known), "--json").stdout)
    assert [each["flux"] for each in told] == [str(path) for path in paths]
    for each in told[:2]:
        [facture] = each["factures"]
        assert (facture["raisons"], facture["non_juges"]) == ([], [])
    again = run("samples", str(folder))
    assert again.exit_code == 1
    assert "F2026-0001.xml: File exists" in again.stderr
