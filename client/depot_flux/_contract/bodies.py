"""The deposit's body, in whichever form the contract gives it: parts, JSON or the bare file."""

import base64
import re
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, BinaryIO, cast

import attrs

from depot_flux._contract.document import Document, Node
from depot_flux._contract.operation import Operation, Said, plain
from depot_flux.exceptions import ConfigurationError
from depot_flux_client.types import File

_FILE = "fichier"


@dataclass(frozen=True, slots=True)
class Submission:
    """What a deposit says, whatever form the contract gives it.

    Attributes:
        name: name of the file.
        code_interface: e.g. FSO3110A.
        content: the bytes, read from the start.
    """

    name: str
    code_interface: str
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of body that the generated client can send.

    Attributes:
        model: the generated class.
        properties: what the contract says of it.
        part: the attribute that holds the open file; None where the file is base64 text.
    """

    model: Any
    properties: tuple["_Property", ...] = ()
    part: str | None = None


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a body: its name, role and schema, and the properties inside it."""

    name: str
    role: str | None
    required: bool
    schema: Node
    properties: tuple["_Property", ...]

    def carries(self, said: Said) -> bool:
        """Whether it, or something inside it, has a value."""
        return (
            self.role in said.roles
            or self.name in said.complements
            or any(inner.carries(said) for inner in self.properties)
        )


class DepositBody:
    """Makes the bodies of deposits."""

    def __init__(self, document: Document, deposer: Operation) -> None:
        self._document = document
        self._deposer = deposer

    def of(self, submission: Submission, said: Said, *, in_memory: bool) -> Any:
        """The body of a deposit, None when the contract has none.

        Raises:
            ConfigurationError: the contract asks for a value that nobody gave, or has no such one.
        """
        form = self._form
        if form is None:
            return None
        content = cast("BinaryIO", submission.content)
        if form.model is File:
            return File(cast("BinaryIO", content.read()) if in_memory else content)
        # The open file takes its place afterwards: models are made from plain values.
        sent = b"" if form.part else base64.b64encode(content.read()).decode("ascii")
        values = _values(form.properties, said.with_roles(**{_FILE: sent}))
        try:
            body = form.model.from_dict(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"the contract takes no such deposit: {error}; check the interface code"
            ) from None
        if form.part:
            setattr(body, form.part, File(content, submission.name))
        return body

    @cached_property
    def _form(self) -> _Form | None:
        body = self._document.resolve(self._deposer.node.get("requestBody", {}))
        content = body.get("content", {})
        for media_type in sorted(content, key=lambda name: not name.startswith("multipart/")):
            schema = self._document.whole(content[media_type].get("schema", {}))
            for model in self._deposer.body_types:
                form = self._fitting(model, schema, parts=media_type.startswith("multipart/"))
                if form:
                    return form
        return None

    def _fitting(self, model: Any, schema: Node, *, parts: bool) -> _Form | None:
        """The form that a generated class gives a schema, None if it is not this schema's."""
        properties = schema["properties"]
        if model is File:
            return None if properties else _Form(File)
        if not attrs.has(model) or not properties or (parts and not hasattr(model, "to_multipart")):
            return None
        attributes = {plain(each.name): each for each in attrs.fields(model)}
        if not set(map(plain, properties)) <= set(attributes):
            return None
        part = None
        for name, node in properties.items():
            attribute = attributes[plain(name)]
            if self._document.role(node) == _FILE and "File" in re.findall(
                r"\w+", str(attribute.type)
            ):
                part = attribute.name
        return _Form(model, self._properties(schema), part)

    def _properties(self, schema: Node) -> tuple["_Property", ...]:
        """A schema's properties, at any depth."""
        return tuple(
            _Property(
                name,
                self._document.role(node),
                name in schema["required"],
                inner := self._document.whole(node),
                self._properties(inner),
            )
            for name, node in schema["properties"].items()
        )


def _values(properties: tuple["_Property", ...], said: Said) -> dict[str, Any]:
    """What properties say, by the contract's names, at any depth."""
    values = {}
    for each in properties:
        if each.role is not None and each.role in said.roles:
            values[each.name] = said.roles[each.role]
        elif any(inner.carries(said) for inner in each.properties):
            values[each.name] = _values(each.properties, said)
        elif each.required or each.name in said.complements:
            values[each.name] = said.required(each.name, each.schema)
    return values
