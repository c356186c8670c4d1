"""`generated/` from `spec/`: the effective contract and the client that follows it."""

import filecmp
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.resources import files
from io import StringIO
from itertools import chain
from os import environ, pathsep
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.openapi import GeneratorData

from depot_flux_contract.bindings import bindings
from depot_flux_contract.effective import ContractError, Document, effective_contract, read_yaml
from depot_flux_contract.folders import (
    BASE,
    BINDINGS,
    CLIENT,
    EFFECTIVE,
    OVERLAY,
    PROVENANCE,
    TOLD,
)
from depot_flux_contract.simplified import raw_types, request_bodies, simplified

# The generator sends every multipart body with one fixed boundary, which cuts a file that holds
# it. Without the header httpx draws a boundary of its own for each request.
_FIXED_BOUNDARY = 'headers["Content-Type"] = "multipart/form-data; boundary=+++"'
_TEMPLATE = "endpoint_module.py.jinja"
_BYTES = "application/octet-stream"


def generate(spec: Path, target: Path) -> list[str]:
    """Write the effective contract, the client package and the table that binds them to `target`.

    Args:
        spec: folder that holds the base contract, the overlay and the generator's configuration.
        target: folder for `openapi.json`, `provenance.json`, `bindings.json` and
            `depot_flux_client/`, replaced if there.

    Returns:
        What the generator leaves out of the client, one sentence each.

    Raises:
        ContractError: the contract is invalid or the generator cannot express it.
    """
    document = effective_contract(read_yaml(spec / BASE), read_yaml(spec / OVERLAY))
    target.mkdir(parents=True, exist_ok=True)
    (target / EFFECTIVE).write_text(as_json(document), encoding="utf-8")
    if (spec / PROVENANCE).exists():
        provenance = as_json(read_yaml(spec / PROVENANCE))
        (target / TOLD).write_text(provenance, encoding="utf-8")
    with TemporaryDirectory() as folder:
        _mend_template(Path(folder))
        made, left_out = _run_generator(
            document, spec / "client.yaml", target / CLIENT, Path(folder)
        )
    (target / CLIENT / "py.typed").touch()
    (target / BINDINGS).write_text(as_json(bindings(document, made)), encoding="utf-8")
    # The facade finds its way in the client by the table that was made with it.
    shutil.copyfile(target / BINDINGS, target / CLIENT / BINDINGS)
    return left_out


def parsed(document: Document, config_file: Path) -> GeneratorData:
    """What the generator makes of an effective contract, without writing a client.

    Raises:
        ContractError: the generator cannot express the contract.
    """
    return _parsed(document, _config(config_file, Path(CLIENT), Path(EFFECTIVE)))


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


def _mend_template(folder: Path) -> None:
    template = (files("openapi_python_client") / "templates" / _TEMPLATE).read_text("utf-8")
    if _FIXED_BOUNDARY not in template:
        raise ContractError(
            f"the generator's {_TEMPLATE} no longer sets the boundary this project mends; "
            "look whether the mend is still needed"
        )
    mended = template.replace(_FIXED_BOUNDARY, "")
    (folder / _TEMPLATE).write_text(mended, encoding="utf-8")


def _run_generator(
    contract: Document, config_file: Path, target: Path, templates: Path
) -> tuple[GeneratorData, list[str]]:
    """Generate the client: what the generator made of the contract, and what it left out."""
    shutil.rmtree(target, ignore_errors=True)
    # The generator formats with ruff only when it finds it on PATH: this environment's own.
    environ["PATH"] = str(Path(sys.executable).parent) + pathsep + environ.get("PATH", "")
    config = _config(config_file, target, templates / EFFECTIVE)
    made = _parsed(contract, config)
    project = Project(openapi=made, config=config, custom_template_path=templates)
    with redirect_stdout(StringIO()):  # it says where it writes, which is a temporary folder
        found = project.build()
    errors = [error for error in found if not isinstance(error, ParseError)]
    if errors:
        raise ContractError(
            "the client cannot be generated: " + "; ".join(_in_words(error) for error in errors)
        )
    return made, [f"the client leaves out: {_in_words(error)}" for error in found]


def _config(config_file: Path, target: Path, source: Path) -> Config:
    return Config.from_sources(
        ConfigFile.load_from_path(config_file),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=True,
        output_path=target,
    )


def _parsed(document: Document, config: Config) -> GeneratorData:
    understood = simplified(document)
    # Bytes are bytes, under whatever name they are sent.
    raw = (raw_types(body) for body in request_bodies(understood))
    config.content_type_overrides.update(dict.fromkeys(chain.from_iterable(raw), _BYTES))
    made = GeneratorData.from_dict(understood, config=config)
    if isinstance(made, GeneratorError):
        raise ContractError(f"the client cannot be generated: {_in_words(made)}")
    return made


def _in_words(error: GeneratorError) -> str:
    # It writes texts of the contract as the objects it wraps them in.
    told = re.sub(
        r"<\S*UntrustedString object at \w+>", "…", f"{error.header} {error.detail or ''}"
    )
    return " ".join(told.split())


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
