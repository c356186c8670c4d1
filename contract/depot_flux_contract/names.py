"""The public Python names of the generated client, and what two contracts make of them."""

from collections.abc import Iterator

from openapi_python_client.parser.bodies import Body
from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import (
    EnumProperty,
    LiteralEnumProperty,
    ModelProperty,
    Property,
)
from openapi_python_client.strings import PythonCode

from depot_flux_contract.bindings import endpoints, unnamed
from depot_flux_contract.compare import Change
from depot_flux_contract.errors import Document
from depot_flux_contract.places import operations

_UNSET = "Unset"
_Parts = dict[str, str]


def renamed(
    before: Document, old: GeneratorData, after: Document, new: GeneratorData
) -> list[Change]:
    """Every function, argument, class and attribute that is another with a new contract.

    Functions are found again by the role of their operation, then by name.

    Args:
        before: the effective contract before.
        old: what the generator makes of it.
        after: the new one.
        new: what the generator makes of that.
    """
    functions = _functions(before, old), _functions(after, new)
    return [*_calls(*functions), *_classes(_models(old), _models(new))]


class _Function:
    def __init__(self, name: str, role: str, endpoint: Endpoint) -> None:
        self.name, self.role = name, role
        self.arguments = {
            str(each.python_name): _type(each) for _, each in endpoint.iter_all_parameters()
        }
        bodies = [each.prop for each in endpoint.bodies if isinstance(each, Body)]
        if bodies:
            self.arguments["body"] = " | ".join(map(_type, bodies))
        self.returns = _text(endpoint.response_type())


def _functions(document: Document, made: GeneratorData) -> list[_Function]:
    roles = {(each.method, unnamed(each.path)): each.role for each in operations(document)}
    return [
        _Function(name, roles.get(place, ""), endpoint)
        for place, (name, endpoint) in endpoints(made)
    ]


def _calls(old: list[_Function], new: list[_Function]) -> Iterator[Change]:
    left = list(new)
    for before in old:
        where = f"function {before.name}"
        after = next((f for f in left if f.role == before.role != ""), None) or next(
            (f for f in left if f.name == before.name), None
        )
        if after is None:
            yield _change(where, "is gone")
            continue
        left.remove(after)
        if after.name != before.name:
            yield _change(where, f"is now {after.name}")
        yield from _parts(where, "argument", before.arguments, after.arguments)
        if after.returns != before.returns:
            gone = set(before.returns.split(" | ")) - set(after.returns.split(" | "))
            what = f"returns {after.returns} instead of {before.returns}"
            yield Change(breaking=bool(gone), where=where, what=what)
    for after in left:
        yield Change(breaking=False, where=f"function {after.name}", what="is new")


def _models(made: GeneratorData) -> dict[str, tuple[str, _Parts]]:
    """Kind and parts of every class of the client's `models`."""
    found: dict[str, tuple[str, _Parts]] = {}
    for model in made.models:
        if isinstance(model, ModelProperty):
            listed = [*(model.required_properties or ()), *(model.optional_properties or ())]
            parts = {str(each.python_name): _type(each) for each in listed}
            found[str(model.class_info.name)] = "attribute", parts
    for values in made.enums:
        if isinstance(values, EnumProperty):
            members = {name: repr(value) for name, value in values.values.items()}
            found[str(values.class_info.name)] = "member", members
        elif isinstance(values, LiteralEnumProperty):
            members = {repr(value): repr(value) for value in values.values}
            found[str(values.class_info.name)] = "value", members
    return dict(sorted(found.items()))


def _classes(
    old: dict[str, tuple[str, _Parts]], new: dict[str, tuple[str, _Parts]]
) -> Iterator[Change]:
    for name, (kind, parts) in old.items():
        if name not in new:
            yield _change(f"class models.{name}", "is gone")
        else:
            yield from _parts(f"class models.{name}", kind, parts, new[name][1])
    for name in sorted(new.keys() - old.keys()):
        yield Change(breaking=False, where=f"class models.{name}", what="is new")


def _parts(where: str, kind: str, old: _Parts, new: _Parts) -> Iterator[Change]:
    for name, was in old.items():
        if name not in new:
            yield _change(f"{where}, {kind} {name}", "is gone")
        elif new[name] != was:
            yield _change(f"{where}, {kind} {name}", f"is {new[name]} instead of {was}")
    for name in [name for name in new if name not in old]:
        needed = kind in ("argument", "attribute") and _UNSET not in new[name]
        what = f"is new and required: {new[name]}" if needed else "is new"
        yield Change(breaking=needed, where=f"{where}, {kind} {name}", what=what)


def _change(where: str, what: str) -> Change:
    return Change(breaking=True, where=where, what=what)


def _type(made: Property) -> str:
    return _text(made.get_type_string())


def _text(code: PythonCode | str) -> str:
    # Texts for people, never written as code again.
    return code if isinstance(code, str) else code.as_unembedded_code()
