"""What is in wheel and sdist, and that both do on their own what they are for."""

import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from depot_flux_simulator.samples import facture_ubl
from tests.support.served import served

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "depot_flux_client": "generated",
    "depot_flux_simulator": "simulator",
    "depot_flux": "client",
    "depot_flux_contract": "contract",
}
WHEELS = {
    "depot_flux_g2b": {"depot_flux_client", "depot_flux"},
    "depot_flux_simulator": {"depot_flux_simulator"},
    "depot_flux_contract": {"depot_flux_contract"},
}
# What travels inside a package and lies elsewhere in the sources.
BESIDE = {
    "depot_flux_simulator/openapi.json": "generated/openapi.json",
    "depot_flux_simulator/provenance.json": "generated/provenance.json",
}
FOLDERS = {
    *("benchmarks", "client", "contract", "docs", "examples"),
    *("generated", "simulator", "spec", "tests"),
}
LOOSE = {
    *(".gitignore", "LICENSE", "Makefile", "PKG-INFO", "pyproject.toml", "requirements.lock"),
    *(
        "mkdocs.yml",
        "noxfile.py",
        "package.json",
        "package-lock.json",
        "README.md",
        "README.fr.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
    ),
}


@pytest.fixture(scope="module")
def wheels(built: Path) -> dict[str, Path]:
    """The wheels by the distribution of each."""
    return {path.name.partition("-")[0]: path for path in built.glob("*.whl")}


@pytest.fixture(scope="module")
def sources(built: Path) -> Path:
    """The sdist, unpacked."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        # What Python 3.11.4 takes as an argument.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(built / "sources")
    (folder,) = (built / "sources").iterdir()
    return folder


def files(folder: Path) -> set[str]:
    """Every file of a folder that is not the work of a tool."""
    made = {"__pycache__", ".hypothesis"}
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not made & set(path.parts)
    }


def run(folder: Path, python_path: str, *arguments: str) -> str:
    """Run this interpreter elsewhere, the checkout that it knows behind what is tried."""
    environment = {**os.environ, "PYTHONPATH": python_path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_wheel_holds_its_packages_and_nothing_else(wheels: dict[str, Path]) -> None:
    assert wheels.keys() == WHEELS.keys()
    for name, packages in WHEELS.items():
        with zipfile.ZipFile(wheels[name]) as archive:
            held = {path for path in archive.namelist() if ".dist-info/" not in path}
            metadata = {path.rpartition("/")[2] for path in archive.namelist() if path not in held}
        expected = {
            f"{package}/{path}"
            for package in packages
            for path in files(ROOT / PACKAGES[package] / package)
        }
        beside = {inside for inside in BESIDE if inside.partition("/")[0] in packages}
        assert held == expected | beside
        assert metadata == {"METADATA", "RECORD", "WHEEL", "LICENSE", "entry_points.txt"}
        assert {f"{package}/py.typed" for package in packages} <= held
        if name == "depot_flux_simulator":
            assert "depot_flux_simulator/access/applications.toml" in held
            assert "depot_flux_simulator/web/control_plane/openapi.json" in held


def test_what_travels_inside_a_package_is_what_lies_in_the_sources(
    wheels: dict[str, Path],
) -> None:
    for inside, source in BESIDE.items():
        with zipfile.ZipFile(wheels[inside.partition("/")[0]]) as archive:
            assert archive.read(inside) == (ROOT / source).read_bytes()


def test_the_three_go_out_in_one_version_under_one_licence() -> None:
    said = {
        folder: tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
        for folder in (".", "simulator", "contract")
    }
    (version,) = {project["version"] for project in said.values()}
    assert len({(project["license"], project["requires-python"]) for project in said.values()}) == 1
    assert {(ROOT / folder / "LICENSE").read_text("utf-8") for folder in said} == {
        (ROOT / "LICENSE").read_text("utf-8")
    }
    asked = [
        requirement
        for project in said.values()
        for group in (project["dependencies"], *project.get("optional-dependencies", {}).values())
        for requirement in map(Requirement, group)
        if requirement.name in {one["name"] for one in said.values()}
    ]
    # The extra that brings all names others of its own distribution.
    others = [one for one in asked if len(one.extras) < 2]
    assert len(others) == len(asked) - 1 == 8
    assert {str(one.specifier) for one in others} == {f"=={version}"}


def test_the_wheels_work_where_there_is_nothing_else(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(installed)
    empty.mkdir()
    program = (
        "from depot_flux_simulator.testing import DEFAULT_CONTRACT, Simulator\n"
        "import depot_flux, depot_flux_client, depot_flux_contract.command, depot_flux_simulator\n"
        "with Simulator(pace=0) as simulator:\n"
        "    print(simulator.status(simulator.deposit(b'<Invoice/>')))\n"
        "for part in (depot_flux, depot_flux_client, depot_flux_contract, depot_flux_simulator):\n"
        "    print(part.__file__)\n"
        "print(DEFAULT_CONTRACT)\n"
    )
    status, *places = run(empty, str(installed), "-c", program).split()
    assert status == "IRRECEVABLE"
    assert len(places) == 5
    assert all(place.startswith(str(installed)) for place in places)


def test_the_sdist_holds_the_sources_and_nothing_else(sources: Path) -> None:
    held = files(sources)
    loose = {name for name in held if "/" not in name}
    assert loose == LOOSE
    expected = {f"{folder}/{name}" for folder in FOLDERS for name in files(ROOT / folder)}
    assert held - loose == expected


@pytest.mark.deep
def test_the_client_alone_is_small_and_works_in_an_empty_environment(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    # This environment's installer, for the other one.
    client = str(wheels["depot_flux_g2b"])
    run(tmp_path, "", "-m", "pip", "--python", str(python), "install", client)
    (packages,) = place.glob("lib/python*/site-packages")
    names = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert {"httpx", "attrs", "depot_flux_g2b"} <= names
    assert len(names) < 20
    assert not names & {"flask", "granian", "sqlalchemy", "lxml", "saxonche", "rich", "requests"}
    # With the bytecode that pip makes.
    assert list(packages.rglob("depot_flux/**/*.pyc"))
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    assert size < 15_000_000
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1"}
    environment |= {"DEPOT_FLUX_PROFIL": "simulator"}

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        path = place / "bin" / arguments[0]
        return subprocess.run(
            [path, *arguments[1:]], env=environment, capture_output=True, text=True, check=False
        )

    with served(tmp_path, "--pace", "0", "--workers", "1") as simulator:
        environment["DEPOT_FLUX_BASE_URL"] = simulator.base_url
        (tmp_path / "F1.xml").write_bytes(facture_ubl("F1"))
        done = command("depot-flux", "deposer", str(tmp_path / "F1.xml"), "--attendre")
    assert "RECEVABLE" in done.stdout, done.stderr


@pytest.mark.deep
def test_the_sdist_runs_its_own_tests(sources: Path) -> None:
    folders = [sources / folder for folder in dict.fromkeys(PACKAGES.values())]
    path = os.pathsep.join(map(str, folders))
    chosen = ["tests/lifecycle/test_lifecycle.py", "tests/contract/test_provenance.py"]
    told = run(sources, path, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *chosen)
    assert " passed" in told
    place = run(sources, path, "-c", "import depot_flux_simulator as it; print(it.__file__)")
    assert place.startswith(str(sources))
