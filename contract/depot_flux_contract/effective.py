"""The effective contract: the base document with the overlay of roles applied, validated."""

import json
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng.ext.parser import parse as parse_jsonpath
from oas_patch.overlay import apply_overlay
from openapi_spec_validator import validate as validate_openapi
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.reading import parse


def read_yaml(path: Path) -> Document:
    """Read a YAML or JSON document.

    Raises:
        ContractError: the file is absent, unreadable, or holds no mapping.
    """
    try:
        document = parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ContractError(f"{path}: must hold a mapping")
    return document


class _Dumper(yaml.SafeDumper):
    """Text that looks like a number or a date is quoted, anchors are never drawn."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def as_yaml(value: Any) -> str:
    """The one way the workshop writes YAML of its own."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def effective_contract(base: Document, overlay: Document) -> Document:
    """Apply an OpenAPI Overlay 1.0 to the base and validate the result.

    Raises:
        ContractError: an action of the overlay touches nothing (the library would pass it over
            in silence), or the result is no valid OpenAPI document.
    """
    for action in overlay.get("actions", []):
        target = action.get("target") if isinstance(action, dict) else None
        if not found_at(base, target):
            raise ContractError(f"overlay: target {target} matches nothing in the base")
    # A parsed YAML anchor is one object in many places; an update must touch its target only.
    try:
        result: Document = apply_overlay(json.loads(json.dumps(base)), overlay)
    except (TypeError, KeyError, ValueError) as error:
        raise ContractError(
            f"overlay: cannot be applied ({error}); a target that ends with an index, [0], must "
            "go one step further, [0].schema"
        ) from error
    try:
        validate_openapi(result)
    except OpenAPIValidationError as error:
        raise ContractError(f"the contract is no valid OpenAPI document: {error}") from error
    return result


def found_at(base: Document, target: object) -> list[Any]:
    """What a JSONPath leads to; nothing where it is no text.

    Raises:
        ContractError: the text is no JSONPath.
    """
    try:
        found = parse_jsonpath(target).find(base) if isinstance(target, str) else ()
        return [match.value for match in found]
    except Exception as error:  # the library's own errors have no common kind
        raise ContractError(f"overlay: target {target} is no JSONPath: {error}") from error


__all__ = [
    "ContractError",
    "Document",
    "as_yaml",
    "effective_contract",
    "found_at",
    "read_yaml",
]
