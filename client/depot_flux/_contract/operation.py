"""One operation: its functions in the generated client, and what they are asked."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from depot_flux._contract.bindings import OperationBinding, ParameterBinding, PropertyBinding
from depot_flux._reponses import json_in
from depot_flux.exceptions import ConfigurationError, ReponseError

if TYPE_CHECKING:
    from depot_flux_client import Client

# What generated models raise on a body that is not theirs.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)

received: ContextVar[httpx.Response | None] = ContextVar("received", default=None)
"""The answer that this thread or task got last, as it came over the wire."""

_BOOLEANS = {"true": True, "false": False}


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

    def written(self, binding: ParameterBinding | PropertyBinding, role: str) -> Any:
        """The value that plays a role, an interface code as the contract writes it."""
        value = self.roles[role]
        # A file in base64 is among the values, and is not worth a look into a table.
        return binding["codes"].get(value, value) if binding["codes"] else value

    def required(self, binding: ParameterBinding | PropertyBinding) -> Any:
        """The value of something required that plays no role: the only one it can have, or ours.

        Raises:
            ConfigurationError: nobody gave one.
        """
        name = binding["name"]
        if name in self.complements:
            return self.complements[name]
        if binding["value"] is not None:
            return binding["value"]
        raise ConfigurationError(
            f"the contract asks for {name!r}, and nothing tells its value: give it in "
            f"DEPOT_FLUX_COMPLEMENTS, as JSON, or under complements in the profile"
        )


class Operation:
    """One operation: its functions in the generated client and its parameters by role.

    Attributes:
        role: deposer, consulter or superviser.
    """

    def __init__(self, binding: OperationBinding, role: str) -> None:
        self.role = role
        self.path = binding["path"]
        self.answers = binding["answers"]
        self.body = binding["body"]
        self._module_name = binding["module"]
        self._parameters = binding["parameters"]

    def arguments(self, said: Said) -> dict[str, Any]:
        """Keyword arguments of the generated function: its parameters that have a value.

        Raises:
            ConfigurationError: the contract asks for a value that nobody gave, or has no such one.
        """
        found = {}
        for each in self._parameters:
            # What plays no role may be access; its headers go by their names.
            role = each["role"] or each["name"].lower()
            if role in said.roles:
                value = _in_header(each["name"], said.written(each, role))
            elif each["fresh"]:
                value = str(uuid4())
            elif each["required"] or each["name"] in said.complements:
                value = said.required(each)
            else:
                continue
            found[each["argument"]] = _typed(each, value)
        return found

    def name_of(self, role: str) -> str:
        """The contract's own name of the parameter that plays a role, empty if none does."""
        return next((each["name"] for each in self._parameters if each["role"] == role), "")

    def sync(self, client: "Client", arguments: Mapping[str, Any]) -> Any:
        """Call it.

        Returns:
            The generated `Response`; the answer itself where the generated client cannot read its
            JSON, a value that the contract does not list for instance.

        Raises:
            ReponseError: the answer is no JSON, and the generated client cannot read it.
        """
        received.set(None)
        try:
            return self._module.sync_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            return _as_it_came(error)

    async def call_async(self, client: "Client", arguments: Mapping[str, Any]) -> Any:
        """The same as a coroutine."""
        received.set(None)
        try:
            return await self._module.asyncio_detailed(client=client, **arguments)
        except _UNREADABLE as error:
            return _as_it_came(error)

    @cached_property
    def _module(self) -> Any:
        return import_module(f"depot_flux_client.{self._module_name}")


def _in_header(name: str, value: Any) -> Any:
    """A file's name as the header of HTTP that holds one writes it; RFC 6266."""
    if name.lower() != "content-disposition":
        return value
    if value.isascii():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'attachment; filename="{escaped}"'
    return f"attachment; filename*=UTF-8''{quote(value, safe='')}"


def _typed(parameter: ParameterBinding, value: Any) -> Any:
    """A value as the generated function takes it.

    Raises:
        ConfigurationError: the contract has no such value.
    """
    known = ""
    try:
        value = _READERS[parameter["type"]](value)
        if parameter["enum"]:
            enum = getattr(import_module("depot_flux_client.models"), parameter["enum"])
            known = ": " + ", ".join(str(member.value) for member in enum)
            return enum(value)
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError(
            f"{value!r} is none of the contract's values for {parameter['argument']}"
            f"{known or ' (' + parameter['type'] + ')'}"
        ) from None
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: value,
    "list": lambda value: value,
    "integer": int,
    "number": float,
    "boolean": lambda value: _BOOLEANS[str(value).lower()],
    "date": lambda value: date.fromisoformat(str(value)),
    "date-time": lambda value: datetime.fromisoformat(str(value)),
}


def _as_it_came(error: Exception) -> httpx.Response:
    response = received.get()
    told = json_in(response.content) if response is not None else None
    # What `Location` says needs no body that can be read.
    if response is None or not (isinstance(told, dict) or "location" in response.headers):
        raise ReponseError(
            f"the platform's answer cannot be read ({type(error).__name__}); it does not follow "
            "the contract, or something between here and there changed it"
        ) from None
    return response
