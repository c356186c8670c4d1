"""Single values: what plays a role, written in the type and form of its schema."""

from collections.abc import Callable, Mapping
from typing import Any

from depot_flux_simulator.contract.codes import Codes
from depot_flux_simulator.contract.dates import date_writer
from depot_flux_simulator.contract.document import Document, Node, kinds
from depot_flux_simulator.contract.roles import DATES, STATUSES, VALUES, Role, several
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.lifecycle import Statut

Builder = Callable[[Mapping[Role, Any]], Any]
ABSENT: Any = object()
"""Built when there is nothing to say."""

_ITEM = Callable[[Node, str], Builder]
_SUCCESS = {Role.CODE_RETOUR: 0, Role.LIBELLE_RETOUR: "Opération réussie"}


LABELS = {
    Statut.RECU: "Reçu",
    Statut.EN_COURS_DE_TRAITEMENT: "En cours de traitement",
    Statut.RECEVABLE: "Recevable",
    Statut.IRRECEVABLE: "Irrecevable",
}
"""The status in words."""


def value_builder(
    document: Document, role: Role, schema: Node, where: str, item: _ITEM | None = None
) -> Builder:
    """What writes the value of a role.

    Args:
        document: the contract.
        role: the role.
        schema: the schema of the value.
        where: names the field in messages.
        item: for motifs, what writes one of them.

    Raises:
        ConfigurationError: no form of the value fits the schema.
    """
    if role is Role.MOTIFS and item is not None:
        return _motifs(document, schema, where, item)
    if role in _SUCCESS:
        node = document.whole(schema)
        yes = role is Role.CODE_RETOUR and kinds(node) == {"boolean"}
        return _returned(role, _succeeds if yes else _fitting(document, schema, where), node)
    if role in DATES:
        return _value(role, date_writer(document, schema, where))
    if role in _SPELLED:
        return _SPELLED[role](document, role, schema, where)
    return _value(role, _fitting(document, schema, where))


def _value(role: Role, convert: Callable[[Any], Any]) -> Builder:
    def build(values: Mapping[Role, Any]) -> Any:
        value = values.get(role)
        return ABSENT if value is None else convert(value)

    return build


def _returned(role: Role, convert: Callable[[Any], Any], node: Node) -> Builder:
    """A return code or text: an error's is among the values, a success's is always the same.

    The overlay may spell both, as `succes` and `erreur`.
    """
    spelling = node.get(VALUES, {})
    success = spelling.get("succes", convert(_SUCCESS[role]))

    def build(values: Mapping[Role, Any]) -> Any:
        value = values.get(role)
        return success if value is None else spelling.get("erreur", convert(value))

    return build


def _succeeds(code: int) -> bool:
    return code == _SUCCESS[Role.CODE_RETOUR]


def _label(document: Document, _role: Role, schema: Node, where: str) -> Builder:
    convert = _fitting(document, schema, where)
    return lambda values: convert(LABELS[values[Role.STATUT]])


def _code(document: Document, role: Role, schema: Node, where: str) -> Builder:
    codes, convert = Codes(document, schema), _fitting(document, schema, where)
    is_valid = document.validator(schema).is_valid

    def build(values: Mapping[Role, Any]) -> Any:
        code = values.get(role)
        value = ABSENT if code is None else convert(codes.write(code))
        # A code that the contract has no value for is not told.
        return value if is_valid(value) else ABSENT

    return build


def _status(document: Document, role: Role, schema: Node, where: str) -> Builder:
    spelling = document.whole(schema).get(VALUES)
    if not isinstance(spelling, dict):
        raise ConfigurationError(
            f"contract: {where}: the role {role} needs {VALUES} in the overlay"
        )

    answered = {state: several(value)[0] for state, value in spelling.items() if value != []}

    def build(values: Mapping[Role, Any]) -> Any:
        return answered.get(values.get(Role.STATUT), ABSENT)

    return build


_SPELLED: dict[Role, Callable[[Document, Role, Node, str], Builder]] = {
    **dict.fromkeys(STATUSES, _status),
    Role.LIBELLE_STATUT: _label,
    Role.CODE_INTERFACE: _code,
    Role.MOTIF_CODE: _code,
}


def _motifs(document: Document, schema: Node, where: str, item: _ITEM) -> Builder:
    node = document.whole(schema)
    many = node.get("type") == "array" or "items" in node
    one = node.get("items", {}) if many else schema
    # An object, or one of several that a discriminator tells apart.
    structured = {"properties", "oneOf", "anyOf"} & document.whole(one).keys()
    text = "string" in kinds(document.whole(one))
    write = item(one, where) if structured and not text else _text_of_motif
    if many:
        none: Any = ABSENT if node.get("minItems") else []
        return lambda values: [write(motif) for motif in values.get(Role.MOTIFS) or ()] or none

    def first(values: Mapping[Role, Any]) -> Any:
        found = values.get(Role.MOTIFS)
        return write(found[0]) if found else ABSENT

    return first


def _text_of_motif(motif: Mapping[Role, Any]) -> str:
    return f"{motif[Role.MOTIF_CODE]} : {motif[Role.MOTIF_LIBELLE]}"


def _fitting(document: Document, schema: Node, where: str) -> Callable[[Any], Any]:
    """What brings a value into the schema's type and length."""
    node = document.whole(schema)
    declared = kinds(node)
    longest = node.get("maxLength")
    if not declared or "string" in declared:
        if longest is None:
            return lambda value: value if not declared else str(value)
        return lambda value: str(value)[:longest]
    if "integer" in declared or "number" in declared:
        return int
    raise ConfigurationError(
        f"contract: {where}: its role is a text or a number, its type is {', '.join(declared)}"
    )
