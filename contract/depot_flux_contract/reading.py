"""A contract file as somebody handed it over: JSON, YAML or a zip of either; untrusted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from depot_flux_contract.circles import check_circles
from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.likeness import of_bytes, of_document, of_text
from depot_flux_contract.zipped import LARGEST_ZIP, Unzipped, bounded, is_zip, unzipped
from depot_flux_simulator.contract.document import keys

_MOST_NODES = 200_000
_DEEPEST = 60
_SHOWN = 5
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_VERSIONS = {"openapi": r"3\.[01](\.|$)", "swagger": r"2\.0$", "swaggerVersion": r"1\.[12]$"}
_EXAMPLES = ("example", "examples", "default", "enum", "const")


class Source(NamedTuple):
    """A contract that was read.

    Attributes:
        name: the file's name, its member of the zip beside it.
        text: what it holds, without byte order mark.
        document: the same, parsed: plain JSON values only.
        notes: what to know of how it was chosen, one sentence each.
    """

    name: str
    text: str
    document: Document
    notes: tuple[str, ...] = ()


def read_contract(path: Path, member: str | None = None) -> Source:
    """Read an OpenAPI 3.0 or 3.1 or Swagger 1.1, 1.2 or 2.0 document.

    Args:
        path: a JSON or YAML file, UTF-8, or a zip that holds one.
        member: which file of the zip, if it holds several.

    Raises:
        ContractError: it cannot be read, is too large, is no such document, refers to other
            files or contains itself; the message is one line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_ZIP + 1)
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror or error}") from error
    return read_bytes(content, path.name, member)


def read_bytes(content: bytes, name: str, member: str | None = None) -> Source:
    """Read a document that was handed over without a file, as `read_contract` does.

    Args:
        content: what the file would hold; more than `LARGEST_ZIP` bytes are refused.
        name: names it in messages.
        member: which file of the zip, if it is one that holds several.

    Raises:
        ContractError: as `read_contract`.
    """
    if is_zip(content):
        return _checked(_chosen(bounded(content, name, LARGEST_ZIP), name, member))
    return _checked(_source(name, bounded(content, name)))


def parse(text: str, name: str) -> Any:
    """Plain JSON values from JSON or YAML; dates and yes/no stay the texts they are in JSON.

    Raises:
        ContractError: it is neither, or expands beyond all measure.
    """
    try:
        if text.lstrip()[:1] in ("{", "["):
            value = json.loads(text)
            _measure_json(value, name)
            return value
        return _parse_yaml(text, name)
    except RecursionError as error:
        raise ContractError(f"{name}: is nested too deep") from error
    except ValueError as error:
        raise ContractError(f"{name}: is no valid JSON: {error}") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ContractError(f"{name}: is neither JSON nor valid YAML: {reason}") from error


def _chosen(content: bytes, name: str, member: str | None) -> Source:
    held = unzipped(content, name, member)
    if member is not None and not held.problems and member not in held.found:
        raise ContractError(f"{name}: holds no {member}; it holds {', '.join(held.names[:20])}")
    found, problems = [], list(held.problems)
    for inside, inner in held.found.items():
        try:
            found.append(_source(f"{name}:{inside}", inner))
        except ContractError as error:
            problems.append(error)
    if not found:
        raise _nothing(held, problems)
    # A listing of Swagger 1.x lies beside the declarations it names.
    found = [source for source in found if not _is_listing(source)] or found
    # JSON leaves nothing to guess, so it goes before the same in YAML.
    found.sort(key=lambda source: not source.name.lower().endswith(".json"))
    first, *others = found
    names = ", ".join(source.name.removeprefix(f"{name}:") for source in found)
    if any(_plain(other.document) != _plain(first.document) for other in others):
        raise ContractError(f"{name}: holds several contracts, {names}; name one with --member")
    if others:
        note = f"{name} holds one contract in several spellings, {names}; the first one is read"
        return first._replace(notes=(note,))
    return first


def _is_listing(source: Source) -> bool:
    return "swaggerVersion" in source.document and "operations" not in source.text


def _nothing(held: Unzipped, problems: list[ContractError]) -> ContractError:
    """The error about a zip without a contract: what is wrong with what might have been one."""
    if len(problems) == 1:
        return problems[0]
    told = "; ".join(map(str, problems[:_SHOWN])) or f"only {', '.join(held.names[:_SHOWN])}"
    return ContractError(f"{held.name}: holds no OpenAPI or Swagger document: {told}")


