"""The house stands as it is drawn: rooms one can read, each fact told in one place."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.tables import ROOT, copies

LINES_OF_A_MODULE = 400
LINES_OF_A_FUNCTION = 50
# What is longer for no other reason than that it is a table of data.
TABLES = {"simulator/depot_flux_simulator/controls/terms.py"}

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for part in ("client", "contract", "simulator")
    for path in (ROOT / part).rglob("*.py")
)
CONTROLS = [path for path in MODULES if "/controls/" in path]
FLUX = [path for path in MODULES if "/depot_flux_simulator/flux/" in path]
# The one place that reads the machine's time, and the command whose invoices bear today's date.
TIMED = {
    "simulator/depot_flux_simulator/flux/clock.py",
    "simulator/depot_flux_simulator/cli/samples.py",
}
WALL_TIME = re.compile(r"time\.(time|time_ns|localtime|gmtime)|(datetime|date)\.(now|utcnow|today)")


@cache
def parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def too_long(path: str) -> Iterator[str]:
    """What is longer than it may be: a module by its path, a function by its name behind it."""
    if len((ROOT / path).read_text(encoding="utf-8").splitlines()) > LINES_OF_A_MODULE:
        yield path
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            if node.end_lineno - node.lineno + 1 > LINES_OF_A_FUNCTION:
                yield f"{path}:{node.name}"


def test_no_module_and_no_function_is_longer_than_one_can_read() -> None:
    assert len(MODULES) > 80
    found = {place for path in MODULES for place in too_long(path)}
    # As exact as it is short: what has been cut leaves the list.
    assert found == TABLES


def test_a_part_of_the_simulator_never_imports_the_client_nor_the_other_way_round() -> None:
    apart = {"simulator": "depot_flux", "client": "depot_flux_simulator"}
    for path in MODULES:
        other = apart.get(path.partition("/")[0], "nothing")
        assert other not in {name.partition(".")[0] for name in imported(path)}, path


@pytest.mark.parametrize("path", [*FLUX, *CONTROLS])
def test_the_domain_knows_no_http_no_sql_and_no_room_above_it(path: str) -> None:
    rooms = {"flux", "errors"} | ({"controls"} if path in CONTROLS else set())
    for name in imported(path):
        assert name.partition(".")[0] not in {"flask", "werkzeug", "httpx", "sqlalchemy"}
        room = name.removeprefix("depot_flux_simulator").lstrip(".").partition(".")[0]
        if name.startswith("depot_flux_simulator"):
            assert room in rooms, name


@pytest.mark.parametrize("room", ["flux", "controls"])
def test_a_room_of_the_domain_says_so_at_its_door(room: str) -> None:
    said = (ROOT / "simulator/depot_flux_simulator" / room / "README.md").read_text("utf-8")
    assert "HTTP" in said
    assert "SQL" in said


def test_the_simulator_reads_the_machines_time_in_one_place() -> None:
    reading = {
        path
        for path in MODULES
        if path.startswith("simulator/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and WALL_TIME.fullmatch(ast.unparse(node.func))
    }
    assert reading == TIMED


@pytest.mark.parametrize("path", CONTROLS)
def test_no_control_tells_a_rule_or_its_source_itself(path: str) -> None:
    """Motifs take both from the table, so that they are told once."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "Motif", f"{path}:{node.lineno}"
    for text in texts(path):
        # A remark is no motif: it says itself where its advice stands.
        assert not re.search(r"\[(CP|DG|A7)\]", text) or "conseillés" in text


def test_what_people_read_of_the_tables_is_what_the_code_says() -> None:
    for path, current in copies():
        assert path.read_text(encoding="utf-8") == current, f"{path}: run make tables"


def imported(path: str) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def texts(path: str) -> Iterator[str]:
    """The texts of a module that are no documentation."""
    tree = parsed(path)
    documentation = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in documentation:
            yield from [node.value] if isinstance(node.value, str) else []
