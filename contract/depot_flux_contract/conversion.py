"""Swagger 2.0 to OpenAPI 3.0, by npm's swagger2openapi: the only use of Node."""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from depot_flux_contract.errors import ContractError, Document

_TOOL = "swagger2openapi"
_PINNED = f"{_TOOL}@7.0.8"
_SECONDS = 120


def to_openapi(document: Document, name: str) -> Document:
    """Convert a Swagger 2.0 document, without repairing anything.

    Args:
        document: the document, its references already seen to stay inside it.
        name: names it in messages.

    Raises:
        ContractError: there is no Node, or the converter refuses the document.
    """
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
