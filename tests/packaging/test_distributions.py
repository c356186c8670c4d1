"""What is in wheel and sdist, and that both do on their own what they are for."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "depot_flux_client": "generated",
    "depot_flux_simulator": "simulator",
    "depot_flux": "client",
    "depot_flux_contract": "contract",
}
# What travels inside a package and lies elsewhere in the sources.
BESIDE = {
    "depot_flux_simulator/openapi.json": "generated/openapi.json",
    "depot_flux_simulator/provenance.json": "generated/provenance.json",
    "depot_flux_client/bindings.json": "generated/bindings.json",
}
FOLDERS = {
    *("benchmarks", "client", "contract", "docs", "examples"),
    *("generated", "simulator", "spec", "tests"),
}
LOOSE = {
    *(".gitignore", "LICENSE", "Makefile", "PKG-INFO", "pyproject.toml", "requirements.lock"),
    *("package.json", "package-lock.json", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both, the wheel made from the sdist as an installer makes it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def sources(built: Path) -> Path:
    """The sdist, unpacked."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(built / "sources", filter="data")
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


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {name.rpartition("/")[2] for name in archive.namelist()} - {
            name.rpartition("/")[2] for name in held
        }
    expected = {
        f"{package}/{name}"
        for package, folder in PACKAGES.items()
        for name in files(ROOT / folder / package)
    }
    assert held == expected | BESIDE.keys()
    assert metadata == {"METADATA", "RECORD", "WHEEL", "LICENSE", "entry_points.txt"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= held
    assert "depot_flux_simulator/access/applications.toml" in held
    assert "depot_flux_simulator/web/control_plane/openapi.json" in held


def test_what_travels_inside_a_package_is_what_lies_in_the_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for inside, source in BESIDE.items():
            assert archive.read(inside) == (ROOT / source).read_bytes()


def test_the_wheel_works_where_there_is_nothing_else(wheel: Path, tmp_path: Path) -> None:
    installed, empty = tmp_path / "installed", tmp_path / "empty"
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
def test_the_sdist_runs_its_own_tests(sources: Path) -> None:
    folders = [sources / folder for folder in dict.fromkeys(PACKAGES.values())]
    path = os.pathsep.join(map(str, folders))
    chosen = ["tests/lifecycle/test_lifecycle.py", "tests/contract/test_provenance.py"]
    told = run(sources, path, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *chosen)
    assert " passed" in told
    place = run(sources, path, "-c", "import depot_flux_simulator as it; print(it.__file__)")
    assert place.startswith(str(sources))
