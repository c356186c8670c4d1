"""What a person sees at a terminal, and what a shell completes."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux._command.display import Display, json_text, row
from depot_flux_simulator.samples import facture_ubl
from tests.support.served import Served, served
from tests.support.steering import steer

COMMAND = Path(sys.executable).with_name("depot-flux")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, "--pace", "0.1", "--workers", "1") as running:
        yield running


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DEPOT_FLUX" not in name}
    return {
        **kept,
        "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "COLUMNS": "200",
        "DEPOT_FLUX_PROFIL": "simulator",
        "DEPOT_FLUX_FICHIER_RECUS": str(tmp_path / "recus.db"),
        "DEPOT_FLUX_CONFIG": str(tmp_path / "config.toml"),
    }


def at_terminal(arguments: list[str | Path], env: dict[str, str]) -> str:
    """What a command writes on a terminal of its own, without colors and movements."""
    mine, its = pty.openpty()
    process = subprocess.Popen([COMMAND, *arguments], stdin=its, stdout=its, stderr=its, env=env)
    os.close(its)
    seen = b""
    while True:
        try:
            block = os.read(mine, 4096)
        except OSError:  # the other side is closed
            break
        if not block:
            break
        seen += block
    os.close(mine)
    assert process.wait() == 0, seen
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


@pytest.mark.deep
def test_bars_follow_uploads_waiting_and_batches_on_a_terminal_only(
    simulator: Served, env: dict[str, str], tmp_path: Path
) -> None:
    env = {**env, "DEPOT_FLUX_BASE_URL": simulator.base_url}
    folder = tmp_path / "lot"
    folder.mkdir()
    paths = [tmp_path / "F1.xml", tmp_path / "F2.xml"]
    for path in [*paths, folder / "F3.xml", folder / "F4.xml"]:
        path.write_bytes(facture_ubl(path.stem))
    # Long enough for a bar to be drawn.
    steer(simulator.url, "faults", kind="latency", delay=0.5, operations=["deposer"])
    seen = at_terminal(["deposer", paths[0], "--attendre"], env)
    assert "F1.xml ━" in seen
    assert "5.4/5.4 kB" in seen
    assert re.search(r"flux [\w-]+ (\w+ )?[⠀-⣿]", seen)  # a spinner
    seen = at_terminal(["lot", folder, "--code", "FSO3110A"], env)
    assert "files settled ━" in seen
    assert "2/2" in seen
    commands: list[list[str | Path]] = [
        [COMMAND, "deposer", paths[1], "--attendre"],
        [COMMAND, "lot", folder, "--code", "FSO3110A"],
    ]
    for command in commands:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert "━" not in done.stdout + done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        assert "RECEVABLE" in done.stdout
    seen = at_terminal(["deposer", paths[1], "--json"], env)
    assert "━" not in seen


@pytest.mark.parametrize(
    ("words", "position", "completed"),
    [
        (["st"], 1, ["statut"]),
        (["--profil", "s"], 2, ["sandbox", "secours", "simulator"]),
        (["deposer", "--code", "FSO31"], 3, ["FSO3110A", "FSO3117A"]),
        (["deposer", "--at"], 2, ["--attendre"]),
    ],
)
def test_bash_completes_commands_options_and_values(
    env: dict[str, str], tmp_path: Path, words: list[str], position: int, completed: list[str]
) -> None:
    (tmp_path / "config.toml").write_text("[profils.secours]\nlogin = 'x'\n")
    script = (
        'eval "$(_DEPOT_FLUX_COMPLETE=bash_source depot-flux)" && complete -p depot-flux >&2\n'
        f"COMP_WORDS=(depot-flux {' '.join(words)}) COMP_CWORD={position}\n"
        '_depot_flux_completion depot-flux && printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    command = ["bash", "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert "-F _depot_flux_completion depot-flux" in done.stderr
    assert done.stdout.split() == completed


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_their_script(env: dict[str, str], shell: str) -> None:
    env = {**env, "_DEPOT_FLUX_COMPLETE": f"{shell}_source"}
    done = subprocess.run([COMMAND], env=env, capture_output=True, text=True, check=True)
    assert "depot-flux" in done.stdout


def test_what_a_terminal_could_not_show_is_escaped_in_whatever_is_printed() -> None:
    moving = "é\x9b2J\u202e\u200b\x1b[31m\U000e0041\n\u00a0fin"
    document = {"nom": moving, "n": 1, "rien": None}
    for text in (json_text(document), json_text(document, indent=2)):
        assert json.loads(text) == document
        assert "é" in text
        assert not [each for each in text if not each.isprintable() and each not in "\n\u00a0"]
    assert row(document)["n"] == 1
    assert row(document)["nom"].startswith("é\\x9b2J\\u202e")


def test_what_a_platform_says_cannot_move_the_cursor_through_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = Display()
    display.json = True
    display.failure("refus\u00e9 \x9b\u202e\u200b")
    said = capsys.readouterr().out
    assert json.loads(said) == {"erreur": "refus\u00e9 \x9b\u202e\u200b"}
    assert "refus\u00e9" in said
    assert not {"\x9b", "\u202e", "\u200b"} & {*said}
