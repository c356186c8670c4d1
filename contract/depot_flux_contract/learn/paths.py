"""Elements of a contract by JSON pointer, and the JSONPath an overlay names them by."""

from typing import Any


def keys(pointer: str) -> list[str]:
    """The keys of a JSON pointer."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def escaped(key: str) -> str:
    """A key as it stands in a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer.

    Raises:
        KeyError: nothing does.
    """
    node = document
    for key in keys(pointer):
        if isinstance(node, list):
            node = node[int(key)]
        elif key in node:
            node = node[key]
        elif key.isdigit() and int(key) in node:
            node = node[int(key)]  # a code that YAML read as a number
        else:
            raise KeyError(pointer)
    return node


def target(pointer: str) -> str:
    """The JSONPath of a JSON pointer."""
    steps = (
        f"[{key}]" if key.isdigit() and len(key) < 3 else f"['{key}']" for key in keys(pointer)
    )
    return "$" + "".join(steps)
