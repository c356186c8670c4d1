"""Models and types of Swagger 1.1 and 1.2 as schemas of OpenAPI 3.0."""

import json
import re
from typing import Any

from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.reading import escape

_SIMPLE: dict[str, Document] = {
    "string": {"type": "string"},
    "byte": {"type": "string", "format": "byte"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer", "format": "int32"},
    "integer": {"type": "integer"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    # 1.1's own Date tells the time too.
    "Date": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "datetime": {"type": "string", "format": "date-time"},
    "file": {"type": "string", "format": "binary"},
    "object": {"type": "object"},
    # What generators write of Java's own.
    "byte[]": {"type": "string", "format": "byte"},
    "bigdecimal": {"type": "number"},
    "biginteger": {"type": "integer"},
    "uuid": {"type": "string", "format": "uuid"},
}
_ARRAYS = ("array", "Array", "List", "Set", "list", "set")
TYPES = ("type", "dataType", "responseClass")
# Said of a value in the same words as in OpenAPI.
_KEPT = ("description", "format", "pattern", "minLength", "maxLength", "example")
_READ = {"$ref", "items", "enum", "allowableValues", "defaultValue", "minimum", "maximum",
         "uniqueItems", "required", "id", "name", "paramType", "allowMultiple"}  # fmt: skip
_UNREAD = {"access", "paramAccess", "internalDescription", "notes", "position", "title"}
_REFERENCE = "#/components/schemas/"


class Given:
    """What was handed over, looked at before it is used: refusals say where something stands."""

    def __init__(self, name: str) -> None:
        self._name = name

    def object(self, value: Any, at: str) -> Document:
        """It, if it is an object."""
        if not isinstance(value, dict):
            raise self.refusal(at, "is no object")
        return value

    def items(self, value: Any, at: str) -> list[Any]:
        """It, if it is an array."""
        if not isinstance(value, list):
            raise self.refusal(at, "is no array")
        return value

    def number(self, value: Any, at: str) -> float:
        """It as a number; texts hold one in 1.x."""
        try:
            number = float(value)
            return int(number) if number.is_integer() else number
        except (TypeError, ValueError):
            raise self.refusal(at, f"{value} is no number") from None

    def refusal(self, at: str, why: str) -> ContractError:
        """The error about what stands there."""
        return ContractError(f"{self._name}: {at} {why}; correct it there")


class Types:
    """The models of an API declaration, and all that names them.

    Args:
        models: of the declaration, by name.
        given: looks at what was handed over.
    """

    def __init__(self, models: Document, given: Given) -> None:
        self._models, self._given = models, given

    def schemas(self) -> Document:
        """Every model as a schema."""
        return {key: self._model(key) for key in self._models}

    def _model(self, key: str) -> Document:
        at = f"/models/{escape(key)}"
        given = self._given.object(self._models[key], at)
        properties = self._given.object(given.get("properties") or {}, f"{at}/properties")
        needed = given.get("required")
        required: list[Any] = needed if isinstance(needed, list) else []
        made: Document = {"type": "object", "properties": {}}
        if given.get("description"):
            made["description"] = str(given["description"])
        for name, each in properties.items():
            here = f"{at}/properties/{escape(name)}"
            made["properties"][name] = self.schema(self._given.object(each, here), here)
            # 1.1 says it of the property, 1.2 of the model.
            if is_true(each.get("required")) and name not in required:
                required = [*required, name]
        if required:
            made["required"] = required
        if given.get("discriminator"):
            made["discriminator"] = {"propertyName": given["discriminator"]}
        above = [{"$ref": _REFERENCE + name} for name in self._models if key in self._below(name)]
        return {"allOf": [*above, made]} if above else made

    def _below(self, key: str) -> list[Any]:
        at = f"/models/{escape(key)}"
        below = self._given.object(self._models[key], at).get("subTypes")
        return self._given.items(below or [], f"{at}/subTypes")

    def schema(self, given: Document, at: str) -> Document:
        """A parameter, a property or an answer as a schema."""
        given = {key: value for key, value in given.items() if value not in (None, "", [])}
        for key in given:
            if key not in {*TYPES, *_KEPT, *_READ, *_UNREAD} and not key.startswith("x-"):
                raise self._given.refusal(f"{at}/{escape(key)}", "is no word of Swagger 1.x")
        made = self._typed(given, at)
        if "$ref" in made:
            about = given.get("description")
            return {"allOf": [made], "description": about} if about else made
        made |= {key: given[key] for key in _KEPT if key in given}
        for key in ("minimum", "maximum"):
            if key in given:
                made[key] = self._given.number(given[key], f"{at}/{key}")
        if is_true(given.get("uniqueItems")):
            made["uniqueItems"] = True
        made |= self._values(given, at)
        if "defaultValue" in given:
            made["default"] = _as_written(given["defaultValue"], made)
        return made

    def _typed(self, given: Document, at: str) -> Document:
        kind = str(given["$ref"] if "$ref" in given else type_of(given) or "string")
        generic = re.fullmatch(r"(\w+)\[([^][]+)\]", kind)
        if generic and generic[1] in _ARRAYS:
            return {"type": "array", "items": self._typed({"type": generic[2]}, at)}
        if kind in self._models:
            return {"$ref": _REFERENCE + kind}
        if kind in _ARRAYS:
            items = self._given.object(given.get("items"), f"{at}/items")
            return {"type": "array", "items": self.schema(items, f"{at}/items")}
        simple = _SIMPLE.get(kind) or _SIMPLE.get(kind.lower())
        if simple is None:
            raise self._given.refusal(
                at, f"{kind} is no type of Swagger 1.x and none of its models"
            )
        return dict(simple)

    def _values(self, given: Document, at: str) -> Document:
        if "enum" in given:
            return {"enum": self._given.items(given["enum"], f"{at}/enum")}
        if "allowableValues" not in given:
            return {}
        at = f"{at}/allowableValues"
        allowed = self._given.object(given["allowableValues"], at)
        if allowed.get("valueType") == "RANGE":
            bounds = {"minimum": allowed.get("min"), "maximum": allowed.get("max")}
            return {
                key: self._given.number(value, at)
                for key, value in bounds.items()
                if value is not None and not str(value).endswith("Infinity")
            }
        if allowed.get("valueType", "LIST") != "LIST":
            raise self._given.refusal(at, "valueType is neither LIST nor RANGE")
        values = self._given.items(allowed.get("values") or [], f"{at}/values")
        return {"enum": values} if values else {}


def type_of(given: Document) -> Any:
    """The type that is said, under the name that either version has for it."""
    return next((given[key] for key in TYPES if given.get(key)), None)


def is_true(value: Any) -> bool:
    """Whether it is true, written as either version does."""
    return value in (True, "true")


def _as_written(value: Any, schema: Document) -> Any:
    """A default as its type writes it: 1.1 writes every one as a text."""
    if isinstance(value, str) and schema["type"] != "string":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
