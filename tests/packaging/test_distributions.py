"""What is in wheel and sdist, and that both do on their own what they are for."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from depot_flux_simulator.samples import facture_ubl
from tests.support.served import served

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
def test_the_client_alone_is_small_and_works_in_an_empty_environment(
    wheel: Path, tmp_path: Path
) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    # This environment's installer, for the other one.
    run(tmp_path, "", "-m", "pip", "--python", str(python), "install", "--no-compile", str(wheel))
    (packages,) = place.glob("lib/python*/site-packages")
    names = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert {"httpx", "attrs", "depot_flux_g2b"} <= names
    assert len(names) < 20
    assert not names & {"flask", "granian", "sqlalchemy", "lxml", "saxonche", "rich", "requests"}
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
    done = command("depot-flux-simulator")
    assert done.returncode == 2
    assert "pip install 'depot-flux-g2b[simulator]'" in done.stderr


@pytest.mark.deep
def test_the_sdist_runs_its_own_tests(sources: Path) -> None:
    folders = [sources / folder for folder in dict.fromkeys(PACKAGES.values())]
    path = os.pathsep.join(map(str, folders))
    chosen = ["tests/lifecycle/test_lifecycle.py", "tests/contract/test_provenance.py"]
    told = run(sources, path, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *chosen)
    assert " passed" in told
    place = run(sources, path, "-c", "import depot_flux_simulator as it; print(it.__file__)")
    assert place.startswith(str(sources))
