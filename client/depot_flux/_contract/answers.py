"""What the platform answers, read by the roles that its fields play."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from depot_flux._contract.document import ROLE, Document, Node
from depot_flux.exceptions import ReponseError
from depot_flux.models import Statut

_VALUES = "x-depot-flux-valeurs"
_PROBLEM = "probleme_"


class Answers:
    """Reads answers."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def id_flux(self, response: Any, deposer: Node, address: "Address") -> str:
        """The identifier in a deposit's answer: in its body, else in `Location`.

        Args:
            response: the generated `Response`.
            deposer: the operation that was called.
            address: of the consultation, which `Location` leads to.

        Raises:
            ReponseError: there is none.
        """
        played = self._played(response, deposer)
        identifier = next((value for role, value, _ in played if role == "id_flux"), None)
        if identifier is None and "location" in response.headers:
            identifier = address.identifier(response.headers["location"])
        if identifier in {None, ""}:
            raise ReponseError("the platform's answer to the deposit holds no identifier")
        return str(identifier)

    def statut(self, response: Any, operation: Node) -> tuple[Statut, datetime | None]:
        """The status in a consultation's answer, and since when.

        Raises:
            ReponseError: there is none, or it is not one of the contract's.
        """
        played = list(self._played(response, operation))
        statuts = [
            Statut(state)
            for role, value, node in played
            if role.startswith("statut")
            for state, spelled in node.get(_VALUES, {}).items()
            if str(spelled) == str(value)
        ]
        if not statuts:
            raise ReponseError("the platform's answer holds no status that the contract knows")
        date = next((value for role, value, _ in played if role == "date_statut"), None)
        # Where the temporary and the final status have each a field, the final one counts once it
        # is there.
        return max(statuts, key=lambda statut: statut.final), _instant(date)

    def problem(self, response: httpx.Response) -> dict[str, Any]:
        """The fields of an error's body by their role without `probleme_`; empty if unreadable."""
        try:
            body = response.json()
        except ValueError:
            return {}
        return {
            name: body[property_name]
            for name, property_name in self._problem_names.items()
            if isinstance(body, dict) and property_name in body
        }

    def _played(self, response: Any, operation: Node) -> Iterator[tuple[str, Any, Node]]:
        """Role, value and node of all that plays a role in an answer's body, at any depth."""
        answers = operation["responses"]
        code = str(int(response.status_code))
        declared = answers.get(code) or answers.get(f"{code[0]}XX") or answers.get("default", {})
        media: Node = next(iter(self._document.resolve(declared).get("content", {}).values()), {})
        return self._pairs(_body(response), media.get("schema") or {})

    def _pairs(self, body: Any, schema: Node) -> Iterator[tuple[str, Any, Node]]:
        role = self._document.role(schema)
        if role and body is not None:
            yield role, body, {**self._document.resolve(schema), **schema}
        if isinstance(body, dict):
            for name, node in self._document.whole(schema)["properties"].items():
                if name in body:
                    yield from self._pairs(body[name], node)

    @cached_property
    def _problem_names(self) -> dict[str, str]:
        return {
            role.removeprefix(_PROBLEM): name
            for name, inner in self._document.properties()
            if (role := _of_problem(inner))
        }


class Address:
    """Where a flux is consulted.

    Args:
        path: as the contract has it, e.g. `/flux/{idFlux}`.
        name: of the parameter that is the identifier.
    """

    def __init__(self, path: str, name: str) -> None:
        parts = re.split(r"(\{[^}]*\})", path)
        self._name = name
        self._pattern = re.compile(
            "".join(
                "([^/]+)"
                if part == f"{{{name}}}"
                else "[^/]+"
                if part.startswith("{")
                else re.escape(part)
                for part in parts
            )
            + "/?$"
        )

    def identifier(self, location: str) -> str:
        """The identifier in the address of a flux, which may be relative; empty if there is none.

        An address that is not the consultation's is taken to end with it.
        """
        parts = urlsplit(location)
        if self._name in (query := parse_qs(parts.query)):
            return query[self._name][0]
        found = self._pattern.search(parts.path)
        if found and found.groups():
            return unquote(found[1])
        return unquote(parts.path.rstrip("/").rpartition("/")[2])


def _body(response: Any) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _instant(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _of_problem(node: Node) -> str | None:
    role = str(node.get(ROLE) or "")
    # What older operations of the platform call the words of an error.
    return f"{_PROBLEM}detail" if role == "libelle_retour" else role * role.startswith(_PROBLEM)
