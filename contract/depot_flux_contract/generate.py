"""`generated/` from `spec/`: the effective contract and the client that follows it."""

import filecmp
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.resources import files
from io import StringIO
from os import environ, pathsep
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.openapi import GeneratorData

from depot_flux_contract.bindings import bindings
from depot_flux_contract.effective import ContractError, Document, effective_contract, read_yaml
from depot_flux_simulator.contract.document import Document as Resolver

CLIENT = "depot_flux_client"
EFFECTIVE = "openapi.json"
BINDINGS = "bindings.json"
BASE, OVERLAY = "depot-flux-g2b.yaml", "roles.overlay.yaml"

# The generator sends every multipart body with one fixed boundary, which cuts a file that holds
# it. Without the header httpx draws a boundary of its own for each request.
_FIXED_BOUNDARY = 'headers["Content-Type"] = "multipart/form-data; boundary=+++"'
_TEMPLATE = "endpoint_module.py.jinja"
_BYTES = "application/octet-stream"


def generate(spec: Path, target: Path) -> list[str]:
    """Write the effective contract, the client package and the table that binds them to `target`.

    Args:
        spec: folder that holds the base contract, the overlay and the generator's configuration.
        target: folder for `openapi.json`, `bindings.json` and `depot_flux_client/`, replaced if
            there.

    Returns:
        What the generator leaves out of the client, one sentence each.

    Raises:
        ContractError: the contract is invalid or the generator cannot express it.
    """
    document = effective_contract(read_yaml(spec / BASE), read_yaml(spec / OVERLAY))
    target.mkdir(parents=True, exist_ok=True)
    (target / EFFECTIVE).write_text(as_json(document), encoding="utf-8")
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


def _called_only(document: Document) -> Document:
    """The document without callbacks: no function of a client comes from what others call.

    The generator fails on a `$ref` there. Of webhooks it reads nothing.
    """
    paths = {path: _without_callbacks(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths}


def _without_callbacks(item: Document) -> Document:
    return {
        key: {name: part for name, part in value.items() if name != "callbacks"}
        if isinstance(value, dict)
        else value
        for key, value in item.items()
    }


def _plain_headers(document: Document) -> Document:
    """The document in which a header's identifier is a text.

    The generated function would put a UUID into the headers as the object it is, which httpx
    refuses.
    """
    resolver = Resolver(document)

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(each) for each in node]
        if not isinstance(node, dict):
            return node
        schema = node.get("schema")
        if node.get("in") == "header" and isinstance(schema, dict):
            whole = resolver.whole(schema)
            if whole.get("format") == "uuid":
                return {**node, "schema": {k: v for k, v in whole.items() if k != "format"}}
        return {key: plain(value) for key, value in node.items()}

    made: Document = plain(document)
    return made


def _for_generator(node: Any) -> Any:
    """The document as the generator understands it; the contract itself stays as it is.

    It would name classes after French titles, and knows files by OpenAPI 3.0's `format` only.
    """
    if isinstance(node, dict):
        # A property may itself be called title; then its value is a schema, not a text.
        kept = {
            key: _for_generator(value)
            for key, value in node.items()
            if key != "title" or not isinstance(value, str) or "version" in node
        }
        if node.get("type") == "string" and node.get("contentMediaType"):
            kept |= {} if node.get("contentEncoding") else {"format": "binary"}
        if isinstance(node.get("requestBody"), dict):
            _make_raw(kept["requestBody"])
        if isinstance(node.get("responses"), dict):
            _prefer_json(kept["responses"])
        return _enumerated(kept)
    return [_for_generator(item) for item in node] if isinstance(node, list) else node


def _enumerated(schema: dict[str, Any]) -> dict[str, Any]:
    """Alternatives that are one value each as the enumeration they are.

    Of several `const` the generator's client reads the first alone.
    """
    for keyword in ("oneOf", "anyOf"):
        alternatives = schema.get(keyword)
        if isinstance(alternatives, list) and alternatives:
            values = [each.get("const") for each in alternatives if isinstance(each, dict)]
            if len(values) == len(alternatives) and all(isinstance(v, str) for v in values):
                rest = {key: value for key, value in schema.items() if key != keyword}
                return {**rest, "type": "string", "enum": values}
    return schema


def _prefer_json(responses: dict[str, Any]) -> None:
    """Of an answer in JSON or in bytes the client reads the JSON; it reads one form alone."""
    for response in responses.values():
        content = response.get("content") if isinstance(response, dict) else None
        if isinstance(content, dict) and any("json" in name for name in content):
            response["content"] = {k: v for k, v in content.items() if "json" in k}


def _make_raw(body: dict[str, Any]) -> None:
    """OpenAPI 3.1 says of a raw body no more than its media type."""
    for media_type, media in body.get("content", {}).items():
        structured = ("json", "multipart/", "urlencoded")
        if not any(word in media_type for word in structured) and not media.get("schema"):
            media["schema"] = {"type": "string", "format": "binary"}
    # Of several kinds of bytes the client sends the first: the generator cannot tell them apart.
    for name in _raw_types(body)[1:]:
        del body["content"][name]


def _raw_types(body: dict[str, Any]) -> list[str]:
    """The media types of a request body that are a file and nothing else."""
    return [
        name
        for name, media in body.get("content", {}).items()
        if "multipart/" not in name and media.get("schema", {}).get("format") == "binary"
    ]


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
    understood = json.loads(as_json(_for_generator(_plain_headers(_called_only(document)))))
    # Bytes are bytes, under whatever name they are sent.
    resolver = Resolver(understood)
    for _, _, node in resolver.operations():
        body = resolver.resolve(node.get("requestBody", {}))
        config.content_type_overrides.update(dict.fromkeys(_raw_types(body), _BYTES))
    made = GeneratorData.from_dict(understood, config=config)
    if isinstance(made, GeneratorError):
        raise ContractError(f"the client cannot be generated: {_in_words(made)}")
    return made


def _in_words(error: GeneratorError) -> str:
    return " ".join(f"{error.header} {error.detail or ''}".split())


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