def _plain(value: Any) -> Any:
    """A document without what only its spelling decides: blanks in texts, quotes about numbers."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return " ".join(str(value).split())


def _source(name: str, content: bytes) -> Source:
    looks = of_bytes(content)
    text = "" if looks else _decoded(name, content)
    looks = looks or of_text(text)
    document = None if looks else parse(text, name)
    looks = looks or ("" if _version_key(document) else of_document(document))
    if looks or not isinstance(document, dict):
        told = f": it looks like {looks}" if looks else ""
        raise ContractError(f"{name}: is no OpenAPI or Swagger document{told}")
    if not _version_key(document):
        raise ContractError(
            f"{name}: is no OpenAPI or Swagger document: it has no key openapi or swagger"
        )
    return Source(name, text, document)


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        looks = "UTF-16" if content[:2] in _UTF_16 else "ISO-8859-1 or Windows-1252"
        raise ContractError(
            f"{name}: is no UTF-8 text: byte {error.start} is 0x{content[error.start]:02x}, as in "
            f"a file saved as {looks}; save it as UTF-8"
        ) from error


def _checked(source: Source) -> Source:
    key = _version_key(source.document)
    version = str(source.document[key])
    if not re.match(_VERSIONS[key], version):
        raise ContractError(
            f"{source.name}: is written in {key} {version}; Swagger 1.1, 1.2 and 2.0 and OpenAPI "
            "3.0 and 3.1 can be adopted"
        )
    if key != "swaggerVersion":  # which names its models without a path
        check_references(source.document, source.name)
    return source


def _version_key(document: Any) -> str:
    held = document if isinstance(document, dict) else {}
    return next((key for key in _VERSIONS if key in held), "")


# -- YAML ----------------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON knows it: a date, `yes` or `12:30` is a text."""


_Loader.yaml_implicit_resolvers = {
    key: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] in ("null", "merge", "value")
    ]
    for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def _parse_yaml(text: str, name: str) -> Any:
    _measure_depth(text, name)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        # Before anything is built: an alias costs a line and may stand for millions.
        _measure_yaml(node, name, {})
        value = loader.construct_document(node)
    finally:
        loader.dispose()
    # One object for each place, and text keys, as in JSON: response codes are often bare numbers.
    return json.loads(json.dumps(value, allow_nan=False, default=str))


def _measure_depth(text: str, name: str) -> None:
    depth = 0
    # Events come one by one; what builds nodes from them calls itself for each level.
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ContractError(f"{name}: is nested deeper than {_DEEPEST} levels")


def _measure_yaml(node: Any, name: str, known: dict[int, int]) -> int:
    if id(node) in known:
        size = known[id(node)]
        if size == 0:
            raise ContractError(f"{name}: a YAML anchor contains itself")
        return size
    known[id(node)] = 0
    children: list[Any] = []
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    size = 1 + sum(_measure_yaml(child, name, known) for child in children)
    if size > _MOST_NODES:
        raise ContractError(
            f"{name}: expands to more than {_MOST_NODES} values; its YAML aliases are a bomb"
        )
    known[id(node)] = size
    return size


def _measure_json(value: Any, name: str, depth: int = 0) -> int:
    if depth > _DEEPEST:
        raise ContractError(f"{name}: is nested deeper than {_DEEPEST} levels")
    children: Any = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    size = 1 + sum(_measure_json(child, name, depth + 1) for child in children)
    if size > _MOST_NODES:
        raise ContractError(f"{name}: holds more than {_MOST_NODES} values")
    return size


# -- references ----------------------------------------------------------------------------------


def references(node: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every reference of a document, with the JSON pointer of what refers."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from references(item, f"{pointer}/{number}")
    elif isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            yield pointer, target
        for key, value in node.items():
            # A property may be called `example`; then it holds a schema.
            if key not in _EXAMPLES or pointer.endswith("/properties"):
                yield from references(value, f"{pointer}/{escape(str(key))}")


def escape(name: str) -> str:
    """A key as a JSON pointer writes it."""
    return name.replace("~", "~0").replace("/", "~1")


def check_references(document: Document, name: str) -> None:
    """See that every reference of a document leads to something in it, and to nothing endless.

    Raises:
        ContractError: one does not; the message names it.
    """
    targets: set[str] = set()
    for pointer, target in references(document):
        if not target.startswith("#/"):
            raise ContractError(
                f"{name}: {pointer} refers to {target}, outside the file; bundle the contract "
                "into one file first"
            )
        _check_target(document, name, pointer, target)
        targets.add(target)
    check_circles(document, name, targets)


def _check_target(document: Document, name: str, pointer: str, target: str) -> None:
    node: Any = document
    for key in keys(target):
        if isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            raise ContractError(f"{name}: {pointer} refers to {target}, which is not there")
