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
CLIENT, SIMULATOR = (
    tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    for folder in (".", "simulator")
)
EXTRAS = CLIENT["optional-dependencies"]
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
    """Lines that make an interpreter as poor as where the client alone is installed."""
    brought = with_theirs(CLIENT["dependencies"]) | {"depot-flux-g2b"}
    absent = {
        module
        for module, homes in packages_distributions().items()
        if not {canonicalize_name(home) for home in homes} & brought
    } - {"tests"}
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
    assert not with_theirs(CLIENT["dependencies"]) & HEAVY
    assert {"flask", "granian", "sqlalchemy", "lxml"} <= with_theirs(SIMULATOR["dependencies"])


def test_an_extra_brings_what_it_is_called_like() -> None:
    """All but tracing, which is the client's own, bring another distribution of ours."""
    assert SIMULATOR["optional-dependencies"].keys() < EXTRAS.keys()
    for name in EXTRAS.keys() - {"all", "opentelemetry"}:
        (brought,) = map(Requirement, EXTRAS[name])
        part = "contract" if name == "contract" else "simulator"
        assert brought.name == f"depot-flux-{part}"
        assert brought.extras == {name} - {"contract", "simulator"}
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all", "simulator"}  # contract brings that


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
