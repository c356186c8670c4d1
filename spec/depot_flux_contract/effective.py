"""The effective contract: the base document with the overlay of roles applied, validated."""

import json
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng.ext.parser import parse as parse_jsonpath
from oas_patch.overlay import apply_overlay
from openapi_spec_validator import validate as validate_openapi
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

Document = dict[str, Any]


class ContractError(Exception):
    """The contract, or what goes with it, cannot be used; the message says why."""


def read_yaml(path: Path) -> Document:
    """Read a YAML or JSON document.

    Raises:
        ContractError: the file is absent, unreadable, or holds no mapping.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ContractError(f"{path}: must hold a mapping")
    return document


def effective_contract(base: Document, overlay: Document) -> Document:
    """Apply an OpenAPI Overlay 1.0 to the base and validate the result.

    Raises:
        ContractError: an action of the overlay touches nothing (the library would pass it over
            in silence), or the result is no valid OpenAPI document.
    """
    for action in overlay.get("actions", []):
        if not parse_jsonpath(action["target"]).find(base):
            raise ContractError(f"overlay: target {action['target']} matches nothing in the base")
    # A parsed YAML anchor is one object in many places; an update must touch its target only.
    result: Document = apply_overlay(json.loads(json.dumps(base)), overlay)
    try:
        validate_openapi(result)
    except OpenAPIValidationError as error:
        raise ContractError(f"the contract is no valid OpenAPI document: {error}") from error
    return result
