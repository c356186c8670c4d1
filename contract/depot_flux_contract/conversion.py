"""Any document that can be adopted as OpenAPI 3 whose paths stand in their places.

Swagger 1.x is read by a module of ours, Swagger 2.0 by npm's swagger2openapi.
"""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.reading import check_references
from depot_flux_contract.swagger1 import from_swagger_1
from depot_flux_simulator.contract.document import Document as Resolver
from depot_flux_simulator.errors import ConfigurationError

_TOOL = "swagger2openapi"
_PINNED = f"{_TOOL}@7.0.8"
_SECONDS = 120


def to_openapi(document: Document, name: str) -> Document:
    """Convert a document to OpenAPI 3, without repairing anything.

    Args:
        document: the document, its references already seen to stay inside it.
        name: names it in messages.

    Returns:
        The document itself, where nothing is to convert.

    Raises:
        ContractError: there is no Node, or the converter refuses the document.
    """
    if "swaggerVersion" in document:
        document = from_swagger_1(document, name)
        check_references(document, name)
    elif "swagger" in document:
        document = _from_swagger_2(document, name)
    return plain_paths(document)


def plain_paths(document: Document) -> Document:
    """The document with every path item in its place, where one refers to another.

    Roles and provenance point to operations by path and method, so a path must hold them itself.
    What stands beside a reference goes before what it refers to.

    Raises:
        ContractError: a path item refers to none, or to itself.
    """
    paths = document.get("paths")
    if not isinstance(paths, dict) or not any(map(_refers, paths.values())):
        return document
    held = Resolver(document)
    try:
        return {**document, "paths": {path: _whole(held, item) for path, item in paths.items()}}
    except (ConfigurationError, RecursionError) as error:
        raise ContractError(f"a path refers to no path item: {error}") from error


def _refers(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("$ref"), str)


def _whole(held: Resolver, item: Any) -> Any:
    if not _refers(item):
        return item
    beside = {key: value for key, value in item.items() if key != "$ref"}
    return {**_whole(held, held.at(item["$ref"])), **beside}


def _from_swagger_2(document: Document, name: str) -> Document:
    with TemporaryDirectory() as folder:
        given, made = Path(folder, "swagger.json"), Path(folder, "openapi.json")
        given.write_text(json.dumps(document), encoding="utf-8")
        command = [*converter(), str(given), "--outfile", str(made)]
        try:
            done = subprocess.run(  # noqa: S603 (a fixed command on files of ours)
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ContractError(f"{name}: {_TOOL} gave no answer in {_SECONDS} s") from error
        if not made.exists():
            reason = next(iter((done.stderr or done.stdout).strip().splitlines()), "no reason")
            raise ContractError(f"{name}: cannot be converted to OpenAPI 3: {reason}")
        converted: Document = json.loads(made.read_text(encoding="utf-8"))
    return converted


def converter() -> list[str]:
    """The command of the converter: installed here or on PATH, else fetched by npx.

    Raises:
        ContractError: there is no Node.
    """
    installed = Path("node_modules", ".bin", _TOOL).absolute()
    if shutil.which("node") and installed.exists():
        return [str(installed)]
    found = shutil.which(_TOOL)
    if found:
        return [found]
    npx = shutil.which("npx")
    if npx:
        return [npx, "--yes", "--package", _PINNED, "--", _TOOL]
    raise ContractError(
        "a Swagger 2.0 file is converted by npm's swagger2openapi, which needs Node; install "
        "Node, or hand over the contract as OpenAPI 3"
    )
