"""What the tests of adoption share."""

import atexit
import os
import shutil
import zipfile
from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from depot_flux_contract.adopt import Adoption, adopt

CONTRATS = Path(__file__).parents[1] / "adoption" / "contrats"
ROOT = Path(__file__).parents[2]
PUBLISHED = Path(os.environ.get("DEPOT_FLUX_CONTRACTS", ROOT.parent / "shared" / "contracts"))
"""Contracts that others published and that are not ours to copy."""


def adopted(folder: Path, path: Path, **options: object) -> Adoption:
    """Adopt into a folder that holds this project's own contract."""
    if not (folder / "spec").exists():
        shutil.copytree(
            ROOT / "spec", folder / "spec", ignore=shutil.ignore_patterns("depot_flux_contract")
        )
        shutil.copytree(ROOT / "generated", folder / "generated")
    return adopt(path, folder / "spec", folder / "generated", **options)  # type: ignore[arg-type]


@cache
def adopted_house(name: str) -> tuple[Path, Adoption]:
    """A folder that adopted a contract of the fixtures, made once; for tests that change nothing.

    Returns:
        The folder with its spec/ and generated/, and what the adoption told.
    """
    held = TemporaryDirectory()
    atexit.register(held.cleanup)
    folder = Path(held.name)
    if name.startswith("swagger2"):
        needs_converter()
    with chdir(ROOT):  # where the converter is installed
        return folder, adopted(folder, contract(name, folder))


def contract(name: str, folder: Path) -> Path:
    """A contract of the fixtures; the one that comes in a zip, zipped."""
    path = CONTRATS / name
    if path.stem != "dans-un-zip":
        return path
    zipped = folder / "G2b_api_flux_swagger_v1.2.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("G2b/lisez-moi.txt", "Contrat de l'API flux")
        archive.writestr("G2b/api-flux.json", b"\xef\xbb\xbf" + path.read_bytes())
        archive.writestr("__MACOSX/G2b/._api-flux.json", b"\0\1")
    return zipped


def published(name: str) -> Path:
    """A contract that others published; skips where it is not at hand."""
    path = PUBLISHED / name
    if not path.exists():
        pytest.skip(f"{name} is not in {PUBLISHED}; DEPOT_FLUX_CONTRACTS names another folder")
    return path


def needs_converter() -> None:
    """Skip where Swagger 2.0 cannot be converted without fetching the converter."""
    installed = (ROOT / "node_modules" / ".bin" / "swagger2openapi").exists()
    if not (shutil.which("node") and installed) and not shutil.which("swagger2openapi"):
        pytest.skip("swagger2openapi is not installed; `make node_modules/.ready` installs it")


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, and what it holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
