"""The documentation's examples, run as they are written."""

import ast
import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import served

ROOT = Path(__file__).parents[2]
# What these hold for running is in French the same but for comments and what is printed.
PAGES = ("README.md", "docs/client.md", "docs/check.md", "docs/start.md")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
END = "@@end of command@@"

# What ends only when it is stopped, or is run by other tests: the program behind `make run` in
# server/test_demo.py, adoption in adoption/, `verify` in verify/. All else is run here.
ELSEWHERE = (
    "make run",
    "make test",
    "make adopt SPEC=G2b_api_flux_swagger_v1.2.zip",
    "depot-flux-simulator --pace 0",
    "depot-flux-contract verify http://127.0.0.1:8080 --profile simulator",
)


def blocks(page: str, languages: str = "python|console") -> list[tuple[str, str, str]]:
    """Place, language and text of the examples, in the order of the page."""
    text = (ROOT / page).read_text("utf-8")
    found = re.finditer(rf"^```({languages})\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [
        (f"{page}:{text.count(chr(10), 0, each.start()) + 1}", each[1], each[2]) for each in found
    ]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder, and the environment of a user whose simulator runs on port 8080.

    It runs on another one: the client is told so, all else is told that it is the proxy for
    whatever is asked of port 8080.
    """
    folder = tmp_path
    (folder / ".curlrc").write_text("fail\nshow-error\n")
    with served(folder, "--pace", "0", "--workers", "1") as simulator:
        kept = {name: value for name, value in os.environ.items() if "DEPOT_FLUX" not in name}
        kept = {name: value for name, value in kept.items() if "proxy" not in name.lower()}
        yield (
            folder,
            {
                **kept,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "CURL_HOME": str(folder),
                "DEPOT_FLUX_FICHIER_RECUS": str(folder / "recus.db"),
                "DEPOT_FLUX_CONFIG": str(folder / "config.toml"),
                "DEPOT_FLUX_BASE_URL": simulator.url,
                "http_proxy": simulator.url,
            },
        )


class Unprinted(ast.NodeTransformer):
    """A program without the words that it prints, which are those of its page's language."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            for each in (part for argument in node.args for part in words(argument)):
                each.value = ""
        return node


def words(argument: ast.expr) -> Iterator[ast.Constant]:
    """The texts that an argument is, whichever it will be."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument
    elif isinstance(argument, ast.IfExp):
        yield from words(argument.body)
        yield from words(argument.orelse)


def what_runs(page: str) -> list[object]:
    """The examples of a page without their comments, nor what they print for people."""
    return [
        steps(text) if language == "console" else ast.dump(Unprinted().visit(ast.parse(text)))
        for _, language, text in blocks(page)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_what_runs_of_a_page_is_in_french_the_same(page: str) -> None:
    french = what_runs(page.replace(".md", ".fr.md"))
    assert french == what_runs(page)
    assert french


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    "page", [PAGES[0], *(pytest.param(page, marks=pytest.mark.deep) for page in PAGES[1:])]
)
def test_every_example_runs_as_written(page: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    for where, language, text in blocks(page):
        if language == "console":
            env = run_session(where, text, folder, env)
        elif "def test_" in text:
            # Run where a session of the page says so, else by testing/test_documentation.py.
            (folder / "test_factures.py").write_text(text, "utf-8")
        else:
            run_program(where, text, folder, env)


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    "page", ["docs/simulator.md", pytest.param("docs/simulator.fr.md", marks=pytest.mark.deep)]
)
def test_the_calls_of_any_language_run_as_written(
    page: str, place: tuple[Path, dict[str, str]]
) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl here")
    ((where, _, text),) = blocks(page, "sh")
    folder, env = place
    command = ["bash", "-e", "-c", text]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{where}\n{done.stdout}{done.stderr}"


def test_what_is_run_elsewhere_is_still_shown() -> None:
    sessions = [text for page in PAGES for _, _, text in blocks(page, "console")]
    assert set(ELSEWHERE) <= {step for text in sessions for step, _ in steps(text)}


def run_program(where: str, program: str, folder: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), where


def run_session(where: str, session: str, folder: Path, env: dict[str, str]) -> dict[str, str]:
    """Run the commands of a session and compare what they print; the environment they leave."""
    typed = [(step, expected) for step, expected in steps(session) if step not in ELSEWHERE]
    if any(step.startswith("curl ") for step, _ in typed) and not shutil.which("curl"):
        return env
    script = "".join(f'{step}\ncode=$?; echo "{END}$code"; (exit $code)\n' for step, _ in typed)
    command = ["bash", "-c", f"exec 2>&1\n{script}env -0 > environment"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    shown = re.split(rf"{END}(\d+)\n", done.stdout)
    checker = doctest.OutputChecker()
    for (step, expected), got, code in zip(typed, shown[::2], shown[1::2], strict=False):
        # Where no output is shown there is none, or it does not matter but for its success.
        good = checker.check_output(expected, got, FLAGS) or (expected == "" and code == "0")
        assert good, f"{where} $ {step} -> {code}\n{got}"
    left = (folder / "environment").read_text("utf-8").split("\0")
    return dict(variable.split("=", 1) for variable in left if variable)


def steps(session: str) -> list[tuple[str, str]]:
    """Commands and what they print."""
    found = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert found, session
    return [(re.sub(r"\s+# .*", "", step), expected) for step, expected in found]
