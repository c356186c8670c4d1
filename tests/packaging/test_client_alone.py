"""A client installed alone: nothing of the simulator, and a sentence where an extra is missing."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
HEAVY = {
    *("flask", "flask-swagger-ui", "granian", "sqlalchemy", "werkzeug", "saxonche", "lxml"),
    *("factur-x", "rich", "pygments", "schemathesis", "hypothesis", "requests", "pyyaml"),
    *("openapi-schema-validator", "jsonschema", "portalocker", "pyjwt", "rstr", "jinja2"),
}
# What an import does without: it waits until a call, a command or a file asks for it.
LATER = {"oauthlib", "pypdf", "tomlkit", "asyncio", "rich", "flask", "lxml", "attrs"}
LATER |= {"depot_flux_client", "tomllib", "platformdirs"}
# The package alone, of which a program may name nothing but the errors, opens no connection either.
NAMED_LATER = LATER | {"httpx", "anyio", "tenacity", "ssl", "sqlite3"}


def wanted(requirements: list[str], extra: str = "") -> Iterator[str]:
    for each in map(Requirement, requirements):
        if each.marker is None or each.marker.evaluate({"extra": extra}):
            yield canonicalize_name(each.name)


def with_theirs(requirements: list[str]) -> set[str]:
    """The distributions that an installer brings for these, as those installed here say it."""
    found: set[str] = set()
    waiting = list(wanted(requirements))
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += wanted(requires(name) or [])
    return found


@pytest.fixture(scope="module")
def preamble() -> str:
    """Lines that make an interpreter as poor as where the client alone is installed.

    Also pytest is there, since who tests a client has it.
    """
    brought = with_theirs([*PROJECT["dependencies"], "pytest"]) | {"depot-flux-g2b"}
    absent = {
        module
        for module, homes in packages_distributions().items()
        if not {canonicalize_name(home) for home in homes} & brought
    } - {"_pytest", "tests"}
    return (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {absent!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )


def run(preamble: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", preamble + program, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_client_asks_for_nothing_of_the_simulator() -> None:
    assert not with_theirs(PROJECT["dependencies"]) & HEAVY
    assert {"flask", "granian", "sqlalchemy", "lxml"} <= with_theirs(EXTRAS["simulator"])


def test_every_other_extra_stands_on_what_it_needs() -> None:
    for name in ("contract", "fonctionnel", "postgresql", "s3", "tls"):
        assert "depot-flux-g2b[simulator]" in EXTRAS[name]
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all"}


def test_every_module_of_the_client_is_imported_where_it_is_alone(preamble: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT / folder).with_suffix("").parts).removesuffix(".__init__")
        for folder in ("client", "generated")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    assert len(modules) > 40
    done = run(
        preamble,
        "import importlib\nfor name in sys.argv[1:]: importlib.import_module(name)",
        *modules,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("imports", "later"),
    [("import depot_flux", NAMED_LATER), ("from depot_flux import DepotFlux", LATER)],
)
def test_an_import_leaves_for_later_what_it_does_not_need_at_once(
    preamble: str, imports: str, later: set[str]
) -> None:
    program = f"{imports}\nimport json; print(json.dumps(sorted(sys.modules)))"
    for where in ("", preamble):
        done = run("import sys\n" + where, program)
        assert done.returncode == 0, done.stderr
        loaded = {name for name in later if f'"{name}"' in done.stdout}
        # rich comes with httpx wherever it is installed, and asks for attrs where that is.
        assert loaded <= (set() if where else {"rich", "attrs"})


def test_what_is_imported_when_it_is_named_is_among_the_names() -> None:
    program = (
        "import depot_flux\n"
        "assert set(depot_flux.__all__) <= set(dir(depot_flux))\n"
        "from depot_flux import *\n"
        "assert DepotFlux is depot_flux.client.DepotFlux\n"
        "try: depot_flux.Depot\n"
        "except AttributeError as error: assert \"no attribute 'Depot'\" in str(error)\n"
        "else: raise AssertionError\n"
    )
    done = run("", program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("entry", "arguments", "extra"),
    [
        ("depot_flux_simulator.cli", ["check", "README.md"], "simulator"),
        ("depot_flux_contract.command", ["diff", "a", "b"], "contract"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(
    preamble: str, entry: str, arguments: list[str], extra: str
) -> None:
    done = run(preamble, f"from {entry} import main; main()", *arguments)
    assert done.returncode == 2
    assert f"pip install 'depot-flux-g2b[{extra}]'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.deep
def test_fixtures_name_the_extra_that_they_need_and_other_tests_run(
    preamble: str, tmp_path: Path
) -> None:
    mine = tmp_path / "test_mine.py"
    mine.write_text(
        "def test_simulator(depot_flux_simulator): pass\n"
        "def test_client(depot_flux_client): pass\n"
        "def test_watch(depot_flux_watch): pass\n"
        "def test_other(): pass\n"
    )
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", "/dev/null"]
    alone = [
        *("-p", "depot_flux_simulator.testing.pytest_plugin"),
        *("-p", "depot_flux_contract.pytest_plugin"),
    ]
    program = "import os; os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
    program += "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = run(preamble, program, *options, *alone, str(mine))
    assert "1 passed, 3 errors" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("pip install 'depot-flux-g2b[simulator]'") >= 2
    assert "pip install 'depot-flux-g2b[contract]'" in done.stdout
    done = run(preamble, program, *options, *alone, "--pyargs", "depot_flux_contract.suite")
    assert "pip install 'depot-flux-g2b[contract]'" in done.stderr
    assert "Traceback" not in done.stderr
