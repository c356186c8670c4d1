"""The effective contract as a document: its operations and the roles its nodes play."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

ROLE = "x-depot-flux-role"
_METHODS = ("get", "put", "post", "delete", "patch")


class Document:
    """An OpenAPI document whose nodes say which role they play."""

    def __init__(self, root: Node) -> None:
        self.root = root
        # By identity, beside the schema itself so that no other can get its identity.
        self._wholes: dict[int, tuple[Node, Node]] = {}

    def operation(self, role: str) -> tuple[str, str, Node]:
        """Path, method and node of the operation that plays a role.

        Raises:
            LookupError: none does.
        """
        for path, item in self.root["paths"].items():
            for method in _METHODS:
                node = item.get(method)
                if node and node.get(ROLE) == role:
                    shared = item.get("parameters", [])
                    own = node.get("parameters", ())
                    return path, method, {**node, "parameters": [*shared, *own]}
        raise LookupError(f"no operation of the contract plays the role {role}")

    def has_operation(self, role: str) -> bool:
        """Whether an operation plays a role."""
        try:
            self.operation(role)
        except LookupError:
            return False
        return True

    def resolve(self, node: Node) -> Node:
        """Follow references until there is none."""
        while "$ref" in node:
            target: Any = self.root
            for part in node["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def role(self, node: Node) -> str | None:
        """The role of a node, or of what it refers to."""
        resolved = self.resolve(node)
        role = node.get(ROLE) or resolved.get(ROLE)
        if role is None and "schema" in resolved:
            return self.role(resolved["schema"])
        return role

    def whole(self, schema: Node) -> Node:
        """A schema with the properties and demands of its `allOf` beside its own."""
        if id(schema) not in self._wholes:
            self._wholes[id(schema)] = (schema, self._whole(self.resolve(schema)))
        return self._wholes[id(schema)][1]

    def _whole(self, schema: Node) -> Node:
        properties = dict(schema.get("properties", {}))
        required = set(schema.get("required", ()))
        for part in map(self.whole, schema.get("allOf", ())):
            properties.update(part["properties"])
            required.update(part["required"])
        return {**schema, "properties": properties, "required": required}

    def properties(self) -> Iterator[tuple[str, Node]]:
        """Name and schema of every property, wherever it stands."""
        for node in _nodes(self.root):
            properties = node.get("properties")
            if isinstance(properties, dict):
                for name, inner in properties.items():
                    if isinstance(inner, dict):
                        yield name, inner


def _nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
