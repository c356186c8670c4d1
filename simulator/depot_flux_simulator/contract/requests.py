"""Requests checked against the contract by a library, and read by role."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ConfigurationError

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Breach:
    """A way in which a request breaks the contract.

    Attributes:
        where: the parameter, part or property at fault, as the contract names it.
        message: what is wrong, in French like the platform's own errors.
        missing: whether the element is absent, rather than ill-formed.
    """

    where: str
    message: str
    missing: bool = False


class Parameter:
    """A parameter of an operation."""

    def __init__(self, document: Document, node: Node) -> None:
        node = document.resolve(node)
        self.name: str = node["name"]
        self.place: str = node["in"]
        self.required: bool = bool(node.get("required"))
        self.role = document.role(node)
        self._validator = document.validator(node.get("schema", {}))

    def breaches(self, value: str | None) -> list[Breach]:
        """What is wrong with its value as it came over the wire, None when it is absent."""
        if value is None:
            return [_missing(self.name)] if self.required else []
        if self._validator.is_valid(value):
            return []
        return _broken(self._validator.iter_errors(value), self.name)


class MultipartBody:
    """A multipart body that carries the flux.

    Attributes:
        media_type: always multipart/form-data.
        fichier: name of the part that is the flux.
        code_interface: name of the part that states the code interface, if any.
    """

    media_type = "multipart/form-data"

    def __init__(self, document: Document, schema: Node) -> None:
        node = document.resolve(schema)
        roles = {document.role(part): name for name, part in node.get("properties", {}).items()}
        if Role.FICHIER not in roles:
            raise ConfigurationError(
                f"contract: no part of the deposit plays the role {Role.FICHIER}; name it in the "
                "overlay"
            )
        self.fichier = roles[Role.FICHIER]
        self.code_interface = roles.get(Role.CODE_INTERFACE)
        self._validator = document.validator(schema)

    def breaches(self, fields: Mapping[str, str], files: Iterable[str]) -> list[Breach]:
        """What is wrong with a body.

        Args:
            fields: the text parts by name.
            files: the names of the parts that came as files; their bytes are for the controls.
        """
        body = {**fields, **dict.fromkeys(files, "")}
        return _broken(self._validator.iter_errors(body), "")


def _broken(errors: Iterable[Any], name: str) -> list[Breach]:
    breaches: list[Breach] = []
    for error in errors:
        if error.validator == "required":
            absent = (key for key in error.validator_value if key not in error.instance)
            breaches.extend(_missing(key) for key in absent)
            continue
        where = name or "/".join(str(part) for part in error.absolute_path) or "corps"
        shown = repr(error.instance)
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
        breaches.append(
            Breach(
                where,
                f"{where} : {shown} ne respecte pas la règle {error.validator} "
                f"({error.validator_value}) du contrat.",
            )
        )
    return list(dict.fromkeys(breaches))


def _missing(name: str) -> Breach:
    return Breach(name, f"{name} : obligatoire, absent de la requête.", missing=True)
