"""Reading an OpenAPI document: references and the schemas behind them."""

import json
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, OAS31Validator

from depot_flux_simulator.contract.roles import ROLE
from depot_flux_simulator.errors import ConfigurationError

Node = dict[str, Any]

_PACKAGED = Path(__file__).parents[1] / "openapi.json"
_CHECKOUT = Path(__file__).parents[3] / "generated" / "openapi.json"
DEFAULT_CONTRACT = _PACKAGED if _PACKAGED.exists() else _CHECKOUT


class Document:
    """An OpenAPI document whose references point into itself."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self._validator = OAS31Validator if self.version.startswith("3.1") else OAS30Validator

    @property
    def version(self) -> str:
        """The version of OpenAPI it is written in, e.g. 3.0.3."""
        return str(self.root.get("openapi", ""))

    @classmethod
    def load(cls, path: Path) -> "Document":
        """Read it from a JSON file.

        Raises:
            ConfigurationError: the file cannot be read or holds no OpenAPI 3 document.
        """
        try:
            root = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"contract {path}: cannot be read: {error}") from error
        if not isinstance(root, dict) or not str(root.get("openapi", "")).startswith("3."):
            raise ConfigurationError(f"contract {path}: is no OpenAPI 3 document")
        return cls(root)

    def resolve(self, node: Node) -> Node:
        """Follow `$ref` until there is none.

        Raises:
            ConfigurationError: a reference leads nowhere or in a circle.
        """
        seen = set()
        while "$ref" in node:
            reference = node["$ref"]
            if reference in seen:
                raise ConfigurationError(f"contract: {reference} refers to itself")
            seen.add(reference)
            node = self._at(reference)
        return node

    def validator(self, schema: Node) -> Any:
        """A validator of the library for a schema of this document, references resolved."""
        return self._validator(self.inlined(schema), format_checker=self._validator.FORMAT_CHECKER)

    def inlined(self, schema: Any, trail: tuple[str, ...] = ()) -> Any:
        """A copy of a schema in which every reference is replaced by what it names.

        Raises:
            ConfigurationError: the schema contains itself.
        """
        if isinstance(schema, list):
            return [self.inlined(item, trail) for item in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in trail:
                raise ConfigurationError(f"contract: schema {reference} contains itself")
            return self.inlined(self._at(reference), (*trail, reference))
        return {key: self.inlined(value, trail) for key, value in schema.items()}

    def role(self, node: Node) -> str | None:
        """The role given to a node or to what it refers to."""
        own = node.get(ROLE)
        if own is None:
            resolved = self.resolve(node)
            own = resolved.get(ROLE)
            if own is None and "schema" in resolved:
                return self.role(resolved["schema"])
        return own

    def _at(self, reference: str) -> Node:
        if not reference.startswith("#/"):
            raise ConfigurationError(f"contract: {reference} leaves the document")
        node: Any = self.root
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                raise ConfigurationError(f"contract: {reference} leads nowhere")
            node = node[key]
        if not isinstance(node, dict):
            raise ConfigurationError(f"contract: {reference} is no object")
        return node
