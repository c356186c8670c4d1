"""`generated/` from `spec/`: the effective contract and the client that follows it."""

import filecmp
import json
import shutil
import sys
from collections.abc import Iterator
from importlib.resources import files
from os import environ, pathsep
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openapi_python_client import generate as generate_client
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError

from depot_flux_contract.effective import ContractError, Document, effective_contract, read_yaml

CLIENT = "depot_flux_client"
EFFECTIVE = "openapi.json"

# The generator sends every multipart body with one fixed boundary, which cuts a file that holds
# it. Without the header httpx draws a boundary of its own for each request.
_FIXED_BOUNDARY = 'headers["Content-Type"] = "multipart/form-data; boundary=+++"'
_TEMPLATE = "endpoint_module.py.jinja"


def generate(spec: Path, target: Path) -> None:
    """Write the effective contract and the client package into `target`.

    Args:
        spec: folder that holds the base contract, the overlay and the generator's configuration.
        target: folder for `openapi.json` and `depot_flux_client/`, replaced if there.

    Raises:
        ContractError: the contract is invalid or the generator cannot express it.
    """
    document = effective_contract(
        read_yaml(spec / "depot-flux-g2b.yaml"), read_yaml(spec / "roles.overlay.yaml")
    )
    target.mkdir(parents=True, exist_ok=True)
    (target / EFFECTIVE).write_text(as_json(document), encoding="utf-8")
    with TemporaryDirectory() as folder:
        untitled = Path(folder) / EFFECTIVE
        untitled.write_text(as_json(_without_titles(document)), encoding="utf-8")
        _mend_template(Path(folder))
        _run_generator(untitled, spec / "client.yaml", target / CLIENT, Path(folder))
    (target / CLIENT / "py.typed").touch()
    # The facade finds its way in the client by the roles of the contract it was made from.
    shutil.copyfile(target / EFFECTIVE, target / CLIENT / EFFECTIVE)


def differences(expected: Path, actual: Path) -> list[str]:
    """Names of the files that differ between two generated folders, sorted."""
    return sorted(_differences(filecmp.dircmp(expected, actual, ignore=["__pycache__"])))


def check(spec: Path, generated: Path) -> list[str]:
    """Names of the files in `generated` that regenerating would change."""
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / "generated"
        generate(spec, fresh)
        return differences(fresh, generated)


def as_json(document: Document) -> str:
    """The one way a contract is written as JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _without_titles(node: Any) -> Any:
    """The document for the generator, which would name classes after French titles."""
    if isinstance(node, dict):
        # A property may itself be called title; then its value is a schema, not a text.
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if key != "title" or not isinstance(value, str) or "version" in node
        }
    return [_without_titles(item) for item in node] if isinstance(node, list) else node


def _mend_template(folder: Path) -> None:
    template = (files("openapi_python_client") / "templates" / _TEMPLATE).read_text("utf-8")
    if _FIXED_BOUNDARY not in template:
        raise ContractError(
            f"the generator's {_TEMPLATE} no longer sets the boundary this project mends; "
            "look whether the mend is still needed"
        )
    mended = template.replace(_FIXED_BOUNDARY, "")
    (folder / _TEMPLATE).write_text(mended, encoding="utf-8")


def _run_generator(contract: Path, config_file: Path, target: Path, templates: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    # The generator formats with ruff only when it finds it on PATH: this environment's own.
    environ["PATH"] = str(Path(sys.executable).parent) + pathsep + environ.get("PATH", "")
    config = Config.from_sources(
        ConfigFile.load_from_path(config_file),
        MetaType.NONE,
        document_source=contract,
        file_encoding="utf-8",
        overwrite=True,
        output_path=target,
    )
    errors = generate_client(config=config, custom_template_path=templates)
    if errors:
        raise ContractError(
            "the client cannot be generated: " + "; ".join(_in_words(error) for error in errors)
        )


def _in_words(error: GeneratorError) -> str:
    return f"{error.header} {error.detail or ''}".strip()


def _differences(comparison: "filecmp.dircmp[str]", prefix: str = "") -> Iterator[str]:
    for name in comparison.left_only + comparison.right_only + comparison.funny_files:
        yield prefix + name
    # dircmp compares sizes and times; regenerating must give the same bytes.
    _, mismatch, errors = filecmp.cmpfiles(
        comparison.left, comparison.right, comparison.common_files, shallow=False
    )
    yield from (prefix + name for name in mismatch + errors)
    for name, inner in comparison.subdirs.items():
        yield from _differences(inner, f"{prefix}{name}/")
