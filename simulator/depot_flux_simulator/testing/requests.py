"""Requests in the form the contract asks, filled by role."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from depot_flux_simulator.contract import Contract, JsonBody, MultipartBody, Operation
from depot_flux_simulator.contract.asked import AskedInBody
from depot_flux_simulator.contract.codes import Codes
from depot_flux_simulator.contract.document import Document, Node, kinds
from depot_flux_simulator.contract.plainest import NONE, plainest
from depot_flux_simulator.contract.roles import Role

_ACCESS = ("authorization", "cpro-account")
"""Headers that the client brings, whether or not the contract declares them."""


class Requests:
    """Writes the requests of a contract; what it requires beyond the roles gets a fitting value.

    Args:
        contract: the effective contract.
        base_path: what stands before every path, without trailing slash.
        given: values of what it requires beyond the roles, by the contract's own names; a fitting
            one is made up for the others.
    """

    def __init__(
        self, contract: Contract, base_path: str, given: Mapping[str, Any] | None = None
    ) -> None:
        self._contract = contract
        self._given = given or {}
        self._base_path = base_path
        self._document = Document(contract.document)

    def of(self, operation: Operation, said: Mapping[Role, str]) -> dict[str, Any]:
        """A call of an operation, as arguments of `httpx.Client.request`.

        Args:
            operation: what is called.
            said: what its parameters say, by role.
        """
        path = operation.path
        query, headers, cookies = {}, [], []
        for parameter in operation.parameters:
            value = said.get(Role(parameter.role)) if parameter.role else None
            value = None if value is None else str(parameter.codes.write(value))
            if value is None and parameter.required and parameter.name.lower() not in _ACCESS:
                value = _as_text(self._sample(parameter.schema, parameter.name))
            if value is None:
                continue
            if parameter.place == "path":
                path = path.replace("{" + parameter.name + "}", quote(value, safe=""))
            elif parameter.place == "query":
                query[parameter.name] = value
            elif parameter.place == "cookie":
                cookies.append(f"{parameter.name}={quote(value)}")
            else:
                headers.append((parameter.name, _in_header(parameter.name, value)))
        if cookies:
            headers.append(("Cookie", "; ".join(cookies)))
        return {
            **self._asked(operation, said),
            "method": operation.method,
            "url": self._base_path + path,
            "params": query,
            # A name of a file is UTF-8 on the wire.
            "headers": [(name.encode("ascii"), value.encode()) for name, value in headers],
        }

    def deposit(self, content: bytes, name: str, code: str) -> dict[str, Any]:
        """A deposit, in the first form of body that the contract takes."""
        said = {
            Role.NOM_FICHIER: name,
            Role.CODE_INTERFACE: code,
            Role.SHA256: sha256(content).hexdigest(),
            Role.TAILLE: str(len(content)),
        }
        request = self.of(self._contract.deposer, said)
        body = next(iter(self._contract.bodies))
        if isinstance(body, JsonBody):
            carried = {**said, Role.FICHIER: b64encode(content).decode("ascii")}
            return {**request, "json": self._filled(self._schema(body.media_type), carried)}
        if isinstance(body, MultipartBody):
            values = self._filled(self._schema(body.media_type), {**said, Role.FICHIER: ""})
            del values[body.fichier]
            parts = {part: _as_part(value) for part, value in values.items()}
            return {**request, "data": parts, "files": {body.fichier: (name, content)}}
        media_type = "application/octet-stream" if "*" in body.media_type else body.media_type
        headers = [(b"Content-Type", media_type.encode("ascii")), *request["headers"]]
        return {**request, "headers": headers, "content": content}

    def _asked(self, operation: Operation, said: Mapping[Role, str]) -> dict[str, Any]:
        """The body of a consultation that says the identifier there."""
        asked = self._contract.id_parameter
        if operation is not self._contract.consulter or not isinstance(asked, AskedInBody):
            return {}
        return {"json": self._filled(self._schema(asked.media_type, operation), said)}

    def _schema(self, media_type: str, operation: Operation | None = None) -> Node:
        node = (operation or self._contract.deposer).node
        body = self._document.resolve(node["requestBody"])
        schema: Node = next(
            media.get("schema", {})
            for name, media in body["content"].items()
            if name.split(";")[0].strip().lower() == media_type
        )
        return schema

    def _filled(
        self, schema: Node, said: Mapping[Role, str], within: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """An object of this schema: what plays a role, and what is required."""
        node = self._document.whole(schema)
        within |= self._document.referred(schema)
        filled: dict[str, Any] = {}
        for name, inner in node.get("properties", {}).items():
            roles = [role for role, _ in self._document.places(inner, within=within)]
            own = self._document.role(inner)
            if own is not None and Role(own) in said:
                filled[name] = self._in_type(inner, said[Role(own)])
            elif own is None and any(Role(role) in said for role in roles):
                filled[name] = self._filled(inner, said, within)
            elif name in node.get("required", ()):
                filled[name] = self._sample(inner, name)
        return filled

    def _in_type(self, schema: Node, text: str) -> Any:
        text = Codes(self._document, schema).write(text)
        number = "integer" in kinds(self._document.whole(schema)) and text.isdecimal()
        return int(text) if number else text

    def _sample(self, schema: Node, name: str) -> Any:
        if name in self._given:
            return self._given[name]
        found = plainest(self._document, schema)
        if found is NONE:
            raise ValueError(f"nothing is known to say for {name}, which the contract requires")
        return found


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _as_part(value: Any) -> str | list[str]:
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return [_as_text(item) for item in value]
    return _as_text(value)


def _in_header(name: str, value: str) -> str:
    if name.lower() != "content-disposition":
        return value
    if value.isascii():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'attachment; filename="{escaped}"'
    return f"attachment; filename*=UTF-8''{quote(value, safe='')}"  # RFC 6266
