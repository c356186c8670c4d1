"""The forms a deposit's body can take: multipart, the bytes alone, or JSON with base64."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from depot_flux_simulator.contract.codes import Codes
from depot_flux_simulator.contract.document import Document, Node, at
from depot_flux_simulator.contract.requests import (
    Breach,
    Reader,
    broken,
    missing,
    only_path,
    reader,
)
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ConfigurationError

TEXTS = (Role.NOM_FICHIER, Role.CODE_INTERFACE, Role.SHA256)
"""What is said of the file beside it."""

Said = dict[Role, Any]
"""What came with a file: texts by role, and under `REPRIS` what answers repeat, by its name."""

_REMEMBERED, _SHORT = 500, 500


class _FieldsBody:
    """A body of named fields, one of which is the flux."""

    def __init__(self, document: Document, media_type: str, schema: Node) -> None:
        self.media_type = media_type
        self._validator = document.validator(schema, "readOnly")
        places = list(document.places(schema))

        def path(role: Role) -> tuple[str, ...] | None:
            return only_path([place.path for found, place in places if found == role], role)

        self._paths = {role: found for role in TEXTS if (found := path(role)) is not None}
        self.roles = frozenset(self._paths)
        self.path = path(Role.FICHIER) or ()
        self._repeated = dict.fromkeys(
            place.path for found, place in places if found == Role.REPRIS
        )
        schemas = [place.schema for found, place in places if found == Role.CODE_INTERFACE]
        self._codes = Codes(document, schemas[0]) if schemas else None

    def field(self, role: Role) -> str | None:
        """Name of the field that says it, None when there is none or it lies deeper."""
        path = self._paths.get(role, ())
        return path[0] if len(path) == 1 else None

    def said(self, body: Any) -> Said:
        """What a valid body says of the file."""
        found = ((role, at(body, path)) for role, path in self._paths.items())
        told: Said = {role: str(value) for role, value in found if value is not None}
        if self._codes and Role.CODE_INTERFACE in told:
            told[Role.CODE_INTERFACE] = self._codes.read(told[Role.CODE_INTERFACE])
        repeated = ((path[-1], at(body, path)) for path in self._repeated)
        told[Role.REPRIS] = {name: value for name, value in repeated if value is not None}
        return told


class MultipartBody(_FieldsBody):
    """Parts, one of which is the flux.

    Attributes:
        media_type: always multipart/form-data.
        fichier: name of the part that is the flux.
    """

    def __init__(self, document: Document, media_type: str, media: Node) -> None:
        schema = media.get("schema", {})
        super().__init__(document, media_type, schema)
        self.fichier = self.path[0]
        properties = document.whole(schema).get("properties", {})
        # An array comes as parts of one name, and so may what the contract does not know.
        self._once = {self.fichier} | {
            name
            for name, node in properties.items()
            if "array" not in document.whole(node).get("type", "array")
        }
        self._valid: set[tuple[tuple[str, str], ...]] = set()
        self._readers: dict[str, Reader] = {
            name: reader(document, node)
            for name, node in properties.items()
            if name != self.fichier
        }

    def body(self, fields: Mapping[str, Sequence[str]], files: Iterable[str]) -> dict[str, Any]:
        """The parts in the types of the contract; the flux itself is left an empty text.

        Args:
            fields: texts of the parts, by name.
            files: names of the parts that came as files and are not read as text.
        """
        body: dict[str, Any] = dict.fromkeys(files, "")
        for name, values in fields.items():
            read = self._readers.get(name)
            body[name] = read(values) if read else values[-1]
        return body

    def is_text(self, name: str) -> bool:
        """Whether a part is one that the contract reads, though it came as a file."""
        return name in self._readers

    def takes_several(self, name: str) -> bool:
        """Whether a part may come more than once."""
        return name not in self._once

    def breaches(self, body: dict[str, Any]) -> list[Breach]:
        """What is wrong with a body; the bytes of the flux are for the controls."""
        # Most deposits say the same few words beside their file: a body of texts that was found
        # good is known again.
        said = tuple(body.items()) if all(type(value) is str for value in body.values()) else None
        if said in self._valid:
            return []
        found = broken(self._validator.iter_errors(body), "")
        if said and not found and sum(map(len, body.values())) < _SHORT:
            if len(self._valid) == _REMEMBERED:
                self._valid.clear()
            self._valid.add(said)
        return found


class JsonBody(_FieldsBody):
    """A JSON object, one property of which is the flux in base64."""

    def __init__(self, document: Document, media_type: str, media: Node) -> None:
        super().__init__(document, media_type, media.get("schema", {}))

    def breaches(self, body: Any) -> list[Breach]:
        """What is wrong with a body, long texts shortened."""
        return broken(self._validator.iter_errors(body), "")

    def fichier(self, body: Any) -> Any:
        """The flux, in base64."""
        return at(body, self.path)

    def lacking(self) -> Breach:
        """The breach of a body without the flux."""
        return missing(".".join(self.path))


class RawBody:
    """The bytes of the flux and nothing else; what is said of it stands in parameters."""

    roles: frozenset[Role] = frozenset()

    def __init__(self, _document: Document, media_type: str, _media: Node) -> None:
        self.media_type = media_type


Body = MultipartBody | JsonBody | RawBody


class Bodies:
    """Every form of body in which the contract lets a flux be deposited.

    Args:
        document: the contract.
        node: the request body of the deposit.

    Raises:
        ConfigurationError: none of its media types carries the flux.
    """

    def __init__(self, document: Document, node: Node) -> None:
        content: Node = document.resolve(node).get("content", {})
        found = (_body(document, name, media) for name, media in content.items())
        self._bodies = [body for body in found if body is not None]
        if not self._bodies:
            raise ConfigurationError(
                f"contract: no body of the deposit plays the role {Role.FICHIER} "
                f"({', '.join(content) or 'it declares none'}); name the part, the property or "
                "the raw body's schema in the overlay"
            )

    def __iter__(self) -> Any:
        return iter(self._bodies)

    @property
    def media_types(self) -> str:
        """The media types, for messages."""
        return ", ".join(body.media_type for body in self._bodies)

    def of(self, mimetype: str) -> Body | None:
        """The form of a body of this type, None when the contract takes none."""
        for body in self._bodies:
            if fnmatchcase(mimetype, body.media_type):
                return body
        return None


def _body(document: Document, name: str, media: Node) -> Body | None:
    media_type = name.split(";", maxsplit=1)[0].strip().lower()
    schema = media.get("schema", {})
    paths = [place.path for role, place in document.places(schema) if role == Role.FICHIER]
    whole = () in paths or document.role(media) == Role.FICHIER
    if media_type == "multipart/form-data" and paths and not whole:
        if any(len(path) > 1 for path in paths):
            raise ConfigurationError(
                f"contract: the flux must be a part of its own, not {'.'.join(paths[0])}"
            )
        return MultipartBody(document, media_type, media)
    if media_type.endswith("json"):
        return JsonBody(document, media_type, media) if paths else None
    return RawBody(document, media_type, media) if whole else None
