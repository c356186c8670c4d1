"""One operation: its functions in the generated client, and what they are asked."""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, get_args, get_type_hints

import depot_flux_client.api
from depot_flux._contract.document import Document, Node
from depot_flux.exceptions import ConfigurationError, ReponseError
from depot_flux_client import Client

# What generated models raise on a body that is not theirs.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Said:
    """What requests say: values by role, and by name for what plays none.

    Attributes:
        roles: by role; parameters of access by their name in small letters.
        complements: what a contract asks for beyond the roles, by the contract's own names.
    """

    roles: Mapping[str, Any] = field(repr=False)  # the technical account is among them
    complements: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def with_roles(self, **roles: Any) -> "Said":
        """The same and more."""
        return Said({**self.roles, **roles}, self.complements)

    def required(self, name: str, schema: Node) -> Any:
        """The value of something required that plays no role: the only one it can have, or ours.

        Raises:
            ConfigurationError: nobody gave one.
        """
        if name in self.complements:
            return self.complements[name]
        only = schema.get("enum", ())
        for value in (schema.get("const"), schema.get("default"), *only[: len(only) == 1]):
            if value is not None:
                return value
        raise ConfigurationError(
            f"the contract asks for {name!r}, and nothing tells its value: give it in "
            f"DEPOT_FLUX_COMPLEMENTS, as JSON, or under complements in the profile"
        )


class Operation:
    """One operation: its functions in the generated client and its parameters by role."""

    def __init__(self, document: Document, role: str) -> None:
        self.path, method, self.node = document.operation(role)
        self._module = _module(self.node.get("operationId") or f"{method}_{self.path}")
        self._document = document

    @cached_property
    def body_types(self) -> tuple[Any, ...]:
        """The types of body that the generated function takes; none without a body."""
        hint = self._hints.get("body")
        return () if hint is None else get_args(hint) or (hint,)

    def arguments(self, said: Said) -> dict[str, Any]:
        """Keyword arguments of the generated function: its parameters that have a value.

        Raises:
            ConfigurationError: the contract asks for a value that nobody gave, or has no such one.
        """
        found = {}
        for argument, (role, parameter) in self._parameters.items():
            if role in said.roles:
                value = said.roles[role]
            elif parameter["name"] in said.complements or self._needs(argument):
                value = said.required(parameter["name"], parameter.get("schema", {}))
            else:
                continue
            found[argument] = self._typed(argument, value)
        return found

    def name_of(self, role: str) -> str:
        """The contract's own name of the parameter that plays a role, empty if none does."""
        return next((node["name"] for own, node in self._parameters.values() if own == role), "")

    def sync(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """Call it and give the generated `Response`.

        Raises:
            ReponseError: the generated client cannot read the answer.
        """
        try:
            return self._module.sync_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    async def call_async(self, client: Client, arguments: Mapping[str, Any]) -> Any:
        """The same as a coroutine."""
        try:
            return await self._module.asyncio_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self._module.sync_detailed)

    @cached_property
    def _signature(self) -> Mapping[str, Parameter]:
        return signature(self._module.sync_detailed).parameters

    @cached_property
    def _parameters(self) -> dict[str, tuple[str, Node]]:
        """Role and node of the generated function's parameters, by their names there."""
        nodes = map(self._document.resolve, self.node["parameters"])
        by_name = {plain(node["name"]): node for node in nodes}
        return {
            argument: (self._document.role(node) or node["name"].lower(), self._whole(node))
            for argument in self._signature
            if (node := by_name.get(plain(argument)))
        }

    def _whole(self, parameter: Node) -> Node:
        return {**parameter, "schema": self._document.resolve(parameter.get("schema", {}))}

    def _needs(self, argument: str) -> bool:
        return self._signature[argument].default is Parameter.empty

    def _typed(self, argument: str, value: Any) -> Any:
        hint = self._hints.get(argument)
        for kind in get_args(hint) or (hint,):
            if isinstance(kind, type) and issubclass(kind, Enum):
                try:
                    return kind(value)
                except ValueError:
                    known = ", ".join(str(member.value) for member in kind)
                    raise ConfigurationError(
                        f"{value!r} is none of the contract's values for {argument}: {known}"
                    ) from None
        return value


def plain(name: str) -> str:
    """A name without what the generator changes: case and punctuation."""
    return "".join(filter(str.isalnum, name)).lower()


def _module(name: str) -> Any:
    """The generated module of an operation, found by the letters of its name."""
    package = depot_flux_client.api
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.ispkg and plain(found.name.rpartition(".")[2]) == plain(name):
            return import_module(found.name)
    raise LookupError(f"the generated client has no operation {name}; generate it again")


def _unreadable(error: Exception) -> ReponseError:
    return ReponseError(
        f"the platform's answer cannot be read ({type(error).__name__}); it does not follow the "
        "contract, or something between here and there changed it"
    )
