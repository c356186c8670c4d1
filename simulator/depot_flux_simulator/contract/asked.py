"""The identifier of the flux to consult, where a JSON body says it."""

from collections.abc import Sequence
from typing import Any

from depot_flux_simulator.contract.document import Document, Node, at, kinds
from depot_flux_simulator.contract.requests import Breach, broken, missing, only_path
from depot_flux_simulator.contract.roles import Role


class AskedInBody:
    """A property of a consultation's JSON body that is the identifier.

    Attributes:
        name: of the property, as messages name it.
        place: always body, where parameters say path, query or header.
        media_type: of the body.
        schema: of the identifier.
    """

    place = "body"
    role = Role.ID_FLUX

    def __init__(
        self, document: Document, media_type: str, body: Node, path: tuple[str, ...], schema: Node
    ) -> None:
        self.name = ".".join(path)
        self.media_type = media_type
        self.schema = schema
        self._path = path
        self._body = document.validator(body, "readOnly")
        self._identifier = document.validator(schema)
        self._number = "integer" in kinds(document.whole(schema))

    def breaches(self, values: Sequence[str]) -> list[Breach]:
        """What is wrong with an identifier that is written as a text."""
        value: Any = values[-1]
        value = int(value) if self._number and value.isdecimal() else value
        return broken(self._identifier.iter_errors(value), self.name)

    def of(self, body: Any) -> tuple[str, list[Breach]]:
        """The identifier in a body that was read from JSON, and what is wrong with the body."""
        breaches = broken(self._body.iter_errors(body), "")
        identifier = at(body, self._path)
        if identifier is None:
            return "", breaches or [missing(self.name)]
        return str(identifier), breaches


def asked_in_body(document: Document, operation: Node) -> AskedInBody | None:
    """The identifier in an operation's JSON body, None where no property of one plays the role.

    Raises:
        ConfigurationError: several do.
    """
    content: Node = document.resolve(operation.get("requestBody", {})).get("content", {})
    for media_type, media in content.items():
        bare = media_type.split(";")[0].strip().lower()
        schema = media.get("schema", {})
        places = {p.path: p.schema for role, p in document.places(schema) if role == Role.ID_FLUX}
        path = only_path(list(places), Role.ID_FLUX)
        if path and bare.endswith("json"):
            return AskedInBody(document, bare, schema, path, places[path])
    return None
