"""The deposit's body, in whichever form the contract gives it: parts, JSON or the bare file."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any, BinaryIO, cast

from depot_flux._contract.bindings import BodyBinding, PropertyBinding
from depot_flux._contract.operation import Said
from depot_flux.exceptions import ConfigurationError

_FILE = "fichier"


@dataclass(frozen=True, slots=True)
class Submission:
    """What a deposit says, whatever form the contract gives it.

    Attributes:
        name: name of the file.
        code_interface: e.g. FSO3110A.
        content: the bytes, read from the start.
        bytes_told: reads them beforehand, for a contract that wants `sha256` or `taille` said.
    """

    name: str
    code_interface: str
    content: IO[bytes]
    bytes_told: Callable[[], Mapping[str, Any]]


def deposit_body(
    binding: BodyBinding, submission: Submission, said: Said, *, in_memory: bool
) -> Any:
    """The body of a deposit.

    Args:
        binding: the body's form.
        submission: what to deposit.
        said: what the request says.
        in_memory: whether the bare file is read beforehand.

    Raises:
        ConfigurationError: the contract asks for a value that nobody gave, or has no such one.
    """
    from depot_flux_client.types import File  # noqa: PLC0415 (for calls alone)

    content = cast("BinaryIO", submission.content)
    if binding["model"] is None:
        return File(cast("BinaryIO", content.read()) if in_memory else content)
    part = binding["part"]
    # The open file takes its place afterwards: models are made from plain values.
    sent = b"" if part else base64.b64encode(content.read()).decode("ascii")
    body = _model(binding, _values(binding["properties"], said.with_roles(**{_FILE: sent})))
    if part:
        setattr(body, part, File(content, submission.name))
    return body


def plain_body(binding: BodyBinding, said: Said) -> Any:
    """The body of a request that carries no file.

    Raises:
        ConfigurationError: the contract asks for a value that nobody gave, or has no such one.
    """
    return _model(binding, _values(binding["properties"], said))


def _model(binding: BodyBinding, values: dict[str, Any]) -> Any:
    model = getattr(import_module("depot_flux_client.models"), str(binding["model"]))
    try:
        return model.from_dict(values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"the contract takes no such request: {error}; check the interface code"
        ) from None


def _values(properties: list[PropertyBinding], said: Said) -> dict[str, Any]:
    """What properties say, by the contract's names, at any depth."""
    values = {}
    for each in properties:
        if each["role"] is not None and each["role"] in said.roles:
            value = said.written(each, each["role"])
            values[each["name"]] = int(value) if each["type"] == "integer" else value
        elif any(_carries(inner, said) for inner in each["properties"]):
            values[each["name"]] = _values(each["properties"], said)
        elif each["required"] or each["name"] in said.complements:
            value = said.required(each)
            values[each["name"]] = str(value).encode() if each["type"] == "bytes" else value
    return values


def _carries(binding: PropertyBinding, said: Said) -> bool:
    """Whether a property, or something inside it, has a value."""
    return (
        binding["role"] in said.roles
        or binding["name"] in said.complements
        or any(_carries(inner, said) for inner in binding["properties"])
    )
