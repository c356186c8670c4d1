"""The table that the contract's workshop wrote beside the generated client: roles to places.

What the contract says stands there once. Nothing here reads the contract, the source text of the
generated client or its annotations.
"""

import json
from importlib.resources import files
from typing import Any, TypedDict

_VERSION = 3
ITEM = "[]"
"""In a path: an item of an array."""


class ParameterBinding(TypedDict):
    """A parameter.

    Attributes:
        argument: its name in the generated function.
        name: its name in the contract.
        role: the role it plays, if any.
        required: whether the function cannot be called without it.
        value: what it is where nobody gives one, None where nothing tells.
        type: text, integer, number, boolean, date, date-time or list.
        codes: of an interface code: code -> the contract's value, where it writes others.
        enum: the generated class of its values, where they are enumerated.
        fresh: whether it identifies one call, so that each gets another.
    """

    argument: str
    name: str
    role: str | None
    required: bool
    value: Any
    type: str
    codes: dict[str, Any]
    enum: str | None
    fresh: bool


class PropertyBinding(TypedDict):
    """A property of a body: as a parameter, its type text, integer or bytes; what is inside it."""

    name: str
    role: str | None
    required: bool
    value: Any
    type: str
    codes: dict[str, Any]
    properties: list["PropertyBinding"]


class BodyBinding(TypedDict):
    """A body.

    Attributes:
        media_type: what it is sent as.
        form: parts, json (the file in base64) or raw (the file alone).
        model: the generated class, None for a raw body.
        part: the attribute of the class that is the open file; None where it is base64.
        properties: what the class is made of.
    """

    media_type: str
    form: str
    model: str | None
    part: str | None
    properties: list[PropertyBinding]


class PlaceBinding(TypedDict):
    """Where a role stands in an answer.

    Attributes:
        role: the role.
        path: names of the properties that lead there; `ITEM` for an item of an array.
        values: of a status: state of the life cycle -> the contract's values.
        header: the header that it is, None in a body.
        date: of a date: rfc3339, milliseconds or seconds since 1970, or a pattern of strptime.
    """

    role: str
    path: list[str]
    values: dict[str, list[Any]]
    date: str | None
    header: str | None


class OperationBinding(TypedDict):
    """An operation.

    Attributes:
        module: of the generated client, below its package.
        path: as the contract has it, e.g. `/flux/{idFlux}`.
        parameters: its parameters.
        body: its body, None without one.
        answers: what its answers tell, by code, `2XX` or `DEFAULT`.
    """

    module: str
    path: str
    parameters: list[ParameterBinding]
    body: BodyBinding | None
    answers: dict[str, list[PlaceBinding]]


class Bindings(TypedDict):
    """The whole table.

    Attributes:
        version: of its form.
        addresses: settings that the contract names, `base_url` and `token_url`, with their values.
        operations: by role: deposer, consulter, superviser.
        problem: where errors say what: paths by role without `probleme_`.
    """

    version: int
    addresses: list[tuple[str, str]]
    operations: dict[str, OperationBinding]
    problem: dict[str, list[list[str]]]


def bindings() -> Bindings:
    """The table of the installed generated client.

    Raises:
        LookupError: this facade cannot read it.
    """
    text = files("depot_flux_client").joinpath("bindings.json").read_text(encoding="utf-8")
    table: Bindings = json.loads(text)
    if table["version"] != _VERSION:
        raise LookupError(
            f"bindings.json is of version {table['version']}, and {_VERSION} is known: generate "
            "the client again"
        )
    return table


def roles_of(operation: OperationBinding) -> set[str]:
    """The roles that an operation's parameters and the properties of its body play."""
    found = {each["role"] for each in operation["parameters"]}
    pending = list(operation["body"]["properties"]) if operation["body"] else []
    while pending:
        each = pending.pop()
        found.add(each["role"])
        pending += each["properties"]
    return {role for role in found if role is not None}


def at(body: Any, path: list[str]) -> Any:
    """What stands at a path of a body, None where the path ends early; `ITEM` is the last one."""
    for name in path:
        if name == ITEM:
            body = body[-1] if isinstance(body, list) and body else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body
